"""The grants that run on a day: begun, not over, not lapsed, not ended, as far as the grants themselves say.

Two ways to the same rows. The database tells it of what is known now, read as the driver's plain rows: ten thousand in a
thirtieth of a second. Grants at hand, with the ends that were known at a time, are told one by one. Everything else
(agreements, enrollment, lists, pauses) is `find_access`'s to decide.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from access.types import AccessRow
from store.tables import Grant


def load_running_grants(session: Session, partner_id: str, day: date) -> list[AccessRow]:
    """The grants of a partner that run on a day, by student."""
    columns = (
        Grant.student_id,
        Grant.grant_id,
        Grant.basis,
        type_coerce(Grant.categories, Text),
        type_coerce(Grant.from_date, Text),
        type_coerce(Grant.to_date, Text),
        Grant.form_id,
        Grant.school_year,
    )
    running = select(*columns).where(
        Grant.partner_id == partner_id,
        Grant.from_date <= day,
        Grant.to_date >= day,
        or_(Grant.lapses_on.is_(None), Grant.lapses_on > day),
        or_(Grant.revoked_on.is_(None), Grant.revoked_on > day),
    )
    categories, days = _Categories(), _Days()
    rows: Any = session.connection().execute(running).cursor
    return [
        AccessRow(student, partner_id, basis, categories[text], days[first], days[last], grant, form, year)
        for student, grant, basis, text, first, last, form, year in sorted(rows.fetchall())  # by student and grant
    ]


def runs_on(grant: Grant, revoked_on: date | None, day: date) -> bool:
    """Whether a grant runs on a day if its revocation is on `revoked_on`. As `load_running_grants` asks the database."""
    return grant.from_date <= day <= grant.to_date and not any(
        end is not None and end <= day for end in (grant.lapses_on, revoked_on)
    )


def show_grant(grant: Grant) -> AccessRow:
    """A grant as a row of an access set."""
    return AccessRow(
        grant.student_id,
        grant.partner_id,
        grant.basis,
        tuple(grant.categories),
        grant.from_date,
        grant.to_date,
        grant.grant_id,
        grant.form_id,
        grant.school_year,
    )


class _Categories(dict[str, tuple[str, ...]]):
    """The categories that a JSON text says: few texts stand in many rows."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        self[text] = tuple(json.loads(text))
        return self[text]


class _Days(dict[Any, date]):
    """The day that a database's value says: text on SQLite, a day already on PostgreSQL."""

    def __missing__(self, value: Any) -> date:
        day = value if isinstance(value, date) else date.fromisoformat(value)
        self[value] = day
        return day
