"""The queue as people work through it: open cases oldest first, with who holds each, what is put off, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.case_steps import DEFERRED
from consentry.claims import find_claims
from consentry.program import Program
from store.desk_tables import CaseStep
from store.tables import Case, Form, Submission


@dataclass(frozen=True, slots=True)
class QueueLine:
    """An open case in the queue. `grade`: on_time, soon_late or late against the service target."""

    case_id: str
    partner_id: str
    reasons: tuple[str, ...]
    age_days: int
    grade: str
    holder: str | None
    put_off_to: date | None


def list_lines(program: Program, session: Session, partner: str = "", reason: str = "") -> list[QueueLine]:
    """Open cases, oldest first, of a partner and with a reason where named."""
    clock, rulebook = program.read_clock(), program.rulebook
    claims, put_off = find_claims(session, clock.now), _find_put_off(session, clock.today)
    cases = session.execute(
        select(Case.case_id, Case.reasons, Form.partner_id, Submission.received_on)
        .join(Form, Form.form_id == Case.form_id)
        .join(Submission, Submission.submission_id == Form.submission_id)
        .where(Case.state == "open")
        .order_by(Submission.received_on, Submission.created_at, Form.position)
    )
    lines = []
    for case_id, reasons, partner_id, received in cases:
        if (partner and partner != partner_id) or (reason and reason not in reasons):
            continue
        age = (clock.today - received).days
        grade = "on_time" if age <= rulebook.soon_days else "soon_late" if age <= rulebook.late_days else "late"
        claim = claims.get(case_id)
        holder = claim.holder if claim else None
        lines.append(QueueLine(case_id, partner_id, tuple(reasons), age, grade, holder, put_off.get(case_id)))
    return lines


def find_next(lines: list[QueueLine], after: str, user: str) -> str | None:
    """The next case after one that nobody else holds and that isn't put off; from the top again at the end."""
    free = [line.case_id for line in lines if line.holder in (None, user) and line.put_off_to is None]
    ids = [line.case_id for line in lines]
    place = ids.index(after) if after in ids else -1
    later = [case_id for case_id in free if ids.index(case_id) > place]
    return next((case_id for case_id in [*later, *free] if case_id != after), None)


def _find_put_off(session: Session, today: date) -> dict[str, date]:
    steps = select(CaseStep).where(CaseStep.kind == DEFERRED, CaseStep.until > today).order_by(CaseStep.at)
    return {step.case_id: step.until for step in session.scalars(steps) if step.until is not None}
