"""The grants that may count on a day, read as the database driver's plain rows: ten thousand in a twentieth of a second.

Leaves out what the database can tell to be over or not begun; everything else is `find_access`'s to decide. Rows are named
tuples, which cost a third of what a frozen dataclass does.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from store.tables import Grant


class HeldGrant(NamedTuple):
    """A grant as far as access depends on it, with the end that is known."""

    student_id: str
    grant_id: str
    partner_id: str
    categories: tuple[str, ...]
    from_date: date
    to_date: date
    basis: str
    school_year: str
    form_id: str | None
    lapses_on: date | None
    revoked_on: date | None


def load_held_grants(session: Session, partner_id: str, day: date) -> list[HeldGrant]:
    """The grants of a partner that run on a day, by student."""
    columns = (
        Grant.student_id,
        Grant.grant_id,
        Grant.partner_id,
        type_coerce(Grant.categories, Text),
        type_coerce(Grant.from_date, Text),
        type_coerce(Grant.to_date, Text),
        Grant.basis,
        Grant.school_year,
        Grant.form_id,
        type_coerce(Grant.lapses_on, Text),
        type_coerce(Grant.revoked_on, Text),
    )
    running = select(*columns).where(
        Grant.partner_id == partner_id,
        Grant.from_date <= day,
        Grant.to_date >= day,
        or_(Grant.lapses_on.is_(None), Grant.lapses_on > day),
        or_(Grant.revoked_on.is_(None), Grant.revoked_on > day),
    )
    categories, days = _Categories(), _Days({None: None})
    rows: Any = session.connection().execute(running).cursor
    return [
        HeldGrant(
            student,
            grant,
            partner,
            categories[text],
            days[first],
            days[last],
            basis,
            year,
            form,
            days[lapse],
            days[end],
        )
        for student, grant, partner, text, first, last, basis, year, form, lapse, end in rows.fetchall()
    ]


class _Categories(dict[str, tuple[str, ...]]):
    """The categories that a JSON text says: few texts stand in many rows."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        self[text] = tuple(json.loads(text))
        return self[text]


class _Days(dict[Any, Any]):
    """The day that a database's value says: text on SQLite, a day already on PostgreSQL."""

    def __missing__(self, value: Any) -> date:
        day = value if isinstance(value, date) else date.fromisoformat(value)
        self[value] = day
        return day
