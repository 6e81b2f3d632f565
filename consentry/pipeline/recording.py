"""Records a planned settlement: rules on each form and writes ruling, case or grant, and ledger entries, in one transaction.

The rules see the agreements and the partner's other forms as they are at this moment, under the write lock. A form that was
decided since the plan was made is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import CATEGORIES, IS_LIST, Signer, find_gates, make_grant
from consentry.corrections import link_row, link_scan, load_firsts
from consentry.desk.shown_forms import show_match
from consentry.intake.listed_rows import load_rows
from consentry.paper.printed_sheets import record_sheet_back
from consentry.pipeline.earlier_forms import compare_with_earlier, find_choice
from consentry.pipeline.joined_forms import record_joined
from consentry.pipeline.list_recording import record_list
from consentry.pipeline.plans import FormPlan, SettlementPlan, read_plan
from consentry.pipeline.rulings import RULES_ACTOR, apply_ruling
from consentry.program import Program
from consentry.risk.blind_sample import draw_for_blind_sample
from consentry.risk.policy import Rulebook
from consentry.risk.strata import find_stratum
from consentry.waiting_forms import wake_lists, wants_another_look
from ocr.types import Mark
from review_queue import (
    EarlierForm,
    FormFacts,
    PaperFacts,
    Presence,
    Reason,
    State,
    rule_on_form,
)
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256
from store.ledger import record_all
from store.tables import Agreement, Decision, Form, FormTemplate, Grant, ListedStudent, Partner, Submission, Tracked

_ROW_ANSWER_ORDER = (State.GRANTED, State.IN_REVIEW, State.HELD, State.REJECTED, State.RETURNED)
_SAME_CHILD = 0.5


@dataclass(frozen=True, slots=True)
class _Settlement:
    """What every form of a submission is ruled on with. `held` are its forms, rows and blanks, loaded together and kept, so
    that the session finds each of them without a look of its own.
    """

    program: Program
    plan: SettlementPlan
    plan_sha256: str
    submission: Submission
    partner: Partner
    agreements: Sequence[Agreement]
    rulebook: Rulebook
    clock: Clock
    held: Sequence[Tracked]


def record_settlement(session: Session, program: Program, submission_id: str, plan_sha256: str) -> None:
    """Rules on every form of the plan that still waits, and answers every row. The session holds the ledger's lock."""
    content = program.installation.documents.get(plan_sha256)
    clock = program.read_clock()
    submission = session.get_one(Submission, submission_id)
    if submission.basis == IS_LIST:
        record_list(session, program, submission, plan_sha256)
        return
    partner_id = submission.partner_id
    settlement = _Settlement(
        program=program,
        plan=read_plan(content),
        plan_sha256=plan_sha256,
        submission=submission,
        partner=session.get_one(Partner, partner_id),
        agreements=session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all(),
        rulebook=program.rulebook,
        clock=clock,
        held=_load_together(session, submission_id),
    )
    documents = describe_document(session, Sha256(plan_sha256), "plan", len(content), clock)
    for joined in settlement.plan.joined:
        record_joined(session, program, joined, clock)
    firsts = load_firsts(session, submission)
    ruled: list[Form] = []
    for form_plan in settlement.plan.forms:
        form = session.get_one(Form, form_plan.form_id)
        record_sheet_back(session, form_plan.sheet_id, form, RULES_ACTOR, clock)
        if form.state == State.READ:
            _settle_form(session, settlement, form_plan, form, submission.received_on)
            link_scan(session, submission, firsts, form, _find_row(session, submission, form), clock)
            ruled.append(form)
    for form_plan in settlement.plan.taken_up:
        _take_up(session, settlement, form_plan)
    rows = list(_answer_rows(session, settlement.plan))
    was_woken = settlement.plan.settlement not in (None, submission.settlements)
    submission.needs_settling = was_woken or wants_another_look(session, submission, ruled)
    submission.settlements += 1
    written = [*documents, *rows, submission, *wake_lists(session, submission, ruled)]
    record(session, clock, Entry(Event.SUBMISSION_SETTLED, submission_id, RULES_ACTOR, written))


def _load_together(session: Session, submission_id: str) -> list[Tracked]:
    forms = session.scalars(select(Form).where(Form.submission_id == submission_id)).all()
    named = {form.template_id for form in forms if form.template_id}
    blanks = session.scalars(select(FormTemplate).where(FormTemplate.template_id.in_(named))).all()
    return [*forms, *blanks, *load_rows(session, submission_id)]


def _take_up(session: Session, settlement: _Settlement, form_plan: FormPlan) -> None:
    """Rules anew on a form that had gone back for its row, with the mended row. It came when it came: a due day that has gone
    by since is not held against it.
    """
    form, submission = session.get_one(Form, form_plan.form_id), settlement.submission
    row = _find_row(session, submission, form_plan)
    if form.state != State.RETURNED or row is None:
        return
    received_on = session.get_one(Submission, form.submission_id).received_on
    form.state = State.READ
    _settle_form(session, settlement, form_plan, form, received_on)
    link_row(session, submission, form, row, settlement.clock)


def _find_row(session: Session, submission: Submission, form: Form | FormPlan) -> ListedStudent | None:
    """The row of a submission that goes with a form."""
    number = form.row.row_number if isinstance(form, FormPlan) else form.row_number
    return session.get(ListedStudent, f"{submission.submission_id}/{number}") if number is not None else None


def _settle_form(session: Session, settlement: _Settlement, form_plan: FormPlan, form: Form, received_on: date) -> None:
    paper, match, clock = form_plan.paper, form_plan.match, settlement.clock
    year = paper.school_year
    facts = FormFacts(
        paper=paper,
        row=form_plan.row,
        match=match,
        earlier=_find_earlier(session, settlement, form_plan, form),
        received_on=received_on,
        stratum=find_stratum(form, session.get_one(FormTemplate, form.template_id).language, match),
    )
    policy = settlement.rulebook.policy
    gates = find_gates(settlement.agreements, year.label, clock.today, policy)
    ruling = rule_on_form(facts, gates, policy, clock.today)
    form.match = show_match(form_plan, ruling)
    form.row_number = form_plan.row.row_number
    seen: dict[str, JsonValue] = {"plan": settlement.plan_sha256, "snapshot": settlement.plan.snapshot_id}
    rules = settlement.rulebook.find_rule_set(year.label)
    decision, written = apply_ruling(form, ruling, clock, rules, seen)
    ruled = Entry(Event.FORM_RULED, form.form_id, RULES_ACTOR, written, {"state": ruling.state})
    if ruling.state is State.GRANTED and ruling.student_id is not None:
        grant = _grant(settlement, form_plan, form, decision, ruling.student_id)
        granted = Entry(Event.ACCESS_GRANTED, grant.grant_id, RULES_ACTOR, [grant])
        record_all(session, clock, [ruled, granted])
        home, share = settlement.program.installation.home, settlement.rulebook.blind_share
        draw_for_blind_sample(session, home, share, grant, RULES_ACTOR, clock)
    else:
        record(session, clock, ruled)


def _find_earlier(session: Session, settlement: _Settlement, form_plan: FormPlan, form: Form) -> EarlierForm:
    match = form_plan.match
    if match.student_id is None or match.probability < _SAME_CHILD:
        return EarlierForm.NONE
    siblings = [
        find_choice(other.paper)
        for other in settlement.plan.forms
        if other.form_id != form.form_id
        and other.match.student_id == match.student_id
        and other.match.probability >= _SAME_CHILD
        and other.paper.school_year == form_plan.paper.school_year
    ]
    year = form_plan.paper.school_year.label
    return compare_with_earlier(session, form, match.student_id, year, find_choice(form_plan.paper), siblings)


def _grant(settlement: _Settlement, form_plan: FormPlan, form: Form, decision: Decision, student_id: str) -> Grant:
    signer = Signer(
        is_student=form_plan.paper.student_signature is Presence.PRESENT,
        student_birth_date=form_plan.match.enrolled_birth_date,
        lapses_at_18=settlement.rulebook.lapses_at_18,
    )
    year = form_plan.paper.school_year
    of_year = settlement.rulebook.find_year_rules(year.label).categories
    categories = [name for name in find_granted_categories(form_plan.paper, settlement.partner) if name in of_year]
    return make_grant(form, student_id, categories, decision, year, signer, settlement.clock.now)


def find_granted_categories(paper: PaperFacts, partner: Partner) -> list[str]:
    """What the family ticked, or the blank releases in print where it has no boxes, and the partner's agreement covers."""
    released = {name for name, mark in paper.records.items() if mark is Mark.MARKED}
    return [name for name in CATEGORIES if name in partner.categories and name in released]


def _answer_rows(session: Session, plan: SettlementPlan) -> Iterator[ListedStudent]:
    answers = {answered.row_number: [answered.form_id] for answered in plan.answered_before}
    for form_plan in (*plan.forms, *plan.taken_up):
        if form_plan.row.row_number is not None:
            answers.setdefault(form_plan.row.row_number, []).append(form_plan.form_id)
    for row in load_rows(session, plan.submission_id):
        forms = [session.get_one(Form, form_id) for form_id in answers.get(row.row_number, ())]
        form = min(forms, key=lambda form: _ROW_ANSWER_ORDER.index(State(form.state)), default=None)
        row.state = form.state if form else State.RETURNED
        row.reasons = list(form.reasons) if form else [Reason.ROW_WITHOUT_FORM.value]
        row.form_id = form.form_id if form else None
        yield row
