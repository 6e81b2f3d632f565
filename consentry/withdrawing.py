"""The end of grants before their time: who asked, why, from which day. Recorded, never erased; nothing else ends a grant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import withdraw
from consentry.errors import CommandError
from consentry.program import Program
from store import Clock, Entry, Event, JsonValue, record
from store.tables import Grant


def revoke_access(
    program: Program, student_id: str, partner_id: str, on_date: date, reason: str, user: str
) -> list[str]:
    """Ends every grant of a student to a partner from a day on; returns their ids. `CommandError` if there is none."""
    if not reason.strip() or not user.strip():
        raise CommandError("a revocation needs a reason and a user")
    clock = program.read_clock()
    with program.installation.writing() as session:
        given = select(Grant).where(Grant.student_id == student_id, Grant.partner_id == partner_id)
        ended = end_grants(session, session.scalars(given.order_by(Grant.grant_id)), on_date, reason, user, clock)
    if not ended:
        raise CommandError("no grant of that student to that partner runs on that day")
    return ended


def end_grants(
    session: Session, grants: Iterable[Grant], on_date: date, reason: str, user: str, clock: Clock
) -> list[str]:
    """Ends those of the grants that would still run on a day; returns their ids. The session holds the ledger's lock."""
    running = [
        grant
        for grant in grants
        if grant.to_date >= on_date and (grant.revoked_on is None or grant.revoked_on > on_date)
    ]
    ends = [withdraw(grant, on_date, user, reason, clock.now, clock.today) for grant in running]
    ids = [grant.grant_id for grant in running]
    if ids:
        facts: dict[str, JsonValue] = {"grants": len(ids), "on": on_date.isoformat()}
        record(session, clock, Entry(Event.ACCESS_WITHDRAWN, ids[0], user, [*running, *ends], facts))
    return ids
