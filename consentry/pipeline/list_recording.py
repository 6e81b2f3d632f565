"""Records a planned right-to-view list: rules on each row and writes rulings, cases, grants and the term's confirmation, in one
transaction. Agreements and earlier rights are seen as they are at this moment, under the write lock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import IS_LIST, find_gates, make_list_grant
from consentry.desk.shown_forms import show_candidates
from consentry.errors import CommandError
from consentry.pipeline.list_schools import refuse_wrong_submitter
from consentry.pipeline.list_settling import ListPlan, ListRowPlan, read_list_plan
from consentry.pipeline.rulings import RULES_ACTOR, apply_ruling
from consentry.program import Program
from consentry.program_year.school_years import YearRules
from consentry.withdrawing import end_grants
from review_queue import Gates, ListRowFacts, Reason, State, rule_on_list_row
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.ledger import record_all
from store.tables import Agreement, Decision, Form, Grant, ListedStudent, Partner, Submission
from store.year_tables import ListRight, TermConfirmation

_TAKEN_OFF = "removed from the school's list"


@dataclass(slots=True)
class _Recording:
    session: Session
    program: Program
    submission: Submission
    plan: ListPlan
    plan_sha256: str
    rules: YearRules
    gates: Gates
    clock: Clock
    rights: dict[str, Grant]
    """Running grants on the ground of this school's lists, by student; those of this list are added."""
    entries: list[Entry] = field(default_factory=list)


def record_list(session: Session, program: Program, submission: Submission, plan_sha256: str) -> None:
    """Rules on every row of the plan that still waits. The session holds the ledger's lock."""
    content, clock = program.installation.documents.get(plan_sha256), program.read_clock()
    plan = read_list_plan(content)
    rulebook, partner_id = program.rulebook, submission.partner_id
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all()
    recording = _Recording(
        session=session,
        program=program,
        submission=submission,
        plan=plan,
        plan_sha256=plan_sha256,
        rules=rulebook.find_year_rules(plan.school_year),
        gates=find_gates(steps, plan.school_year, clock.today, rulebook.policy, IS_LIST),
        clock=clock,
        rights=find_running_rights(session, partner_id, plan.school, plan.school_year),
    )
    rows = [_settle_row(recording, row_plan) for row_plan in plan.rows]
    if plan.school and submission.settlements == 0:
        recording.entries.append(_confirm(recording))
    submission.settlements += 1
    submission.needs_settling = False
    documents = describe_document(session, Sha256(plan_sha256), "plan", len(content), clock)
    written = [*documents, *rows, submission]
    record_all(
        session,
        clock,
        [*recording.entries, Entry(Event.SUBMISSION_SETTLED, submission.submission_id, RULES_ACTOR, written)],
    )


def find_running_rights(session: Session, partner_id: str, school: str, school_year: str) -> dict[str, Grant]:
    """The grants that no one has ended on the ground of a school's lists, by student."""
    found = session.scalars(
        select(Grant)
        .join(ListRight, ListRight.grant_id == Grant.grant_id)
        .where(
            Grant.partner_id == partner_id,
            Grant.school_year == school_year,
            Grant.revoked_on.is_(None),
            ListRight.school == school,
        )
    )
    return {grant.student_id: grant for grant in found}


def make_confirmation(
    partner_id: str, school: str, rules: YearRules, submission: Submission | None, actor: str, clock: Clock
) -> TermConfirmation:
    """That somebody stands by a school's list from today to the day by which the next term has to be confirmed."""
    day = clock.today
    term, holds_until = rules.find_term(day)
    return TermConfirmation(
        confirmation_id=derive_id("term", partner_id, school, rules.school_year.label, actor, clock.now.isoformat()),
        partner_id=partner_id,
        school=school,
        school_year=rules.school_year.label,
        term=term.name,
        submission_id=submission.submission_id if submission else None,
        actor=actor,
        on_date=day,
        holds_until=holds_until,
        recorded_at=clock.now,
    )


def confirm_term(
    program: Program,
    partner_id: str,
    school_year: str,
    actor: str,
    school: str,
    taken_off: Collection[str] = (),
) -> list[TermConfirmation]:
    """Confirms the lists of a school, or of all schools whose lists somebody submitted, for the term that runs. `taken_off`:
    grants of those lists that end with it. `CommandError`: there is no list, or that person may not.
    """
    if not actor.strip():
        raise CommandError("a confirmation needs who gives it: --as NAME")
    clock, rules = program.read_clock(), program.rulebook.find_year_rules(school_year)
    with program.installation.writing() as session:
        of_partner = (
            select(ListRight.school, ListRight.submitted_by)
            .join(Grant, Grant.grant_id == ListRight.grant_id)
            .where(Grant.partner_id == partner_id, Grant.school_year == school_year)
            .distinct()
        )
        listed = session.execute(of_partner).all()
        schools = sorted({name for name, by in listed if (name == school if school else by == actor)})
        if not schools:
            raise CommandError("no list of that school, or submitted by that person, gives this partner a right")
        for name in schools:
            refuse_wrong_submitter(session, program, school_year, actor, name, clock.today)
        given = [make_confirmation(partner_id, name, rules, None, actor, clock) for name in schools]
        for confirmation in given:
            facts: dict[str, JsonValue] = {"term": confirmation.term, "school_year": school_year}
            subject = confirmation.confirmation_id
            record(session, clock, Entry(Event.TERM_CONFIRMED, subject, actor, [confirmation], facts))
            running = find_running_rights(session, partner_id, confirmation.school, school_year).values()
            ended = [grant for grant in running if grant.grant_id in taken_off]
            end_grants(session, ended, clock.today, _TAKEN_OFF, actor, clock)
    return given


def _settle_row(recording: _Recording, row_plan: ListRowPlan) -> ListedStudent:
    row = recording.session.get_one(ListedStudent, row_plan.row_id)
    if row_plan.form_id is None:
        _remove(recording, row, row_plan)
        return row
    form = recording.session.get_one(Form, row_plan.form_id)
    if form.state == State.READ:
        _rule(recording, form, row, row_plan)
    row.state, row.reasons = form.state, list(form.reasons)
    return row


def _rule(recording: _Recording, form: Form, row: ListedStudent, row_plan: ListRowPlan) -> None:
    match, clock = row_plan.match, recording.clock
    facts = ListRowFacts(
        faults=row_plan.faults,
        names_other_school=row_plan.names_other_school,
        is_of_school=row_plan.is_of_school,
        is_known=match.student_id in recording.rights,
        match=match,
    )
    ruling = rule_on_list_row(facts, recording.gates, recording.program.rulebook.policy)
    form.match = {
        "student_id": ruling.student_id,
        "probability": match.probability,
        "candidates": show_candidates(row_plan.candidates),
        "list_row": row_plan.row_number,
    }
    seen: dict[str, JsonValue] = {"list plan": recording.plan_sha256, "snapshot": recording.plan.snapshot_id}
    hashes = recording.program.rulebook.find_rule_set(recording.plan.school_year)
    decision, written = apply_ruling(form, ruling, clock, hashes, seen)
    told: dict[str, JsonValue] = {"state": ruling.state, "basis": IS_LIST}
    recording.entries.append(Entry(Event.FORM_RULED, form.form_id, RULES_ACTOR, written, told))
    if ruling.state is State.GRANTED and ruling.student_id is not None:
        recording.entries.append(_grant(recording, form, row, decision, ruling.student_id))


def _grant(recording: _Recording, form: Form, row: ListedStudent, decision: Decision, student_id: str) -> Entry:
    partner = recording.session.get_one(Partner, form.partner_id)
    categories = [name for name in partner.categories if name in recording.rules.categories]
    year, now = recording.rules.school_year, recording.clock.now
    grant = make_list_grant(form, student_id, categories, decision, year, now)
    recording.rights[student_id] = grant
    right = make_right(grant, row, recording.plan.school, recording.submission)
    return Entry(Event.ACCESS_GRANTED, grant.grant_id, RULES_ACTOR, [grant, right], {"basis": IS_LIST})


def make_right(grant: Grant, row: ListedStudent, school: str, submission: Submission) -> ListRight:
    """What a grant rests on: the row of the list, and the school whose right to view it is."""
    return ListRight(
        grant_id=grant.grant_id,
        submission_id=submission.submission_id,
        row_id=row.row_id,
        school=school,
        submitted_by=submission.submitted_by,
    )


def _remove(recording: _Recording, row: ListedStudent, row_plan: ListRowPlan) -> None:
    """Ends the right to a student that a row asks to remove; one who can't be told for certain is said back."""
    match, policy = row_plan.match, recording.program.rulebook.policy
    grant = recording.rights.get(match.student_id or "")
    if grant is None or match.probability < policy.witness_probability or match.runner_up > policy.runner_up_limit:
        row.state, row.reasons = State.RETURNED, [Reason.CANNOT_CONFIRM]
        return
    actor, clock = recording.submission.submitted_by, recording.clock
    end_grants(recording.session, [grant], clock.today, _TAKEN_OFF, actor, clock)
    del recording.rights[grant.student_id]
    row.state, row.reasons, row.form_id = State.GRANTED, [], grant.form_id


def _confirm(recording: _Recording) -> Entry:
    submission = recording.submission
    confirmation = make_confirmation(
        submission.partner_id,
        recording.plan.school,
        recording.rules,
        submission,
        submission.submitted_by,
        recording.clock,
    )
    facts: dict[str, JsonValue] = {"term": confirmation.term, "school_year": confirmation.school_year}
    return Entry(Event.TERM_CONFIRMED, confirmation.confirmation_id, submission.submitted_by, [confirmation], facts)
