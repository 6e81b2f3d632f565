"""Which rights to view stand on a day: of grants that rest on a school's list, those whose student is still at that school and
whose list the school's principal or designee has submitted or confirmed for the term.

A student who has left the school drops out that day, one who comes back is in again; nobody has to say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.known_time import KnownTime
from store.tables import Grant
from store.year_tables import ListRight, TermConfirmation


def load_standing_rights(
    session: Session, partner_id: str, enrolled: Mapping[str, str], day: date, known: KnownTime | None = None
) -> frozenset[str]:
    """Ids of a partner's grants on the ground of a list whose right stands on `day`. `enrolled`: each child's school then."""
    rights = session.execute(
        select(ListRight.grant_id, ListRight.school, Grant.student_id, Grant.school_year)
        .join(Grant, Grant.grant_id == ListRight.grant_id)
        .where(Grant.partner_id == partner_id)
    ).all()
    if not rights:
        return frozenset()
    confirmed = {
        (row.school, row.school_year)
        for row in session.scalars(select(TermConfirmation).where(TermConfirmation.partner_id == partner_id))
        if _holds(row, day) and (known is None or known.covers(row.on_date, row.recorded_at))
    }
    return frozenset(
        grant_id
        for grant_id, school, student_id, year in rights
        if (school, year) in confirmed and enrolled.get(student_id) == school
    )


def _holds(confirmation: TermConfirmation, day: date) -> bool:
    return confirmation.holds_until is not None and confirmation.on_date <= day <= confirmation.holds_until
