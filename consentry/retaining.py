"""What is kept and for how long: retention classes, legal holds, and the erasure of what is past both.

Nothing is destroyed until a class says so, a person asks for it, and no hold stands. One class so far: a submission with all
that rests on it. Enrollment snapshots, agreements and blanks have none: they are kept.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from store import Clock, Entry, Event, record
from store.erasure import collect_dependents, erase_rows, sweep_documents
from store.ids import Sha256, derive_id
from store.tables import Form, Grant, LegalHold, Submission, Tracked

SCOPES = ("all", "partner", "student")


class _Submissions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    keep_years: int = Field(ge=0, le=100)


class _RetentionFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    submissions: _Submissions


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A submission whose class lets it go since a day, and the hold that stops it, if one does."""

    submission_id: str
    due_since: date
    hold_id: str | None


def list_due(program: Program) -> list[DueRecord]:
    """Submissions past their retention, oldest first."""
    keep_years = _load_keep_years(program)
    if keep_years == 0:
        return []
    today = program.read_clock().today
    with program.installation.reading() as session:
        holds = _find_holds(session)
        found = []
        for submission in session.scalars(select(Submission).order_by(Submission.received_on)):
            due = _find_due_day(program, session, submission, keep_years)
            if due <= today:
                found.append(DueRecord(submission.submission_id, due, _find_hold(session, submission, holds)))
    return found


def erase_due(program: Program, user: str, reason: str) -> list[str]:
    """Erases what is due and not held, each in a transaction of its own; returns the submissions' ids."""
    if not user.strip() or not reason.strip():
        raise CommandError("an erasure needs a user and a reason")
    erased = []
    for due in list_due(program):
        if due.hold_id is None and _erase(program, due.submission_id, user):
            erased.append(due.submission_id)
    return erased


def place_hold(program: Program, scope: str, scope_id: str | None, reason: str, user: str) -> str:
    """Places a legal hold on everything, a partner or a student; returns its id."""
    if scope not in SCOPES or (scope == "all") is not (scope_id is None):
        raise CommandError("a hold is on all, or on a partner or student whose --id is named")
    if not user.strip() or not reason.strip():
        raise CommandError("a hold needs a user and a reason")
    clock = program.read_clock()
    hold = LegalHold(
        hold_id=derive_id("hold", scope, scope_id or "", clock.now.isoformat()),
        scope=scope,
        scope_id=scope_id,
        reason=reason,
        placed_by=user,
        placed_on=clock.today,
        recorded_at=clock.now,
    )
    with program.installation.writing() as session:
        record(session, clock, Entry(Event.HOLD_PLACED, hold.hold_id, user, [hold]))
    return hold.hold_id


def release_hold(program: Program, hold_id: str, reason: str, user: str) -> None:
    """Releases a hold. `CommandError` if there is none of that id, or it is released already."""
    clock = program.read_clock()
    with program.installation.writing() as session:
        hold = session.get(LegalHold, hold_id)
        if hold is None or hold.released_on is not None:
            raise CommandError(f"no hold {hold_id} stands")
        hold.released_by, hold.released_why, hold.released_on = user, reason, clock.today
        record(session, clock, Entry(Event.HOLD_RELEASED, hold_id, user, [hold]))


def _erase(program: Program, submission_id: str, user: str) -> bool:
    clock: Clock = program.read_clock()
    documents: Sequence[Sha256] = ()
    with program.installation.writing() as session:
        submission = session.get(Submission, submission_id)
        if submission is None or _find_hold(session, submission, _find_holds(session)) is not None:
            return False
        rows: list[Tracked] = collect_dependents(session, [submission])
        documents = erase_rows(session, clock, submission_id, user, rows)
    with program.installation.reading() as session:
        sweep_documents(session, program.installation.documents, documents)
    return True


def _find_due_day(program: Program, session: Session, submission: Submission, keep_years: int) -> date:
    received = submission.received_on
    label = f"{received.year}-{(received.year + 1) % 100:02}"
    ends = [program.rulebook.find_school_year(label).ends]
    ends += session.scalars(
        select(Grant.to_date)
        .join(Form, Form.form_id == Grant.form_id)
        .where(Form.submission_id == submission.submission_id)
    )
    last = max(ends)
    return date(last.year + keep_years, last.month, min(last.day, 28))


def _find_holds(session: Session) -> list[LegalHold]:
    return list(
        session.scalars(select(LegalHold).where(LegalHold.released_on.is_(None)).order_by(LegalHold.recorded_at))
    )


def _find_hold(session: Session, submission: Submission, holds: list[LegalHold]) -> str | None:
    students = set(session.scalars(select(Form.student_id).where(Form.submission_id == submission.submission_id)))
    students |= set(
        session.scalars(
            select(Grant.student_id)
            .join(Form, Form.form_id == Grant.form_id)
            .where(Form.submission_id == submission.submission_id)
        )
    )
    for hold in holds:
        is_meant = {
            "all": True,
            "partner": hold.scope_id == submission.partner_id,
            "student": hold.scope_id in students,
        }
        if is_meant[hold.scope]:
            return hold.hold_id
    return None


def _load_keep_years(program: Program) -> int:
    own = program.installation.home / "retention.toml"
    content = (
        own.read_text("utf-8") if own.exists() else (resources.files("consentry") / "data/retention.toml").read_text()
    )
    try:
        return _RetentionFile.model_validate(tomllib.loads(content)).submissions.keep_years
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"retention.toml has faults: {faults}") from None
    except ValueError:
        raise CommandError("retention.toml is not TOML") from None
