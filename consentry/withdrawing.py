"""The end of a student's grants to a partner: who asked, why, from which day. Recorded, never erased."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from access import withdraw
from consentry.errors import CommandError
from consentry.program import Program
from store import Entry, Event, JsonValue, record
from store.tables import Grant


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
        ends = [withdraw(grant, on_date, user, reason, clock.now, clock.today) for grant in grants]
        ids = [grant.grant_id for grant in grants]
        facts: dict[str, JsonValue] = {"grants": len(ids), "on": on_date.isoformat()}
        record(session, clock, Entry(Event.ACCESS_WITHDRAWN, ids[0], user, [*grants, *ends], facts))
    return ids
