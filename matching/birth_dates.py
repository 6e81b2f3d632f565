"""Weighs a birth date as written against every enrolled birth date.

Decides by the slips of `written_days` and by how many enrolled children share a date: a frequent one (1 January) weighs less.
Never takes two digits off at once for a slip: that is another date.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

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
            if len(self._cache) > CACHED_DATES:
                self._cache.clear()
            ids, channel = self.price_slips(day)
            found = self.finish(ids, channel, self.any_day, (day.month, day.day) == (1, 1))
            self._cache[day] = found
        return found

    def price_slips(self, written: Day) -> tuple[IntArray, NDArray[np.float64]]:
        """Enrolled dates that `written` may be a slip of, ascending, and log P(written | date)."""
        if not self._codes.size:
            return np.empty(0, dtype=np.int32), np.empty(0)
        slips = self._prices.slips_of(written)
        places = self._codes.searchsorted(slips.codes)
        places[places == self._codes.size] = 0
        hits = self._codes[places] == slips.codes
        ids, prices = places[hits], slips.prices[hits]
        if (written.month, written.day) == (1, 1):
            same_year = np.flatnonzero(self._years == written.year)
            ids = np.concatenate([ids, same_year])
            prices = np.concatenate([prices, np.full(same_year.size, self._prices.written_first_of_january)])
        order = np.lexsort((-prices, ids))
        ids, prices = ids[order], prices[order]
        kept = np.ones(ids.size, dtype=np.bool_)
        kept[1:] = ids[1:] != ids[:-1]
        return ids[kept].astype(np.int32), prices[kept]

    def finish(self, ids: IntArray, channel: NDArray[np.float64], unseen: float, placeholder: bool) -> WeighedDates:
        """From log P(written | date) to ratios; `unseen` is log P(written) for a date that nobody here has."""
        peak = max(float(channel.max(initial=NEVER)), unseen)
        fit = np.exp(channel - peak)
        known = float((self._frequency[ids] * fit).sum())
        anybody = (1.0 - self._unseen_share) * known + self._unseen_share * exp(unseen - peak)
        ratio = np.log((1.0 - self.unrelated) * fit / anybody + self.unrelated)
        floor = log(self.unrelated)
        speaks = ratio > floor + 0.02
        return WeighedDates(ids[speaks], ratio[speaks].astype(np.float32), floor, placeholder)
