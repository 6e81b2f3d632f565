"""What people decide on cases: accept, return or reject; and the end of a grant. Each names who and why, and is recorded.

One decision a case: it is taken under the write lock, and whoever comes second is told so. An acceptance with a low
probability needs a second person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import Signer, find_gates, make_grant
from consentry.blind_cases import confirm_doubted_grant, end_doubted_grant
from consentry.blind_sample import draw_for_blind_sample, find_doubted_grant
from consentry.earlier_forms import find_mark, find_released_records
from consentry.enrollment import EnrollmentCache
from consentry.errors import CommandError
from consentry.program import Program
from ocr import Mark
from review_queue import INSIDE_REASONS, Reason, State
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import Agreement, Case, Decision, Form, FormTemplate, Grant, ListedStudent, Partner, Tracked

ACCEPT, RETURN, REJECT = "accept", "return", "reject"
ACTIONS = (ACCEPT, RETURN, REJECT)
SECOND_PERSON = "second_person_needed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: the form's state, and the grant if there is one."""

    case_id: str
    form_id: str
    state: str
    grant_id: str | None
    second_person_needed: bool


def decide_case(program: Program, case_id: str, action: str, student_id: str | None, reason: str, user: str) -> Outcome:
    """Decides a case. `CommandError`: no such case, decided already, or an acceptance that the rules do not allow."""
    if action not in ACTIONS:
        raise CommandError(f"no such action: {action}; there are {', '.join(ACTIONS)}")
    if not reason.strip() or not user.strip():
        raise CommandError("a decision needs a reason and a user")
    clock = program.read_clock()
    with program.installation.writing() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise CommandError(f"no case {case_id}")
        if case.state != "open":
            raise CommandError(f"case {case_id} is decided already")
        form = session.get_one(Form, case.form_id)
        doubted = find_doubted_grant(session, case_id)
        if doubted is not None and action == ACCEPT and (student_id or form.student_id) == doubted.student_id:
            decision = _decide(case, form, action, doubted.student_id, reason, user, program, clock)
            confirm_doubted_grant(session, case, decision, clock)
            return Outcome(case_id, form.form_id, form.state, doubted.grant_id, False)
        if action == ACCEPT:
            outcome = _accept(session, program, case, form, student_id, reason, user, clock)
        else:
            reasons = _find_told_reasons(case, reason) if action == RETURN else list(case.reasons)
            state = State.RETURNED if action == RETURN else State.REJECTED
            decision = _decide(case, form, action, None, reason, user, program, clock)
            written = _close(session, case, form, state, reasons, reason, user, clock)
            record(session, clock, Entry(Event.REVIEW_DECIDED, case_id, user, [decision, *written], {"action": action}))
            outcome = Outcome(case_id, form.form_id, state, None, False)
        if doubted is not None and not outcome.second_person_needed:
            end_doubted_grant(session, doubted, user, reason, clock)
    return outcome


def revoke_access(
    program: Program, student_id: str, partner_id: str, on_date: date, reason: str, user: str
) -> list[str]:
    """Ends every grant of a student to a partner from a day on; returns their ids. `CommandError` if there is none."""
    if not reason.strip() or not user.strip():
        raise CommandError("a revocation needs a reason and a user")
    clock = program.read_clock()
    with program.installation.writing() as session:
        running = select(Grant).where(
            Grant.student_id == student_id, Grant.partner_id == partner_id, Grant.to_date >= on_date
        )
        grants = [
            grant
            for grant in session.scalars(running.order_by(Grant.grant_id))
            if grant.revoked_on is None or grant.revoked_on > on_date
        ]
        if not grants:
            raise CommandError("no grant of that student to that partner runs on that day")
        for grant in grants:
            grant.revoked_on, grant.revoked_by, grant.revoked_why = on_date, user, reason
        ids = [grant.grant_id for grant in grants]
        facts: dict[str, JsonValue] = {"grants": len(ids), "on": on_date.isoformat()}
        record(session, clock, Entry(Event.ACCESS_WITHDRAWN, ids[0], user, grants, facts))
    return ids


def _accept(
    session: Session,
    program: Program,
    case: Case,
    form: Form,
    student_id: str | None,
    reason: str,
    user: str,
    clock: Clock,
) -> Outcome:
    template, categories = _check_acceptable(session, program, form, clock)
    chosen = student_id or form.student_id
    if chosen is None:
        raise CommandError("name the student to accept: --student ID")
    children = EnrollmentCache(program.installation).find(session, clock.today)
    if chosen not in children.ids:
        raise CommandError("that student is not enrolled")
    decision = _decide(case, form, ACCEPT, chosen, reason, user, program, clock)
    first = _find_first_acceptance(session, case, chosen)
    if _probability_of(form, chosen) < program.rulebook.policy.second_person_below and first is None:
        record(session, clock, Entry(Event.SECOND_PERSON_ASKED, case.case_id, user, [decision]))
        return Outcome(case.case_id, form.form_id, State.IN_REVIEW, None, True)
    if first is not None and first.actor == user:
        raise CommandError("a second person has to confirm this acceptance")
    form.student_id = chosen
    form.match = {**form.match, "student_id": chosen}
    written = _close(session, case, form, State.GRANTED, [], reason, user, clock)
    year = program.rulebook.find_school_year(template.school_year)
    signer = Signer(
        is_student=find_mark(form, "student_signature", Mark.EMPTY) is Mark.MARKED,
        student_birth_date=children.find_birth_date(chosen),
    )
    grant = make_grant(form, chosen, categories, decision, year, signer, clock.now)
    record(session, clock, Entry(Event.REVIEW_DECIDED, case.case_id, user, [decision, *written], {"action": ACCEPT}))
    record(session, clock, Entry(Event.ACCESS_GRANTED, grant.grant_id, user, [grant]))
    draw_for_blind_sample(session, program, grant, user, clock)
    return Outcome(case.case_id, form.form_id, State.GRANTED, grant.grant_id, False)


def _check_acceptable(session: Session, program: Program, form: Form, clock: Clock) -> tuple[FormTemplate, list[str]]:
    if form.template_id is None:
        raise CommandError("this page is no form of the district: it can be returned or rejected")
    template = session.get_one(FormTemplate, form.template_id)
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == form.partner_id)).all()
    gates = find_gates(steps, template.school_year, clock.today, program.rulebook.policy)
    if not gates.agreement_active:
        raise CommandError("the partner has no active data sharing agreement for the form's school year")
    declines = find_mark(form, "consent_no", Mark.EMPTY) is Mark.MARKED
    if declines and find_mark(form, "consent_yes", Mark.EMPTY) is not Mark.MARKED:
        raise CommandError("the family did not consent: the form can be returned or rejected")
    partner = session.get_one(Partner, form.partner_id)
    categories = [name for name in partner.categories if name in find_released_records(form)]
    if not categories:
        raise CommandError("the form releases no records that the partner's agreement covers: return it")
    return template, categories


def _find_first_acceptance(session: Session, case: Case, student_id: str) -> Decision | None:
    earlier = select(Decision).where(
        Decision.case_id == case.case_id, Decision.action == ACCEPT, Decision.student_id == student_id
    )
    return session.scalars(earlier.order_by(Decision.at).limit(1)).first()


def _find_told_reasons(case: Case, reason: str) -> list[str]:
    named = [code for code in re.findall(r"[A-Z0-9]+(?:_[A-Z0-9]+)+|DECLINED|ILLEGIBLE|DUPLICATE", reason)]
    told = [code for code in named if code in Reason.__members__]
    return told or [code for code in case.reasons if Reason(code) not in INSIDE_REASONS] or [Reason.CANNOT_CONFIRM]


def _decide(
    case: Case, form: Form, action: str, student_id: str | None, reason: str, user: str, program: Program, clock: Clock
) -> Decision:
    return Decision(
        decision_id=derive_id("dec", case.case_id, user, clock.now.isoformat()),
        form_id=form.form_id,
        case_id=case.case_id,
        actor=user,
        action=action,
        student_id=student_id,
        reason=reason,
        seen={"match": form.match, "reading": form.reading_sha256},
        policy_sha256=program.rulebook.policy.sha256,
        on_date=clock.today,
        at=clock.now,
    )


def _close(
    session: Session, case: Case, form: Form, state: State, reasons: list[str], why: str, user: str, clock: Clock
) -> list[Tracked]:
    case.state, case.closed_on = "closed", clock.today
    form.state, form.reasons = state, list(reasons)
    form.decided_by, form.decided_on, form.decided_why = user, clock.today, why
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
