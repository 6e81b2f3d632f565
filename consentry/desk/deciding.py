"""What people decide on cases: accept, return or reject. Each decision names who and why, and is recorded.

One decision a case: it is taken under the write lock, and whoever comes second is told so. An acceptance with a low
probability, or one over which two people differ, needs two who agree; the second hears nothing of the first one's choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from access import Signer, find_gates, make_grant, make_list_grant
from consentry.desk.claims import find_claims
from consentry.desk.list_deciding import check_row_acceptable, find_row_right
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.pipeline.earlier_forms import find_mark, find_released_records
from consentry.pipeline.form_years import find_form_year, is_list_row
from consentry.pipeline.standing import find_standing
from consentry.program import Program
from consentry.risk.blind_sample import draw_for_blind_sample, find_doubted_grant
from consentry.withdrawing import end_grants
from ocr import Mark
from review_queue import INSIDE_REASONS, Reason, State
from store import Clock, Entry, Event, JsonValue, hash_value, record
from store.desk_tables import CaseClaim
from store.ids import derive_id
from store.tables import (
    Agreement,
    Case,
    Decision,
    Form,
    FormTemplate,
    Grant,
    ListedStudent,
    Partner,
    Submission,
    Tracked,
)

ACCEPT, RETURN, REJECT = "accept", "return", "reject"
ACTIONS = (ACCEPT, RETURN, REJECT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: the form's state, and the grant if there is one."""

    case_id: str
    form_id: str
    state: str
    grant_id: str | None
    second_person_needed: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decides on a case, and why. `student_id`: the child to accept, the best candidate where none is named."""

    action: str
    reason: str
    user: str
    student_id: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a page asks of a decision beyond the rules.

    `seen`: what the page showed (`describe_seen`); another state of the form is refused. `user_is_lead`, `leads`: names of the
    leads, one of whom has to be among two who agree. `second_person`: ask for one whatever the probability.
    """

    seen: str
    enrollment: EnrollmentCache
    leads: frozenset[str]
    second_person: bool = False


def describe_seen(form: Form) -> str:
    """A short name for what a page shows of a form: another one once anything of it has changed."""
    return hash_value({"match": form.match, "state": form.state, "reading": form.reading_sha256})[:24]


def decide_case(
    program: Program,
    case_id: str,
    action: str,
    student_id: str | None,
    reason: str,
    user: str,
    terms: Terms | None = None,
) -> Outcome:
    """Decides a case. `CommandError`: no such case, decided already, or an acceptance that the rules do not allow."""
    if action not in ACTIONS:
        raise CommandError(f"no such action: {action}; there are {', '.join(ACTIONS)}")
    if not reason.strip() or not user.strip():
        raise CommandError("a decision needs a reason and a user")
    choice, clock = Choice(action, reason, user, student_id), program.read_clock()
    with program.installation.writing() as session:
        program = program.hold_rules()
        case = session.get(Case, case_id)
        if case is None:
            raise CommandError(f"no case {case_id}")
        if case.state != "open":
            raise CommandError(f"case {case_id} is decided already")
        form = session.get_one(Form, case.form_id)
        if session.get_one(Submission, form.submission_id).submitted_by == user:
            raise CommandError("who sent a form in does not decide on it")
        if terms is not None:
            _check_terms(session, case, form, terms, user, clock)
        doubted = find_doubted_grant(session, case_id)
        if doubted is not None and action == ACCEPT and (student_id or form.student_id) == doubted.student_id:
            decision = _decide(session, case, form, choice, program, clock, doubted.student_id)
            _confirm_doubted_grant(session, case, decision, clock)
            return Outcome(case_id, form.form_id, form.state, doubted.grant_id, False)
        if action == ACCEPT:
            outcome = _accept(session, program, case, form, choice, terms, clock)
        else:
            reasons = _find_told_reasons(case, reason) if action == RETURN else list(case.reasons)
            state = State.RETURNED if action == RETURN else State.REJECTED
            decision = _decide(session, case, form, choice, program, clock)
            written = _close(session, case, form, state, reasons, choice, clock)
            record(session, clock, Entry(Event.REVIEW_DECIDED, case_id, user, [decision, *written], {"action": action}))
            outcome = Outcome(case_id, form.form_id, state, None, False)
        if doubted is not None and not outcome.second_person_needed:
            end_grants(session, [doubted], clock.today, reason, user, clock)
    return outcome


def find_acceptances(session: Session, case_id: str) -> list[Decision]:
    """The acceptances of an open case that wait for a second person, in order: those since it was last opened."""
    decisions = session.scalars(select(Decision).where(Decision.case_id == case_id))
    return [decision for decision in find_standing(decisions) if decision.action == ACCEPT]


def _confirm_doubted_grant(session: Session, case: Case, decision: Decision, clock: Clock) -> None:
    """The granted child, which a blind keying had put in doubt, is right: the case is closed, form and grant stay."""
    case.state, case.closed_on = "closed", clock.today
    facts: dict[str, JsonValue] = {"action": decision.action, "confirms": True}
    record(session, clock, Entry(Event.REVIEW_DECIDED, case.case_id, decision.actor, [decision, case], facts))


def _check_terms(session: Session, case: Case, form: Form, terms: Terms, user: str, clock: Clock) -> None:
    claim = find_claims(session, clock.now, [case.case_id]).get(case.case_id)
    if claim is not None and claim.holder != user:
        raise CommandError(f"{claim.holder} works on this case: take it over first")
    if terms.seen != describe_seen(form):
        raise CommandError("the case has changed since the page was shown: look at it again")


def _accept(
    session: Session, program: Program, case: Case, form: Form, choice: Choice, terms: Terms | None, clock: Clock
) -> Outcome:
    year_label, categories = _check_acceptable(session, program, form, clock)
    chosen, user = choice.student_id or form.student_id, choice.user
    if chosen is None:
        raise CommandError("name the student to accept: --student ID")
    enrollment = terms.enrollment if terms else EnrollmentCache(program.installation)
    children = enrollment.find(session, clock.today)
    if chosen not in children.ids:
        raise CommandError("that student is not enrolled")
    right = find_row_right(session, form, chosen, children) if is_list_row(form) else None
    decision = _decide(session, case, form, choice, program, clock, chosen)
    waiting = find_acceptances(session, case.case_id)
    needs_two = bool(waiting) or _probability_of(form, chosen) < program.rulebook.policy.second_person_below
    if needs_two or (terms is not None and terms.second_person):
        agreeing = [first.actor for first in waiting if first.student_id == chosen]
        if user in agreeing:
            raise CommandError("a second person has to confirm this acceptance")
        if not agreeing:
            record(session, clock, Entry(Event.SECOND_PERSON_ASKED, case.case_id, user, [decision]))
            session.execute(delete(CaseClaim).where(CaseClaim.case_id == case.case_id))
            return Outcome(case.case_id, form.form_id, State.IN_REVIEW, None, True)
        if terms is not None and not terms.leads & {user, *agreeing}:
            raise CommandError("one of the two who accept this has to be a lead")
    form.student_id = chosen
    form.match = {**form.match, "student_id": chosen}
    written = _close(session, case, form, State.GRANTED, [], choice, clock)
    year = program.rulebook.find_school_year(year_label)
    signer = Signer(
        is_student=find_mark(form, "student_signature", Mark.EMPTY) is Mark.MARKED,
        student_birth_date=children.find_birth_date(chosen),
        lapses_at_18=program.rulebook.lapses_at_18,
    )
    if right is not None:
        grant = make_list_grant(form, chosen, categories, decision, year, clock.now)
    else:
        grant = make_grant(form, chosen, categories, decision, year, signer, clock.now)
    if session.get(Grant, grant.grant_id) is not None:  # an earlier one of this form was taken back, and stays
        grant.grant_id = derive_id("grant", form.form_id, chosen, decision.decision_id)
    record(session, clock, Entry(Event.REVIEW_DECIDED, case.case_id, user, [decision, *written], {"action": ACCEPT}))
    rests_on = [right.rest(grant)] if right is not None else []
    record(session, clock, Entry(Event.ACCESS_GRANTED, grant.grant_id, user, [grant, *rests_on]))
    if right is None:
        draw_for_blind_sample(session, program.installation.home, program.rulebook.blind_share, grant, user, clock)
    return Outcome(case.case_id, form.form_id, State.GRANTED, grant.grant_id, False)


def _check_acceptable(session: Session, program: Program, form: Form, clock: Clock) -> tuple[str, list[str]]:
    """The school year and the categories that a form can be accepted for."""
    if is_list_row(form):
        return check_row_acceptable(session, program, form, clock)
    if form.template_id is None:
        raise CommandError("this page is no form of the district: it can be returned or rejected")
    template = session.get_one(FormTemplate, form.template_id)
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == form.partner_id)).all()
    gates = find_gates(steps, template.school_year, clock.today, program.rulebook.policy)
    if not gates.agreement_active:
        raise CommandError("the partner has no active data sharing agreement for the form's school year")
    if gates.training_lapsed:
        raise CommandError("the partner's training of that school year is not done: accept it once it is")
    declines = find_mark(form, "consent_no", Mark.EMPTY) is Mark.MARKED
    if declines and find_mark(form, "consent_yes", Mark.EMPTY) is not Mark.MARKED:
        raise CommandError("the family did not consent: the form can be returned or rejected")
    partner = session.get_one(Partner, form.partner_id)
    released = find_released_records(form, template)
    if not released and not any(name.startswith("records_") for name in form.fields):
        raise CommandError("say first which records the blank's print releases: form add --records, then accept")
    of_year = program.rulebook.find_year_rules(template.school_year).categories
    categories = [name for name in partner.categories if name in released and name in of_year]
    if not categories:
        raise CommandError("the form releases no records that the partner's agreement covers: return it")
    return template.school_year, categories


def _find_told_reasons(case: Case, reason: str) -> list[str]:
    named = [code for code in re.findall(r"[A-Z0-9]+(?:_[A-Z0-9]+)+|DECLINED|ILLEGIBLE|DUPLICATE", reason)]
    told = [code for code in named if code in Reason.__members__]
    return told or [code for code in case.reasons if Reason(code) not in INSIDE_REASONS] or [Reason.CANNOT_CONFIRM]


def _decide(
    session: Session,
    case: Case,
    form: Form,
    choice: Choice,
    program: Program,
    clock: Clock,
    student_id: str | None = None,
) -> Decision:
    rules = program.rulebook.find_rule_set(find_form_year(session, form))
    return Decision(
        decision_id=derive_id("dec", case.case_id, choice.user, clock.now.isoformat()),
        form_id=form.form_id,
        case_id=case.case_id,
        actor=choice.user,
        action=choice.action,
        student_id=student_id,
        reason=choice.reason,
        seen={"match": form.match, "reading": form.reading_sha256},
        policy_sha256=rules.policy_sha256,
        year_sha256=rules.year_sha256,
        on_date=clock.today,
        at=clock.now,
    )


def _close(
    session: Session, case: Case, form: Form, state: State, reasons: list[str], choice: Choice, clock: Clock
) -> list[Tracked]:
    case.state, case.closed_on = "closed", clock.today
    form.state, form.reasons = state, list(reasons)
    form.decided_by, form.decided_on, form.decided_why = choice.user, clock.today, choice.reason
    session.execute(delete(CaseClaim).where(CaseClaim.case_id == case.case_id))
    rows = list(session.scalars(select(ListedStudent).where(ListedStudent.form_id == form.form_id)))
    for row in rows:
        row.state, row.reasons = state, list(reasons)
    return [case, form, *rows]


def _probability_of(form: Form, student_id: str) -> float:
    candidates = form.match.get("candidates")
    for candidate in candidates if isinstance(candidates, list) else []:
        if isinstance(candidate, dict) and candidate.get("student_id") == student_id:
            return float(str(candidate["probability"]))
    return 0.0
