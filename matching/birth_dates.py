"""Weighs a birth date as written against every enrolled birth date.

Decides by the slips of `written_days` and by how many enrolled children share a date: a frequent one (1 January) weighs less.
Never takes two digits off at once for a slip: that is another date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from matching.name_vocabulary import FloatArray
from matching.written_days import Day, iso, read_day, slips_of

UNRELATED_SHARE = 0.012
FLOOR = log(UNRELATED_SHARE)
ANY_DAY = log(1 / (365.25 * 20))
UNSEEN_SHARE = 0.1
NEVER = -99.0
CACHED_DATES = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class WeighedDates:
    """Log-likelihood ratio of each distinct enrolled date, (D + 1,): the last is 0 for children without a date."""

    ratio: FloatArray


class BirthDateIndex:
    """The distinct birth dates of the enrolled children. Immutable after construction."""

    def __init__(self, dates: Sequence[str], unlisted_population: float) -> None:
        day_of_text = {text: read_day(text) for text in set(dates)}
        self.days = sorted({day for day in day_of_text.values() if day is not None})
        self._number = {day: number for number, day in enumerate(self.days)}
        undated = len(self.days)
        number_of_text = {text: undated if day is None else self._number[day] for text, day in day_of_text.items()}
        self.date_of_child = np.array([number_of_text[text] for text in dates], dtype=np.int32)
        counts = np.bincount(self.date_of_child, minlength=undated + 1)[:undated]
        total = max(int(counts.sum()), 1) + unlisted_population
        self._frequency = (counts / total).astype(np.float32)
        self._unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / total)
        by_date = np.argsort(self.date_of_child, kind="stable").astype(np.int32)
        self._children = by_date
        self._start = np.concatenate([[0], np.cumsum(counts), [len(dates)]]).astype(np.int32)
        self.iso_forms = tuple(iso(day) for day in self.days)
        self._cache: dict[str, WeighedDates | None] = {}

    def add_ratios(self, total: FloatArray, weighed: WeighedDates) -> None:
        """Adds each child's gain over the floor to `total` (N,), in place."""
        numbers = np.flatnonzero(weighed.ratio > FLOOR + 0.05)
        starts = self._start[numbers]
        counts = self._start[numbers + 1] - starts
        ends = np.cumsum(counts)
        positions = np.repeat(starts - (ends - counts), counts) + np.arange(int(ends[-1]), dtype=np.int32)
        total[self._children[positions]] += np.repeat(weighed.ratio[numbers] - np.float32(FLOOR), counts)

    def weigh_text(self, text: str) -> WeighedDates | None:
        """Ratio of each distinct date for a written date; None where no date can be made out."""
        if text not in self._cache:
            if len(self._cache) > CACHED_DATES:
                self._cache.clear()
            day = read_day(text)
            self._cache[text] = None if day is None else self.finish(self.price_slips(day), ANY_DAY)
        return self._cache[text]

    def price_slips(self, written: Day) -> FloatArray:
        """Log P(this day is written | enrolled date) for each distinct date, (D,)."""
        best: dict[int, float] = {}
        number_of = self._number
        for meant, price in slips_of(written):
            number = number_of.get(meant)
            if number is not None and best.get(number, NEVER) < price:
                best[number] = price
        channel = np.full(len(self.days), NEVER, dtype=np.float32)
        channel[list(best)] = list(best.values())
        return channel

    def finish(self, channel: FloatArray, unseen: float) -> WeighedDates:
        """From log P(written | date) to ratios; `unseen` is log P(written) for a date that nobody here has."""
        ratio = np.full(len(self.days) + 1, FLOOR, dtype=np.float32)
        ratio[-1] = 0.0
        peak = max(float(channel.max(initial=NEVER)), unseen)
        speaks = np.flatnonzero(channel > peak - 25.0)
        fit = np.exp(channel[speaks] - peak)
        known = float((self._frequency[speaks] * fit).sum())
        anybody = (1.0 - self._unseen_share) * known + self._unseen_share * float(np.exp(unseen - peak))
        ratio[speaks] = np.log((1.0 - UNRELATED_SHARE) * fit / anybody + UNRELATED_SHARE)
        return WeighedDates(ratio)
