"""Takes a decision on a case back: a new entry that reverses it, the case open again with the candidates it had.

Nothing is erased: the decision stays, a grant ends on the day of the reversal and keeps its history. What left the house in
between is listed by `trace`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.desk.deciding import ACCEPT
from consentry.errors import CommandError
from consentry.pipeline.form_years import find_form_year
from consentry.pipeline.standing import REVERSE, TAKES_BACK, find_standing
from consentry.program import Program
from consentry.withdrawing import end_grants
from review_queue import State
from store import Entry, Event, record
from store.ids import derive_id
from store.tables import Case, Decision, Form, Grant, ListedStudent, Tracked

_BY_NOBODY = (None, None, None)


def reverse_decision(program: Program, case_id: str, user: str, reason: str, others_too: bool) -> None:
    """Takes back the last decision on a case, or the user's own acceptance that still waits for a second person.

    `others_too`: also somebody else's. `CommandError`: nothing to take back, not theirs, or the same page came in again since.
    """
    clock = program.read_clock()
    with program.installation.writing() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise CommandError(f"no case {case_id}")
        form = session.get_one(Form, case.form_id)
        standing = _load_standing(session, case_id)
        last = _find_last(case, standing, user, others_too)
        if case.state != "open":
            _refuse_if_sent_again(session, form)
        rules = program.rulebook.find_rule_set(find_form_year(session, form))
        decision = Decision(
            decision_id=derive_id("dec", case_id, user, REVERSE, clock.now.isoformat()),
            form_id=form.form_id,
            case_id=case_id,
            actor=user,
            action=REVERSE,
            student_id=last.student_id,
            reason=reason,
            seen={"reverses": last.decision_id, TAKES_BACK: [decision.decision_id for decision in standing]},
            policy_sha256=rules.policy_sha256,
            year_sha256=rules.year_sha256,
            on_date=clock.today,
            at=clock.now,
        )
        written = _reopen(session, case, form, last) if case.state != "open" else []
        facts = {"reverses": last.decision_id}
        record(session, clock, Entry(Event.DECISION_REVERSED, case_id, user, [decision, *written], dict(facts)))
        if last.action == ACCEPT:
            given = session.scalars(select(Grant).where(Grant.form_id == form.form_id))
            end_grants(session, given, clock.today, reason or "decision taken back", user, clock)


def is_reversible(session: Session, case_id: str, user: str, others_too: bool) -> bool:
    """Whether there is a decision on a case that the user may take back."""
    case = session.get(Case, case_id)
    if case is None:
        return False
    try:
        _find_last(case, _load_standing(session, case_id), user, others_too)
    except CommandError:
        return False
    return True


def _load_standing(session: Session, case_id: str) -> list[Decision]:
    return find_standing(session.scalars(select(Decision).where(Decision.case_id == case_id)))


def _find_last(case: Case, standing: Sequence[Decision], user: str, others_too: bool) -> Decision:
    if case.state == "open":
        waiting = [found for found in standing if found.action == ACCEPT and (others_too or found.actor == user)]
        if not waiting:
            raise CommandError("there is no decision of yours on this case to take back")
        return waiting[-1]
    last = standing[-1] if standing else None
    if last is None or (last.actor != user and not others_too):
        raise CommandError("only who decided, or a lead, takes a decision back")
    return last


def _refuse_if_sent_again(session: Session, form: Form) -> None:
    same = select(Form.form_id).where(
        Form.partner_id == form.partner_id,
        Form.document_sha256 == form.document_sha256,
        Form.page_index == form.page_index,
        Form.form_id != form.form_id,
        Form.submission_id != form.submission_id,
        Form.state.in_((State.GRANTED, State.IN_REVIEW, State.HELD, State.READ, State.RECEIVED)),
    )
    if session.scalars(same.limit(1)).first() is not None:
        raise CommandError("the partner has sent the same page again since: decide on that one")


def _reopen(session: Session, case: Case, form: Form, last: Decision) -> list[Tracked]:
    case.state, case.closed_on = "open", None
    form.state, form.reasons = State.IN_REVIEW, list(case.reasons)
    form.decided_by, form.decided_on, form.decided_why = _BY_NOBODY
    match = last.seen.get("match")
    form.match = dict(match) if isinstance(match, dict) else form.match
    best = form.match.get("student_id")
    form.student_id = str(best) if best else None
    rows = list(session.scalars(select(ListedStudent).where(ListedStudent.form_id == form.form_id)))
    for row in rows:
        row.state, row.reasons = State.IN_REVIEW, list(case.reasons)
    return [case, form, *rows]
