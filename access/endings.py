"""Which grants end soon, and why: so that a family is asked in time. A parent's consent lapses on the 18th birthday."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from store.tables import Grant


class EndKind(StrEnum):
    """Why a grant ends."""

    TURNS_18 = "turns_18"
    REVOKED = "revoked"
    YEAR_ENDS = "year_ends"
    NOT_ENROLLED = "not_enrolled"


@dataclass(frozen=True, slots=True)
class Ending:
    """A running grant that ends within the days asked for: on which day it gives access no more. Days left from today."""

    grant_id: str
    partner_id: str
    student_id: str
    kind: EndKind
    on_date: date
    days_left: int


def list_endings(grants: Iterable[Grant], enrolled: Container[str] | None, day: date, within: int) -> list[Ending]:
    """Grants that run on `day` and end in `within` days or less, soonest first; a student who has left is named at once."""
    found = []
    for grant in grants:
        ends = [(EndKind.YEAR_ENDS, grant.to_date + timedelta(days=1))]
        ends += [(EndKind.TURNS_18, grant.lapses_on)] if grant.lapses_on else []
        ends += [(EndKind.REVOKED, grant.revoked_on)] if grant.revoked_on else []
        kind, on_date = min(ends, key=lambda end: end[1])
        if not grant.from_date <= day < on_date:
            continue
        if enrolled is None or grant.student_id not in enrolled:
            kind, on_date = EndKind.NOT_ENROLLED, day
        left = (on_date - day).days
        if left <= within:
            found.append(Ending(grant.grant_id, grant.partner_id, grant.student_id, kind, on_date, left))
    return sorted(found, key=lambda ending: (ending.on_date, ending.partner_id, ending.student_id))
