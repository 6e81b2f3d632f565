"""What was known at a past time, beside what held on a past day: the two time axes of the access set.

A grant, an end, an agreement's step or a snapshot counts if it was recorded by then. An end that was recorded before ends
had a time of their own counts as known from its day on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from access.running_grants import runs_on, show_grant
from access.types import AccessRow
from store.tables import Agreement, Grant, Withdrawal


@dataclass(frozen=True, slots=True)
class KnownTime:
    """The end of a day, or a moment (aware). Exactly one is given."""

    day: date | None = None
    moment: datetime | None = None

    def covers(self, recorded_on: date | None, recorded_at: datetime) -> bool:
        """Whether what was recorded then was known by this time."""
        if self.moment is not None:
            return recorded_at <= self.moment
        return self.day is not None and (recorded_on or recorded_at.date()) <= self.day


def recall_grants(
    grants: Iterable[Grant], withdrawals: Iterable[Withdrawal], known: KnownTime, day: date
) -> list[AccessRow]:
    """The grants that run on `day` by what was known at a time, each up to the earliest end that was, by student."""
    ends: dict[str, list[Withdrawal]] = {}
    for end in withdrawals:
        ends.setdefault(end.grant_id, []).append(end)
    return [
        show_grant(grant)
        for grant in sorted(grants, key=lambda each: (each.student_id, each.grant_id))
        if known.covers(grant.from_date, grant.recorded_at)
        and runs_on(grant, _recall_end(grant, ends.get(grant.grant_id, ()), known), day)
    ]


def recall_agreements(steps: Iterable[Agreement], known: KnownTime) -> list[Agreement]:
    """The steps of agreements that were known by a time."""
    return [step for step in steps if known.covers(step.recorded_on, step.recorded_at)]


def _recall_end(grant: Grant, ends: Sequence[Withdrawal], known: KnownTime) -> date | None:
    told = [end.on_date for end in ends if known.covers(end.recorded_on, end.recorded_at)]
    if not ends and grant.revoked_on is not None:
        by_then = known.day or (known.moment.date() if known.moment else grant.revoked_on)
        told = [grant.revoked_on] if grant.revoked_on <= by_then else []
    return min(told, default=None)
