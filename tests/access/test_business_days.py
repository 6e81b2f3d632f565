from __future__ import annotations

from datetime import date

import pytest

from access.business_days import BusinessCalendar

CALENDAR = BusinessCalendar([date(2024, 11, 28), date(2024, 11, 29), date(2024, 11, 11)])


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2024, 11, 25), 1, date(2024, 11, 26)),
        (date(2024, 11, 27), 1, date(2024, 12, 2)),
        (date(2024, 11, 8), 1, date(2024, 11, 12)),
        (date(2024, 11, 9), 1, date(2024, 11, 12)),  # a Saturday counts as the Friday before
        (date(2024, 11, 4), 15, date(2024, 11, 26)),
        (date(2024, 12, 2), -1, date(2024, 11, 27)),
    ],
)
def test_business_days_leave_out_weekends_and_holidays(day: date, count: int, expected: date) -> None:
    assert CALENDAR.add(day, count) == expected


def test_counting_is_adding_turned_round() -> None:
    for count in (0, 1, 5, 20):
        assert CALENDAR.count(date(2024, 11, 4), CALENDAR.add(date(2024, 11, 4), count)) == count
    assert CALENDAR.count(date(2024, 12, 2), date(2024, 11, 27)) == -1
