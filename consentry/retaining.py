"""What is kept and for how long: legal holds, and the erasure of what is past its class and under no hold.

Nothing is destroyed until a class (`consentry.retention_classes`) says so, a person asks for it, and no hold stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from consentry.retention_classes import KeptRecord, RecordClass, find_record, list_records, read_keep_years
from store import Clock, Entry, Event, record
from store.erasure import collect_dependents, erase_rows, sweep_documents
from store.ids import Sha256, derive_id
from store.tables import LegalHold, Tracked

SCOPES = ("all", "partner", "student")


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record whose class lets it go since a day, and the hold that stops it, if one does."""

    record_class: RecordClass
    record_id: str
    due_since: date
    hold_id: str | None


def list_due(program: Program) -> list[DueRecord]:
    """Records past their retention, class by class, oldest first."""
    with program.installation.reading() as session:
        holds = _find_holds(session)
        return [
            DueRecord(kept.record_class, kept.row.identify(), due, _find_hold(kept, holds))
            for kept, due in _list_past(program, session)
        ]


def erase_due(program: Program, user: str, reason: str) -> list[DueRecord]:
    """Erases what is due and not held, each in a transaction of its own; returns what went."""
    if not user.strip() or not reason.strip():
        raise CommandError("an erasure needs a user and a reason")
    return [due for due in list_due(program) if due.hold_id is None and _erase(program, due, user)]


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


def _list_past(program: Program, session: Session) -> Iterator[tuple[KeptRecord, date]]:
    today = program.read_clock().today
    for record_class, years in read_keep_years(program.installation.home).items():
        for kept in list_records(session, record_class) if years else ():
            due = _find_due_day(program, kept, years)
            if due <= today:
                yield kept, due


def _erase(program: Program, due: DueRecord, user: str) -> bool:
    """Erases one record with all that rests on it, unless a hold was placed or another erased it meanwhile."""
    clock: Clock = program.read_clock()
    documents: Sequence[Sha256] = ()
    with program.installation.writing() as session:
        holds = _find_holds(session)
        kept = find_record(session, due.record_class, due.record_id)
        if kept is None or _find_hold(kept, holds) is not None:
            return False
        rows: list[Tracked] = collect_dependents(session, [kept.row])
        documents = erase_rows(session, clock, due.record_id, user, rows)
    with program.installation.reading() as session:
        sweep_documents(session, program.installation.documents, documents)
    return True


def _find_due_day(program: Program, kept: KeptRecord, keep_years: int) -> date:
    """So many years after the summer that ends the school year of the record, or after its last use if that is later."""
    received = kept.received_on
    label = f"{received.year}-{(received.year + 1) % 100:02}"
    last = max([program.rulebook.find_school_year(label).ends, *kept.last_used])
    return date(last.year + keep_years, last.month, min(last.day, 28))


def _find_holds(session: Session) -> list[LegalHold]:
    standing = select(LegalHold).where(LegalHold.released_on.is_(None)).order_by(LegalHold.recorded_at)
    return list(session.scalars(standing))


def _find_hold(kept: KeptRecord, holds: Sequence[LegalHold]) -> str | None:
    for hold in holds:
        concerned = {"all": None, "partner": kept.partner_ids, "student": kept.student_ids}[hold.scope]
        if concerned is None or hold.scope_id in concerned:
            return hold.hold_id
    return None
