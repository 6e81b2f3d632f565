"""Business days of the district: weekdays that are no holiday. The holidays are data of the school years, never known here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np


class BusinessCalendar:
    """Counts business days."""

    def __init__(self, holidays: Iterable[date]) -> None:
        self._calendar = np.busdaycalendar(holidays=sorted(np.datetime64(day, "D") for day in holidays))

    def add(self, day: date, count: int) -> date:
        """The business day that comes `count` business days after `day`; before it where `count` is negative. A day that is
        none counts as the business day before it.
        """
        moved = np.busday_offset(np.datetime64(day, "D"), count, roll="backward", busdaycal=self._calendar)
        return date.fromisoformat(str(moved))

    def count(self, first: date, last: date) -> int:
        """Business days after `first` up to `last`; negative where `last` comes first."""
        if last < first:
            return -self.count(last, first)
        one = np.timedelta64(1, "D")
        begin, end = np.datetime64(first, "D"), np.datetime64(last, "D")
        return int(np.busday_count(begin + one, end + one, busdaycal=self._calendar))
