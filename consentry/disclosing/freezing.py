"""Stops exports and lets them go on: after a restore that an outside head doesn't bear out, or when a lead says so.

While exports are frozen no package, feed or page leaves the house; the main job goes on. Whoever writes an export calls
`refuse_while_frozen` under the ledger's lock, so that none slips through. Nothing thaws by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.accounts import check_lead
from consentry.errors import CommandError
from consentry.program import Program
from store import Entry, Event, JsonValue, record
from store.ids import derive_id
from store.ledger import Clock, read_body
from store.safety_tables import ExportFreeze
from store.tables import LedgerLeaf

_CLOCKS_DIFFER_BY = timedelta(minutes=2)


def find_freeze(session: Session) -> ExportFreeze | None:
    """The freeze that runs now, the oldest where there are several."""
    running = select(ExportFreeze).where(ExportFreeze.released_at.is_(None)).order_by(ExportFreeze.frozen_at)
    return session.scalars(running.limit(1)).first()


def refuse_while_frozen(session: Session, clock: Clock) -> None:
    """`CommandError` while exports are frozen, or while the machine's clock runs behind the ledger: on an earlier day a grant
    that was ended since would run again.
    """
    last = session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.seq.desc()).limit(1)).first()
    if last is not None and datetime.fromisoformat(read_body(last)["at"]) > clock.now + _CLOCKS_DIFFER_BY:
        raise CommandError(
            "the machine's clock runs behind the ledger's last entry: set it right, nothing leaves before"
        )
    freeze = find_freeze(session)
    if freeze is not None:
        since = freeze.frozen_at.date().isoformat()
        raise CommandError(f"exports are frozen since {since} ({freeze.reason}): a lead ends it with 'exports release'")


def freeze_exports(program: Program, reason: str, user: str) -> str:
    """Freezes exports; returns the freeze's id. `CommandError` without a reason."""
    if not reason.strip() or not user.strip():
        raise CommandError("exports are frozen with a reason and by somebody")
    clock = program.read_clock()
    with program.installation.writing() as session:
        return record_freeze(session, clock, reason, user)


def record_freeze(session: Session, clock: Clock, reason: str, user: str) -> str:
    """Writes a freeze. The session holds the ledger's lock."""
    freeze = ExportFreeze(
        freeze_id=derive_id("freeze", clock.now.isoformat(), user),
        reason=reason,
        frozen_by=user,
        frozen_at=clock.now,
        released_by=None,
        released_why=None,
        released_at=None,
    )
    record(session, clock, Entry(Event.EXPORTS_FROZEN, freeze.freeze_id, user, [freeze]))
    return freeze.freeze_id


def release_exports(program: Program, reason: str, user: str) -> list[str]:
    """Ends every freeze; returns their ids. `CommandError`: no reason, no lead, or nothing is frozen."""
    if not reason.strip() or not user.strip():
        raise CommandError("exports are released by a lead and with a reason")
    clock = program.read_clock()
    with program.installation.writing() as session:
        check_lead(session, user, "lets exports go on")
        running = session.scalars(select(ExportFreeze).where(ExportFreeze.released_at.is_(None))).all()
        if not running:
            raise CommandError("exports are not frozen")
        for freeze in running:
            freeze.released_by, freeze.released_why, freeze.released_at = user, reason, clock.now
            record(session, clock, Entry(Event.EXPORTS_RELEASED, freeze.freeze_id, user, [freeze]))
        return [freeze.freeze_id for freeze in running]


def show_freezes(program: Program) -> list[JsonValue]:
    """Every freeze there was, newest first."""
    with program.installation.reading() as session:
        freezes = session.scalars(select(ExportFreeze).order_by(ExportFreeze.frozen_at.desc())).all()
    return [
        {
            "freeze_id": freeze.freeze_id,
            "reason": freeze.reason,
            "frozen_by": freeze.frozen_by,
            "frozen_at": freeze.frozen_at.isoformat(),
            "released_by": freeze.released_by,
            "released_why": freeze.released_why,
            "released_at": freeze.released_at.isoformat() if freeze.released_at else None,
        }
        for freeze in freezes
    ]
