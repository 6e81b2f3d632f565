"""Attendance as a calendar: a table a month, a mark on each day that has an entry, told by letter and words, not colour alone.

Takes the rows of the report of days as they would go to a partner. A day without an entry says that none was recorded, not
that school was held. Weekends are left out unless one has an entry. Words are said in the page's language by the page.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from consentry.web.words import mark

_YES = frozenset({"Y", "YES", "TRUE", "1"})
_MARKS = {"excused": "E", "unexcused": "U", "tardy": "T"}
_WORDS = {"excused": mark("absent, excused"), "unexcused": mark("absent, unexcused"), "tardy": mark("tardy")}


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One entry of a day: its words, the portion of the day where it isn't all of it, the school's own code for it."""

    words: str
    portion: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day: what is recorded. `kind`: excused, unexcused, tardy, or empty where nothing is."""

    day: date
    kind: str = ""
    mark: str = ""
    entries: tuple[DayEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month: weeks of five days (seven where a weekend has an entry), None outside the month or the time of the data."""

    first: date
    days_a_week: int
    weeks: tuple[tuple[CalendarDay | None, ...], ...]


def draw_calendar(rows: Sequence[Mapping[str, str]], first: date, last: date) -> tuple[CalendarMonth, ...]:
    """The months from `first` to `last`. `rows`: AttendanceDate and, where there are such columns, Excused, DayPortion,
    Tardy, AbsenceCode; of two rows of one day both are told.
    """
    days: dict[date, CalendarDay] = {}
    for row in rows:
        try:
            day = date.fromisoformat(row["AttendanceDate"])
        except ValueError:
            continue
        days[day] = _join(days.get(day), _mark(day, row))
    width = 7 if any(day.weekday() > 4 for day in days) else 5
    return tuple(_draw_month(month, days, width, (first, last)) for month in _list_months(first, last))


def _list_months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _draw_month(month: date, days: Mapping[date, CalendarDay], width: int, span: tuple[date, date]) -> CalendarMonth:
    weeks = []
    for week in calendar.Calendar().monthdatescalendar(month.year, month.month):
        shown = [day if day.month == month.month and span[0] <= day <= span[1] else None for day in week[:width]]
        if any(shown):
            weeks.append(tuple(days.get(day, CalendarDay(day)) if day else None for day in shown))
    return CalendarMonth(month, width, tuple(weeks))


def _mark(day: date, row: Mapping[str, str]) -> CalendarDay:
    if row.get("Tardy", "").upper() in _YES:
        return CalendarDay(day, "tardy", _MARKS["tardy"], (DayEntry(_WORDS["tardy"]),))
    kind = "excused" if row.get("Excused", "").upper() in _YES else "unexcused"
    portion = "" if row.get("DayPortion", "") in ("1", "1.0") else row.get("DayPortion", "")
    entry = DayEntry(_WORDS[kind], portion, row.get("AbsenceCode") or "")
    return CalendarDay(day, kind, _MARKS[kind] + ("½" if portion else ""), (entry,))


def _join(one: CalendarDay | None, other: CalendarDay) -> CalendarDay:
    if one is None or one == other:
        return other
    kind = max(one.kind, other.kind, key=("", "tardy", "excused", "unexcused").index)
    return CalendarDay(other.day, kind, f"{one.mark}{other.mark}", (*one.entries, *other.entries))
