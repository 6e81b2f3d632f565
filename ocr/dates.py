"""Weighs every calendar day against the pixels of a written date, whatever way the day was written.

A lattice over the recogniser's CTC output: month and day (with or without leading zeros, in either order), a separator of
any shape, a year of four or two digits. The paths through it are summed exactly but for one thing: that a letter doubled
across the seam before the year needs a blank between. Accepted limits: month names and other calendars are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ocr.alphabet import BLANK, INDEX_OF, OTHER, SPACE
from ocr.ctc import LOWEST, Matrix, Scores, Trie, join_prefixes

FIRST_YEAR, LAST_YEAR = 1920, 2045
SWAPPED_PRIOR = 0.01
_SEPARATOR = OTHER + 1
_PADDED = {True: 0.5, False: 0.5}
_LIKE_DIGIT = {
    "o": "0",
    "d": "0",
    "q": "9",
    "l": "1",
    "i": "1",
    "z": "2",
    "e": "3",
    "a": "4",
    "s": "5",
    "g": "9",
    "b": "6",
    "t": "7",
}
_LIKE_SEPARATOR = {"1": 0.35, "l": 0.8, "i": 0.8, "j": 0.8, "y": 0.3, "v": 0.3, "f": 0.3, "t": 0.3, "7": 0.1}
_LIKE_DIGIT_WEIGHT = 0.8
_FOUR_DIGIT_YEAR, _TWO_DIGIT_YEAR = 0.75, 0.25
_SEPARATED, _RUN_TOGETHER = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class DayScores:
    """`table[month - 1, day - 1, year - FIRST_YEAR]`: natural-log probability of the pixels' reading being that day."""

    table: NDArray[np.float64]

    def score(self, day: date) -> float:
        """The score of one day; LOWEST outside the years that are weighed."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return LOWEST
        return float(self.table[day.month - 1, day.day - 1, day.year - FIRST_YEAR])

    def score_many(self, days: Sequence[date]) -> Scores:
        """The scores of many days at once."""
        place = _place_days(tuple(days))
        scores: Scores = np.where(place.known, self.table[place.month, place.day, place.year], LOWEST)
        return scores


@dataclass(frozen=True, slots=True)
class _Places:
    month: NDArray[np.int64]
    day: NDArray[np.int64]
    year: NDArray[np.int64]
    known: NDArray[np.bool_]


@lru_cache(maxsize=32)
def _place_days(days: tuple[date, ...]) -> _Places:
    """Where each day stands in a table; days of years that are not weighed stand anywhere and are not `known`."""
    years = np.array([day.year for day in days], np.int64)
    known = (years >= FIRST_YEAR) & (years <= LAST_YEAR)
    return _Places(
        np.array([day.month - 1 for day in days], np.int64),
        np.array([day.day - 1 for day in days], np.int64),
        np.where(known, years - FIRST_YEAR, 0),
        known,
    )


def read_as_digits(matrix: Matrix) -> Matrix:
    """The matrix with letters that look like digits counted for the digits too, and a column for separators added."""
    wide = np.concatenate([matrix, np.zeros((len(matrix), 1), np.float32)], axis=1)
    for letter, digit in _LIKE_DIGIT.items():
        wide[:, INDEX_OF[digit]] += _LIKE_DIGIT_WEIGHT * matrix[:, INDEX_OF[letter]]
    separators = [INDEX_OF[mark] for mark in "/-.,'"] + [OTHER]
    wide[:, _SEPARATOR] = matrix[:, separators].sum(axis=1)
    for letter, weight in _LIKE_SEPARATOR.items():
        wide[:, _SEPARATOR] += weight * matrix[:, INDEX_OF[letter]]
    return wide


def weigh_days(matrix: Matrix) -> DayScores:
    """The scores of all days from FIRST_YEAR to LAST_YEAR."""
    wide = read_as_digits(matrix).astype(np.float64)
    wide /= np.maximum(wide.max(axis=1, keepdims=True), 1e-9)
    scale = float(np.log(np.maximum(read_as_digits(matrix).max(axis=1), 1e-9)).sum())
    starts = _lattice_of_month_days()
    ends = _lattice_of_years()
    leaving = _run_forward(wide, starts)
    arriving = _run_backward(wide, ends)
    joined = leaving.T @ arriving
    table = np.full((12, 31, LAST_YEAR - FIRST_YEAR + 1), LOWEST)
    with np.errstate(divide="ignore"):
        logs = np.where(joined > 0, np.log(np.maximum(joined, 1e-320)) + scale, LOWEST)
    table[starts.month, starts.day, :] = np.maximum(logs, LOWEST)
    return DayScores(table)


@dataclass(frozen=True, slots=True)
class _MonthDays:
    trie: Trie
    ends: csr_array
    month: NDArray[np.int64]
    day: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Years:
    symbols: NDArray[np.int64]
    lengths: NDArray[np.int64]
    to_year: NDArray[np.float64]


@cache
def _lattice_of_month_days() -> _MonthDays:
    days = [(month, day) for month in range(1, 13) for day in range(1, 32) if day <= _longest(month)]
    written = [
        (spelling, number, order * weight)
        for number, (month, day) in enumerate(days)
        for first, second, order in ((month, day, 1 - SWAPPED_PRIOR), (day, month, SWAPPED_PRIOR))
        for spelling, weight in _write_pair(first, second)
    ]
    trie = join_prefixes(spelling for spelling, _, _ in written)
    numbers, weights = [number for _, number, _ in written], [weight for _, _, weight in written]
    # Weights of one ending and day add up: a csr array sums what stands twice in one place.
    ends = csr_array((weights, (numbers, trie.end_of)), shape=(len(days), len(trie.symbol)))
    return _MonthDays(trie, ends, np.array([month - 1 for month, _ in days]), np.array([day - 1 for _, day in days]))


def _longest(month: int) -> int:
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _write_pair(first: int, second: int) -> list[tuple[tuple[int, ...], float]]:
    written = []
    for one, one_weight in _write_number(first):
        for two, two_weight in _write_number(second):
            digits_one, digits_two = [INDEX_OF[c] for c in one], [INDEX_OF[c] for c in two]
            weight = one_weight * two_weight
            written.append(((*digits_one, _SEPARATOR, *digits_two, _SEPARATOR), weight * _SEPARATED))
            if len(one) == len(two) == 2:
                written.append(((*digits_one, *digits_two), weight * _RUN_TOGETHER))
                written.append(((*digits_one, _SEPARATOR, *digits_two), weight * _RUN_TOGETHER / 2))
                written.append(((*digits_one, *digits_two, _SEPARATOR), weight * _RUN_TOGETHER / 2))
    return written


def _write_number(number: int) -> list[tuple[str, float]]:
    if number >= 10:
        return [(str(number), 1.0)]
    return [(f"0{number}", _PADDED[True]), (str(number), _PADDED[False])]


@cache
def _lattice_of_years() -> _Years:
    texts = [str(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    short = sorted({text[2:] for text in texts})
    written = texts + short
    symbols = np.zeros((len(written), 4), np.int64)
    for place, text in enumerate(written):
        symbols[place, : len(text)] = [INDEX_OF[digit] for digit in text]
    to_year = np.zeros((len(written), len(texts)))
    for number, text in enumerate(texts):
        to_year[number, number] = _FOUR_DIGIT_YEAR
        to_year[len(texts) + short.index(text[2:]), number] = _TWO_DIGIT_YEAR
    return _Years(symbols, np.array([len(text) for text in written]), to_year)


def _run_forward(wide: NDArray[np.float64], lattice: _MonthDays) -> NDArray[np.float64]:
    """At each step, the probability of having written a month and day whose last letter ends there (T x days)."""
    trie = lattice.trie
    in_letter = np.zeros(len(trie.symbol))
    in_blank = np.zeros(len(trie.symbol))
    in_blank[0] = 1.0
    leaving = np.zeros((len(wide), lattice.ends.shape[0]))
    for step, row in enumerate(wide):
        total = in_letter + in_blank
        entering = total[trie.parent] - np.where(trie.repeats, in_letter[trie.parent], 0.0)
        in_letter = row[trie.symbol] * (in_letter + entering)
        in_letter[0] = 0.0
        in_blank = (row[BLANK] + row[SPACE]) * total
        leaving[step] = lattice.ends @ in_letter
    return leaving


def _run_backward(wide: NDArray[np.float64], lattice: _Years) -> NDArray[np.float64]:
    """At each step, the probability of writing a year with all that comes after it (T x years)."""
    count, longest = lattice.symbols.shape
    rows = np.arange(count)
    last = lattice.lengths - 1
    in_letter = np.zeros((count, longest))
    after = np.zeros((count, longest))
    before = np.zeros(count)
    arriving = np.zeros((len(wide), lattice.to_year.shape[1]))
    in_letter[rows, last] = after[rows, last] = 1.0
    for step in range(len(wide) - 1, -1, -1):
        arriving[step] = before @ lattice.to_year
        row = wide[step]
        blank = row[BLANK] + row[SPACE]
        emit = row[lattice.symbols]
        # `in_letter[n]`: the rest from here, having just emitted letter n; `after[n]`: having emitted a blank after it.
        entered = emit * in_letter
        next_entered = np.zeros_like(entered)
        next_entered[:, :-1] = entered[:, 1:]
        next_entered[rows, last] = 0.0
        same = np.zeros((count, longest), bool)
        same[:, :-1] = lattice.symbols[:, 1:] == lattice.symbols[:, :-1]
        new_after = blank * after + next_entered
        new_letter = entered + blank * after + np.where(same, 0.0, next_entered)
        before = blank * before + entered[:, 0]
        in_letter, after = new_letter, new_after
    return arriving
