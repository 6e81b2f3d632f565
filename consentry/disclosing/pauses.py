"""What people do about paused grants: see which there are, and let one go on. Ending one is a revocation like any other."""

from __future__ import annotations

from sqlalchemy import select

from access import load_running_grants
from access.pausing import find_paused
from access.types import AccessRow
from consentry.errors import CommandError
from consentry.intake.snapshots import find_roll
from consentry.program import Program
from store import Entry, Event, record
from store.ids import derive_id
from store.leaving_tables import GrantConfirmation
from store.tables import Grant, Partner


def list_paused(program: Program) -> list[AccessRow]:
    """The grants that are paused today, of all partners."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        roll = find_roll(program.installation, session, today)
        if roll is None:
            return []
        partners = session.scalars(select(Partner.partner_id).order_by(Partner.partner_id)).all()
        held = [grant for partner_id in partners for grant in load_running_grants(session, partner_id, today)]
        flagged = {grant.grant_id: grant for grant in held if grant.student_id in roll.protected}
        paused = find_paused(session, flagged, today)
    return [grant for grant_id, grant in flagged.items() if grant_id in paused]


def confirm_grant(program: Program, grant_id: str, reason: str, user: str) -> None:
    """Lets a paused grant go on, from today. `CommandError`: no such grant, it isn't paused, or no reason."""
    if not reason.strip() or not user.strip():
        raise CommandError("a confirmation needs a reason and a user")
    clock = program.read_clock()
    with program.installation.writing() as session:
        grant = session.get(Grant, grant_id)
        if grant is None:
            raise CommandError(f"no grant {grant_id}")
        roll = find_roll(program.installation, session, clock.today)
        is_flagged = roll is not None and grant.student_id in roll.protected
        if not is_flagged or not find_paused(session, [grant_id], clock.today):
            raise CommandError(f"grant {grant_id} is not paused")
        confirmation = GrantConfirmation(
            confirmation_id=derive_id("confirmation", grant_id, clock.now.isoformat()),
            grant_id=grant_id,
            actor=user,
            reason=reason,
            on_date=clock.today,
            recorded_at=clock.now,
        )
        record(session, clock, Entry(Event.GRANT_CONFIRMED, grant_id, user, [confirmation]))
