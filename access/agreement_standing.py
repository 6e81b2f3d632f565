"""Where a partner's agreements stand on a day: since when, when they are due in business days, who has to answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from access.agreements import status_on
from access.business_days import BusinessCalendar
from access.types import AgreementKind, AgreementStatus
from store.tables import Agreement

UNDER_WAY = (AgreementStatus.SUBMITTED, AgreementStatus.IN_REVIEW, AgreementStatus.SIGNED)
"""Statuses in which the district is to act; in the others the partner is, or nobody."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One agreement on a day. `due_on` is set while the district is to act; `business_days_left` is negative past it."""

    kind: AgreementKind
    status: AgreementStatus | None
    since: date | None
    submitted_on: date | None
    due_on: date | None
    business_days_left: int | None
    missing_departments: tuple[str, ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether the target day has gone by."""
        return self.business_days_left is not None and self.business_days_left < 0

    @property
    def is_active(self) -> bool:
        """Whether the agreement holds."""
        return self.status is AgreementStatus.ACTIVE


def find_standing(
    steps: Iterable[Agreement],
    kind: AgreementKind,
    school_year: str,
    day: date,
    target: int,
    calendar: BusinessCalendar,
    missing_departments: Sequence[str] = (),
) -> Standing:
    """Where an agreement stands on `day`. `target`: business days from the first day of this round's submission."""
    reached = sorted(
        (step for step in steps if step.kind == kind and step.school_year == school_year and step.on_date <= day),
        key=lambda step: (step.on_date, step.recorded_at),
    )
    status = status_on(reached, kind, school_year, day)
    submitted_on = _find_submission(reached)
    under_way = status in UNDER_WAY and submitted_on is not None
    due_on = calendar.add(submitted_on, target) if under_way and submitted_on is not None else None
    return Standing(
        kind=kind,
        status=status,
        since=reached[-1].on_date if reached and status is not AgreementStatus.NOT_RENEWED else None,
        submitted_on=submitted_on,
        due_on=due_on,
        business_days_left=calendar.count(day, due_on) if due_on else None,
        missing_departments=tuple(missing_departments) if under_way else (),
    )


def _find_submission(reached: Sequence[Agreement]) -> date | None:
    """The day of the submission that the last steps are about: what was returned or ended is over."""
    submitted: date | None = None
    for step in reached:
        if step.status == AgreementStatus.SUBMITTED:
            submitted = step.on_date
        elif step.status in (AgreementStatus.ENDED, AgreementStatus.RETURNED, AgreementStatus.NOT_RENEWED):
            submitted = None
    return submitted
