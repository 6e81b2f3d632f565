"""Weighs a birth date as written against every enrolled birth date.

Decides the chance of each kind of slip: one digit, look-alike digits, swapped day and month, a wrong year, 1 January as a
stand-in. Never corrects a date; an impossible one is compared digit by digit. Frequent dates weigh less by themselves.
Accepted limits: two digits off at once count as another date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.name_vocabulary import FloatArray

UNRELATED_SHARE = 0.012
ANY_DAY = log(1 / (365.25 * 20))
UNSEEN_SHARE = 0.1
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
NEVER = -99.0
_LOOKS_LIKE = np.zeros((10, 10), dtype=np.bool_)
for _one, _other in ((1, 7), (3, 8), (4, 9), (0, 6), (5, 6), (5, 8), (3, 5), (2, 7), (0, 8)):
    _LOOKS_LIKE[_one, _other] = _LOOKS_LIKE[_other, _one] = True
_MONTHS = (
    "jan ene gennaio|feb|mar|apr abr|may mai|jun|jul|aug ago|sep set|oct okt|nov|dec dic dez"  # prefixes of month names
)
_MONTH_OF = {prefix: number for number, group in enumerate(_MONTHS.split("|"), 1) for prefix in group.split()}
EXCEL_EPOCH = date(1899, 12, 30)


class Day(NamedTuple):
    """A day as written: may be one that no calendar has."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class DayReading:
    """One way to understand a written date, with the log of how likely it was meant so."""

    day: Day
    log_prior: float


@dataclass(frozen=True, slots=True)
class WeighedDates:
    """Log-likelihood ratio of each distinct enrolled date, (D + 1,): the last is 0 for children without a date."""

    ratio: FloatArray


def _year(text: str) -> int:
    number = int(text)
    if len(text) > 2:
        return number
    return 2000 + number if number <= 35 else 1900 + number


def read_days(text: str) -> tuple[DayReading, ...]:
    """Every day that a written date may mean, best first; empty where it holds no date."""
    shown = text[:40].strip().lower()
    if match := re.match(r"^(\d{4})\D+(\d{1,2})\D+(\d{1,2})(?:\D.*)?$", shown):
        return (DayReading(Day(int(match[1]), int(match[2]), int(match[3])), 0.0),)
    if match := re.match(r"^(\d{1,2})\s*\D+\s*(\d{1,2})\s*\D+\s*(\d{4}|\d{2})(?:\D.*)?$", shown):
        return _month_and_day(int(match[1]), int(match[2]), _year(match[3]))
    if match := re.search(r"[a-z]{3,}", shown):
        return _with_month_name(shown, match[0])
    digits = re.sub(r"\D", "", shown)
    if len(digits) == 8:
        if digits[:2] in {"19", "20"}:
            return (DayReading(Day(int(digits[:4]), int(digits[4:6]), int(digits[6:])), 0.0),)
        return _month_and_day(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    if len(digits) == 6:
        return _month_and_day(int(digits[:2]), int(digits[2:4]), _year(digits[4:]))
    if len(digits) == 5 and 25_000 <= int(digits) <= 60_000:
        found = EXCEL_EPOCH + timedelta(days=int(digits))
        return (DayReading(Day(found.year, found.month, found.day), 0.0),)
    return ()


def _month_and_day(first: int, second: int, year: int) -> tuple[DayReading, ...]:
    as_american = DayReading(Day(year, first, second), 0.0)
    if first > 12 and second <= 12:
        return (DayReading(Day(year, second, first), 0.0),)
    return (as_american,)


def _with_month_name(shown: str, name: str) -> tuple[DayReading, ...]:
    month = _MONTH_OF.get(name[:3])
    numbers = re.findall(r"\d+", shown)
    if month is None or len(numbers) != 2:
        return ()
    first, second = numbers
    if len(first) == 4:
        first, second = second, first
    if len(second) not in {2, 4} or len(first) > 2:
        return ()
    return (DayReading(Day(_year(second), month, int(first)), 0.0),)


def iso(day: Day) -> str:
    """YYYY-MM-DD."""
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


class BirthDateIndex:
    """The distinct birth dates of the enrolled children. Immutable after construction."""

    def __init__(self, dates: Sequence[str], unlisted_population: float) -> None:
        distinct = sorted({text for text in dates if read_days(text)})
        position = {text: number for number, text in enumerate(distinct)}
        self.texts = tuple(distinct)
        self.date_of_child = np.array([position.get(text, len(distinct)) for text in dates], dtype=np.int32)
        self.days = [read_days(text)[0].day for text in distinct]
        self._fields = np.array(self.days, dtype=np.int32).reshape(-1, 3)
        self._digits = np.array([list(iso(day).replace("-", "")[-8:].encode()) for day in self.days], dtype=np.uint8)
        self._digits = self._digits.reshape(-1, 8) - 48
        self.counts = np.bincount(self.date_of_child, minlength=len(distinct) + 1)[: len(distinct)]
        total = max(int(self.counts.sum()), 1) + unlisted_population
        self._frequency = (self.counts / total).astype(np.float32)
        self._unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / total)
        by_date = np.argsort(self.date_of_child, kind="stable").astype(np.int32)
        self._children = by_date[: int(self.counts.sum())]
        self._start = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int32)
        self._undated = by_date[int(self.counts.sum()) :]
        self._iso_forms = tuple(iso(day) for day in self.days)
        self._cache: dict[str, WeighedDates | None] = {}

    @property
    def iso_forms(self) -> tuple[str, ...]:
        """The distinct dates as YYYY-MM-DD, the same tuple each time."""
        return self._iso_forms

    def add_ratios(self, total: FloatArray, weighed: WeighedDates) -> None:
        """Adds each child's ratio to `total` (N,), in place."""
        floor = np.float32(log(UNRELATED_SHARE))
        total += floor
        total[self._undated] -= floor
        for date_number in np.flatnonzero(weighed.ratio[:-1] > floor + 0.05).tolist():
            children = self._children[self._start[date_number] : self._start[date_number + 1]]
            total[children] += weighed.ratio[date_number] - floor

    def weigh_text(self, text: str) -> WeighedDates | None:
        """Ratio of each distinct date for a written date; None where no date can be made out."""
        if text not in self._cache:
            if len(self._cache) > 50_000:
                self._cache.clear()
            readings = read_days(text)
            self._cache[text] = self.finish(self._channel(readings), ANY_DAY) if readings else None
        return self._cache[text]

    def _channel(self, readings: tuple[DayReading, ...]) -> FloatArray:
        channel = self.price_slips(readings[0].day)
        for other in readings[1:]:
            channel = np.maximum(channel, self.price_slips(other.day) + np.float32(other.log_prior))
        return channel

    def finish(self, channel: FloatArray, unseen: float) -> WeighedDates:
        """From log P(written | date) to ratios; `unseen` is log P(written) for a date that nobody here has."""
        peak = max(float(channel.max(initial=NEVER)), unseen)
        known = float((self._frequency * np.exp(channel - peak)).sum())
        population = peak + log((1.0 - self._unseen_share) * known + self._unseen_share * np.exp(unseen - peak))
        ratio = np.log((1.0 - UNRELATED_SHARE) * np.exp(np.minimum(channel - population, 60.0)) + UNRELATED_SHARE)
        return WeighedDates(np.append(ratio, 0.0).astype(np.float32))

    def price_slips(self, written: Day) -> FloatArray:
        """Log P(this day is written | enrolled date) for each distinct date, (D,)."""
        channel = np.full(len(self.texts), NEVER, dtype=np.float32)
        if not len(self.texts):
            return channel
        year, month, day = self._fields.T
        same_year, same_month, same_day = year == written.year, month == written.month, day == written.day

        def offer(where: NDArray[np.bool_], price: float) -> None:
            channel[where] = np.maximum(channel[where], np.float32(price))

        if (written.month, written.day) == (1, 1):
            offer(same_year, WRITTEN_FIRST_OF_JANUARY)
        else:
            offer(same_year & (month == 1) & (day == 1), ENROLLED_FIRST_OF_JANUARY)
        offer(same_month & same_day, OTHER_YEAR)
        offer(same_month & same_day & (np.abs(year - written.year) == 1), YEAR_OFF_BY_ONE)
        offer(same_year & same_month & (np.abs(day - written.day) == 1), DAY_OR_MONTH_OFF_BY_ONE)
        offer(same_year & same_day & (np.abs(month - written.month) == 1), DAY_OR_MONTH_OFF_BY_ONE)
        self._price_digits(written, channel)
        offer(same_year & (month == written.day) & (day == written.month), SWAPPED)
        channel[same_year & same_month & same_day] = EXACT
        return channel

    def _price_digits(self, written: Day, channel: FloatArray) -> None:
        digits = np.frombuffer(iso(written).replace("-", "")[-8:].encode(), dtype=np.uint8) - 48
        differs = self._digits != digits
        count = differs.sum(axis=1)
        one = np.flatnonzero(count == 1)
        place = differs[one].argmax(axis=1)
        alike = _LOOKS_LIKE[self._digits[one, place], digits[place]]
        channel[one] = np.maximum(channel[one], np.where(alike, LOOK_ALIKE_DIGIT, OTHER_DIGIT))
        two = np.flatnonzero(count == 2)
        left = differs[two].argmax(axis=1)
        right = 7 - differs[two, ::-1].argmax(axis=1)
        turned = (right == left + 1) & (self._digits[two, left] == digits[right])
        turned &= self._digits[two, right] == digits[left]
        channel[two[turned]] = np.maximum(channel[two[turned]], TURNED_DIGITS)
