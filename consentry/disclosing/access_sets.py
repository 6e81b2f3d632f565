"""Access sets on two time axes, and the grants that end soon.

`day` is the day whose access is asked for, `known` what was known of it: left out, all that is known now. The two differ
where something was recorded late: a revocation for a day gone by, an agreement signed earlier, a snapshot loaded after.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import Ending, KnownTime, find_access, list_endings, load_standing_rights, recall_agreements, recall_grants
from access.pausing import find_paused
from access.types import AccessRow
from consentry.desk.showing import find_partner_access
from consentry.intake.snapshots import find_roll, read_roll
from consentry.partners import find_partner
from consentry.program import Program
from store.tables import Agreement, EnrollmentSnapshot, Grant, Withdrawal


def find_access_as_known(
    program: Program, partner_id: str, day: date | None, known: KnownTime | None
) -> list[AccessRow]:
    """The access set of a partner on a day as it was known at a time. `CommandError` for an unknown partner."""
    if known is None:
        return find_partner_access(program, partner_id, day)
    asked = day or program.read_clock().today
    with program.installation.reading() as session:
        find_partner(session, partner_id)
        grants = session.scalars(select(Grant).where(Grant.partner_id == partner_id)).all()
        ends = session.scalars(select(Withdrawal).join(Grant).where(Grant.partner_id == partner_id)).all()
        steps = session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all()
        snapshot = _recall_snapshot(session, asked, known)
        if snapshot is None:
            return []
        roll = read_roll(program.installation, snapshot)
        standing = load_standing_rights(session, partner_id, roll.schools, asked, known)
        flagged = [grant.grant_id for grant in grants if grant.student_id in roll.protected]
        paused = find_paused(session, flagged, asked, known)
    recalled = recall_agreements(steps, known)
    return find_access(recall_grants(grants, ends, known, asked), recalled, roll.schools, asked, standing, paused)


def find_endings(program: Program, within: int) -> list[Ending]:
    """The grants of all partners that end within so many days, or whose student has left."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        grants = session.scalars(select(Grant).where(Grant.to_date >= today)).all()
        roll = find_roll(program.installation, session, today)
    return list_endings(grants, roll.schools if roll else None, today, within)


def _recall_snapshot(session: Session, day: date, known: KnownTime) -> EnrollmentSnapshot | None:
    """The snapshot that held on a day, of those known by then: as `find_snapshot`, but for the time of knowing."""
    ordered = select(EnrollmentSnapshot).order_by(EnrollmentSnapshot.as_of, EnrollmentSnapshot.loaded_at)
    told = [row for row in session.scalars(ordered) if known.covers(row.loaded_on, row.loaded_at)]
    held = [row for row in told if row.as_of <= day]
    return held[-1] if held else (told[0] if told else None)
