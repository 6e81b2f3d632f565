"""Reads a written date as a day, and knows which other days it may be a slip of.

Decides the chance of each kind of slip: one digit, look-alike digits, swapped day and month, a wrong year, 1 January as a
stand-in. Never corrects a date; one that no calendar has is kept as written and compared digit by digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from math import log
from typing import NamedTuple

EXACT = log(0.93)
SWAPPED = log(0.012)
LOOK_ALIKE_DIGIT = log(0.02 / 16)
OTHER_DIGIT = log(0.02 / 72)
TURNED_DIGITS = log(0.004 / 5)
YEAR_OFF_BY_ONE = log(0.005)
OTHER_YEAR = log(0.008 / 20)
DAY_OR_MONTH_OFF_BY_ONE = log(0.002)
ENROLLED_FIRST_OF_JANUARY = log(0.02 / 365)
WRITTEN_FIRST_OF_JANUARY = log(0.003)
YEARS_AROUND = 20
_ALIKE = ((1, 7), (3, 8), (4, 9), (0, 6), (5, 6), (5, 8), (3, 5), (2, 7), (0, 8))
_LOOK_ALIKE = frozenset(f"{one}{other}" for pair in _ALIKE for one, other in (pair, pair[::-1]))
_MONTHS = "jan ene|feb|mar|apr abr|may|jun|jul|aug ago|sep|oct|nov|dec dic"  # English and Spanish
_MONTH_OF = {prefix: number for number, group in enumerate(_MONTHS.split("|"), 1) for prefix in group.split()}
EXCEL_EPOCH = date(1899, 12, 30)


class Day(NamedTuple):
    """A day as written: may be one that no calendar has."""

    year: int
    month: int
    day: int


def _year(text: str) -> int:
    number = int(text)
    if len(text) > 2:
        return number
    return 2000 + number if number <= 35 else 1900 + number


def read_day(text: str) -> Day | None:
    """The day that a written date means, month before day unless that can't be; None where it holds no date."""
    shown = text[:40].strip().lower()
    if match := re.match(r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})(?:\D.*)?$", shown):
        return Day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{1,2})\s*\D+\s*(\d{1,2})\s*\D+\s*(\d{4}|\d{2})(?:\D.*)?$", shown):
        return _order_day(int(match[1]), int(match[2]), _year(match[3]))
    if match := re.search(r"[a-z]{3,}", shown):
        return _with_month_name(shown, match[0])
    digits = re.sub(r"[^0-9]", "", shown)
    if len(digits) == 8:
        if digits[:2] in {"19", "20"}:
            return Day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        return _order_day(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    if len(digits) == 6:
        return _order_day(int(digits[:2]), int(digits[2:4]), _year(digits[4:]))
    if len(digits) == 5 and 25_000 <= int(digits) <= 60_000:
        found = EXCEL_EPOCH + timedelta(days=int(digits))
        return Day(found.year, found.month, found.day)
    return None


def _order_day(first: int, second: int, year: int) -> Day:
    if first > 12 and second <= 12:
        return Day(year, second, first)
    return Day(year, first, second)


def _with_month_name(shown: str, name: str) -> Day | None:
    month = _MONTH_OF.get(name[:3])
    numbers = re.findall(r"\d+", shown)
    if month is None or len(numbers) != 2:
        return None
    first, second = numbers
    if len(first) == 4:
        first, second = second, first
    if len(second) not in {2, 4} or len(first) > 2:
        return None
    return Day(_year(second), month, int(first))


def iso(day: Day) -> str:
    """YYYY-MM-DD."""
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


class Slip(NamedTuple):
    """An enrolled day that may have been meant, and log P(the written day | that day)."""

    meant: Day
    price: float


def slips_of(written: Day) -> Iterator[Slip]:
    """Every day that `written` may be a slip of, itself first; a day may come more than once."""
    year, month, day = written
    yield Slip(written, EXACT)
    yield Slip(Day(year, day, month), SWAPPED)
    for other in range(year - YEARS_AROUND, year + YEARS_AROUND + 1):
        yield Slip(Day(other, month, day), YEAR_OFF_BY_ONE if abs(other - year) == 1 else OTHER_YEAR)
    for step in (-1, 1):
        yield Slip(Day(year, month, day + step), DAY_OR_MONTH_OFF_BY_ONE)
        yield Slip(Day(year, month + step, day), DAY_OR_MONTH_OFF_BY_ONE)
    yield from _digit_slips(written)
    yield Slip(Day(year, 1, 1), ENROLLED_FIRST_OF_JANUARY)
    if (month, day) == (1, 1):
        for other_month in range(1, 13):
            for other_day in range(1, 32):
                yield Slip(Day(year, other_month, other_day), WRITTEN_FIRST_OF_JANUARY)


def _digit_slips(written: Day) -> Iterator[Slip]:
    text = iso(written).replace("-", "")[-8:]
    for place, digit in enumerate(text):
        for other in "0123456789":
            if other != digit:
                price = LOOK_ALIKE_DIGIT if other + digit in _LOOK_ALIKE else OTHER_DIGIT
                yield Slip(_day_of(text[:place] + other + text[place + 1 :]), price)
    for place in range(7):
        if text[place] != text[place + 1]:
            yield Slip(_day_of(text[:place] + text[place + 1] + text[place] + text[place + 2 :]), TURNED_DIGITS)


def _day_of(digits: str) -> Day:
    return Day(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
