"""Weighs a birth date as written against every enrolled birth date.

Decides by the slips of `written_days` and by how many enrolled children share a date: a frequent one (1 January) weighs less.
Never takes two digits off at once for a slip: that is another date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.enrollment_columns import TextColumn
from matching.name_vocabulary import FloatArray, IntArray
from matching.postings import LongArray, lay_out
from matching.weights import Weights
from matching.written_days import Day, DayPrices, code_of, iso, read_day

NEW_DAYS = log(1 / (365.25 * 20))
"""Log chance of one day for somebody whose day nobody here has: as spread as twenty school years."""
UNSEEN_SHARE = 0.1
NEVER = -99.0
CACHED_DATES = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class WeighedDates:
    """Distinct enrolled dates (ids ascending) and their log-likelihood ratios; `floor` holds for the others, 0 for no date.

    `placeholder` says whether what was written is a 1 January.
    """

    ids: IntArray
    ratio: FloatArray
    floor: float
    placeholder: bool

    def take(self, dates: IntArray, undated: int) -> FloatArray:
        """The ratio of each of some date numbers, same shape."""
        ratios = np.full(dates.size, self.floor, dtype=np.float32)
        if self.ids.size:
            places = self.ids.searchsorted(dates)
            places[places == self.ids.size] = 0
            hits = self.ids[places] == dates
            ratios[hits] = self.ratio[places[hits]]
        ratios[dates == undated] = 0.0
        return ratios


@dataclass(frozen=True, slots=True, eq=False)
class _PricedDays:
    """Written days end to end: where each begins (R + 1,), enrolled dates it may mean, ascending, and log P(written | date)."""

    starts: LongArray
    ids: IntArray
    channel: NDArray[np.float64]


class BirthDateIndex:
    """The distinct birth dates of the enrolled children. Immutable after construction."""

    def __init__(self, dates: TextColumn, weights: Weights, unlisted_population: float) -> None:
        day_of_value = [read_day(text) for text in dates.values]
        self.days = sorted({day for day in day_of_value if day is not None})
        number = {day: place for place, day in enumerate(self.days)}
        self.undated = len(self.days)
        number_of_value = [self.undated if day is None else number[day] for day in day_of_value]
        self.date_of_child = np.array(number_of_value, dtype=np.int32)[dates.codes]
        counts = np.bincount(self.date_of_child, minlength=self.undated + 1)[: self.undated]
        total = max(int(counts.sum()), 1) + unlisted_population
        self._frequency = counts / total
        self._unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / total)
        self.unrelated = weights.unrelated.birth_date
        self._prices = DayPrices(weights.date_slips)
        self._codes = np.array([code_of(day) for day in self.days], dtype=np.int64)
        self._children = np.argsort(self.date_of_child, kind="stable").astype(np.int32)
        self._start: LongArray = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.iso_forms = tuple(iso(day) for day in self.days)
        self._years = self._codes // 10_000
        self.any_day = self._price_any_day()
        self._cache: dict[Day, WeighedDates] = {}

    def _price_any_day(self) -> float:
        """Log chance of one day for somebody whose day nobody here has: spread over the years enrolled, twenty at least."""
        if not self.days:
            return NEW_DAYS
        by_year = np.bincount(self._years - self._years.min(), weights=self._frequency)
        years = 1.0 / float(((by_year / by_year.sum()) ** 2).sum())
        return min(NEW_DAYS, log(1 / (365.25 * 1.5 * years)))

    @property
    def first_of_january(self) -> NDArray[np.bool_]:
        """Whether each child's date is a 1 January, (N,)."""
        flags = np.array([(day.month, day.day) == (1, 1) for day in self.days] + [False])
        return np.asarray(flags[self.date_of_child])

    def children_of(self, dates: IntArray) -> tuple[IntArray, LongArray]:
        """The children born on each of some dates, end to end, and how many each date has."""
        starts = self._start[dates]
        counts = self._start[dates + 1] - starts
        return self._children[lay_out(starts, counts)], counts

    def weigh_text(self, text: str) -> WeighedDates | None:
        """Ratios for a written date; None where no date can be made out."""
        day = read_day(text)
        if day is None:
            return None
        found = self._cache.get(day)
        if found is None:
            found = self._cache[day] = self._weigh_all([day])[0]
        return found

    def prepare(self, texts: Iterable[str]) -> None:
        """Weighs written dates that will be asked for, all in one go."""
        if len(self._cache) > CACHED_DATES:
            self._cache.clear()
        days = dict.fromkeys(read_day(text) for text in texts)
        new = [day for day in days if day is not None and day not in self._cache]
        if new:
            self._cache.update(zip(new, self._weigh_all(new), strict=True))

    def _weigh_all(self, days: Sequence[Day]) -> list[WeighedDates]:
        january = [(day.month, day.day) == (1, 1) for day in days]
        return self._finish_all(self._price_all(days), self.any_day, january)

    def price_slips(self, written: Day) -> tuple[IntArray, NDArray[np.float64]]:
        """Enrolled dates that `written` may be a slip of, ascending, and log P(written | date)."""
        priced = self._price_all([written])
        return priced.ids, priced.channel

    def _price_all(self, written: Sequence[Day]) -> _PricedDays:
        if not self._codes.size:
            return _PricedDays(np.zeros(len(written) + 1, np.int64), np.empty(0, np.int32), np.empty(0))
        slips = self._prices.slips_of(written)
        places = self._codes.searchsorted(slips.codes)
        places[places == self._codes.size] = 0
        rows, columns = np.nonzero(self._codes[places] == slips.codes)
        found = [(rows, places[rows, columns], slips.prices[rows, columns])]
        for row, day in enumerate(written):
            if (day.month, day.day) == (1, 1):
                same_year = np.flatnonzero(self._years == day.year)
                price = np.full(same_year.size, self._prices.written_first_of_january)
                found.append((np.full(same_year.size, row), same_year, price))
        rows, ids, prices = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((-prices, ids, rows))
        rows, ids, prices = rows[order], ids[order], prices[order]
        kept = np.ones(ids.size, dtype=np.bool_)
        kept[1:] = (ids[1:] != ids[:-1]) | (rows[1:] != rows[:-1])
        starts = rows[kept].searchsorted(np.arange(len(written) + 1))
        return _PricedDays(starts, ids[kept].astype(np.int32), prices[kept])

    def finish(self, ids: IntArray, channel: NDArray[np.float64], unseen: float, placeholder: bool) -> WeighedDates:
        """From log P(written | date) to ratios; `unseen` is log P(written) for a date that nobody here has."""
        return self._finish_all(_PricedDays(np.array([0, ids.size]), ids, channel), unseen, [placeholder])[0]

    def _finish_all(self, priced: _PricedDays, unseen: float, january: Sequence[bool]) -> list[WeighedDates]:
        sizes = np.diff(priced.starts)
        some = sizes > 0
        first = priced.starts[:-1][some]
        peak = np.full(sizes.size, max(NEVER, unseen))
        known = np.zeros(sizes.size)
        if some.any():
            peak[some] = np.maximum(peak[some], np.maximum.reduceat(priced.channel, first))
        fit = np.exp(priced.channel - np.repeat(peak, sizes))
        if some.any():
            known[some] = np.add.reduceat(self._frequency[priced.ids] * fit, first)
        anybody = (1.0 - self._unseen_share) * known + self._unseen_share * np.exp(unseen - peak)
        ratio = np.log((1.0 - self.unrelated) * fit / np.repeat(anybody, sizes) + self.unrelated)
        floor = log(self.unrelated)
        speaks = np.flatnonzero(ratio > floor + 0.02)
        ids, ratios = priced.ids[speaks], ratio[speaks].astype(np.float32)
        ends = speaks.searchsorted(priced.starts).tolist()
        return [
            WeighedDates(ids[start:end], ratios[start:end], floor, placeholder)
            for (start, end), placeholder in zip(pairwise(ends), january, strict=True)
        ]
