"""Reads a written date as a day, and knows which other days it may be a slip of.

Decides the chance of each kind of slip: one digit, look-alike digits, swapped day and month, a wrong year, 1 January as a
stand-in. Never corrects a date; one that no calendar has is kept as written and compared digit by digit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.weights import DateSlips

YEARS_AROUND = 20
_ALIKE = ((1, 7), (3, 8), (4, 9), (0, 6), (5, 6), (5, 8), (3, 5), (2, 7), (0, 8))
_LOOK_ALIKE = frozenset(f"{one}{other}" for pair in _ALIKE for one, other in (pair, pair[::-1]))
_MONTHS = "jan ene|feb|mar|apr abr|may|jun|jul|aug ago|sep|oct|nov|dec dic"  # English and Spanish
_MONTH_OF = {prefix: number for number, group in enumerate(_MONTHS.split("|"), 1) for prefix in group.split()}
_DIGITS = np.arange(10)
_UNITS = 10 ** np.arange(7, -1, -1)
NEVER = -99.0
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


def code_of(day: Day) -> int:
    """The day as one number, YYYYMMDD; two days have two numbers, also those that no calendar has."""
    return day.year * 10_000 + day.month * 100 + day.day


def looks_alike(written: str, meant: str) -> bool:
    """Whether one digit is easily taken for the other."""
    return written + meant in _LOOK_ALIKE


class DaySlips(NamedTuple):
    """Codes of the days that may have been meant and log P(written | meant), a row a written day; days may come twice."""

    codes: NDArray[np.int64]
    prices: NDArray[np.float64]


class DayPrices:
    """Log chances of slips for one table of weights."""

    def __init__(self, slips: DateSlips) -> None:
        off_by_one, january = log(slips.off_by_one), log(slips.first_of_january_enrolled / 365)
        self._near = np.array([log(slips.exact), log(slips.swapped), *[off_by_one] * 4, january])
        self._steps = np.array([step for step in range(-YEARS_AROUND, YEARS_AROUND + 1) if step])
        year_off, other_year = log(slips.year_off_by_one), log(slips.other_year / YEARS_AROUND)
        self._years = np.where(np.abs(self._steps) == 1, year_off, other_year)
        self._digits = np.full((10, 10), log(slips.other_digit / 72))
        for pair in _LOOK_ALIKE:
            self._digits[int(pair[0]), int(pair[1])] = log(slips.look_alike_digit / 16)
        np.fill_diagonal(self._digits, NEVER)
        self._turned = np.full(7, log(slips.turned_digits / 5))
        self.written_first_of_january = log(slips.first_of_january_written)

    def slips_of(self, written: Sequence[Day]) -> DaySlips:
        """Every day that each may be a slip of, itself first; but for any day of a year where 1 January is written."""
        year, month, day = np.array(written, dtype=np.int64).reshape(-1, 3).T
        code = year * 10_000 + month * 100 + day
        turned_day = year * 10_000 + day * 100 + month
        near = [code, turned_day, code - 1, code + 1, code - 100, code + 100, year * 10_000 + 101]
        years = code[:, None] + self._steps * 10_000
        digits = code[:, None] // _UNITS % 10
        others = code[:, None, None] + (_DIGITS - digits[:, :, None]) * _UNITS[:, None]
        turned = code[:, None] + (digits[:, 1:] - digits[:, :-1]) * (_UNITS[:-1] - _UNITS[1:])
        rows = len(written)
        codes = np.concatenate([np.stack(near, axis=1), years, others.reshape(rows, -1), turned], axis=1)
        same = np.broadcast_to(np.concatenate([self._near, self._years]), (rows, self._near.size + self._years.size))
        wrong = self._digits[digits].reshape(rows, -1)
        return DaySlips(
            codes, np.concatenate([same, wrong, np.broadcast_to(self._turned, (rows, self._turned.size))], axis=1)
        )
