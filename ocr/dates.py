"""Weighs every calendar day against the pixels of a written date, whatever way the day was written.

A lattice over the recogniser's CTC output: the spellings of `date_spellings.py`, summed exactly but for one thing: that a
letter doubled across the seam of two parts needs a blank between. Months in words are weighed only where letters are seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.alphabet import BLANK, INDEX_OF, OTHER, SIZE, SPACE, fold_text
from ocr.ctc import LOWEST, Matrix, Scores
from ocr.date_spellings import (
    FIRST_YEAR,
    LAST_YEAR,
    SEPARATOR,
    SWAPPED_PRIOR,
    Spellings,
    YearSpellings,
    list_days,
    spell_day_numbers,
    spell_month_days,
    spell_month_days_backward,
    spell_month_words,
    spell_years,
)

_YEAR_FIRST, _IN_WORDS = 0.05, 0.2
_LEAST_LETTERS = 2.0
_LETTERS = [INDEX_OF[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]
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
_ORDER_SLACK = 1.0
_SILENT = 0.9995
_SLIP, _LEAST_TYPED_FIT = 1e-6, -12.0

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DayShare:
    """A day and its share (0 to 1) among all days that a date may be."""

    day: date
    share: float


@dataclass(frozen=True, slots=True)
class DayScores:
    """`table[month - 1, day - 1, year - FIRST_YEAR]`: natural-log probability of the pixels' reading being that day."""

    table: Table

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


def rank_days(table: Table, count: int) -> list[DayShare]:
    """The likeliest days of a table with their shares among all days, best first; none where no day fits at all."""
    if table.max() <= LOWEST:
        return []
    shares = np.exp(table - table.max())
    shares /= shares.sum()
    likeliest = np.argpartition(-shares, min(count, shares.size) - 1, axis=None)[:count]
    best = likeliest[np.argsort(-shares.ravel()[likeliest], kind="stable")]
    places = zip(*np.unravel_index(best, table.shape), strict=True)
    return [
        DayShare(date(FIRST_YEAR + int(year), int(month) + 1, int(day) + 1), float(shares[month, day, year]))
        for month, day, year in places
        if shares[month, day, year] > 0
    ]


def find_swapped(table: Table, day: date) -> date | None:
    """The day with day and month exchanged, if the pixels fit it as well and only the order of writing tells them apart."""
    if day.day > 12 or day.day == day.month:
        return None
    swapped = date(day.year, day.day, day.month)
    scores = DayScores(table)
    rarer = np.log(SWAPPED_PRIOR / (1 - SWAPPED_PRIOR)) - _ORDER_SLACK
    return swapped if scores.score(swapped) >= scores.score(day) + rarer else None


def read_as_digits(matrix: Matrix) -> Matrix:
    """The matrix with letters that look like digits counted for the digits too, and a column for separators added."""
    wide = np.concatenate([matrix, np.zeros((len(matrix), 1), np.float32)], axis=1)
    for letter, digit in _LIKE_DIGIT.items():
        wide[:, INDEX_OF[digit]] += _LIKE_DIGIT_WEIGHT * matrix[:, INDEX_OF[letter]]
    separators = [INDEX_OF[mark] for mark in "/-.,'"] + [OTHER]
    wide[:, SEPARATOR] = matrix[:, separators].sum(axis=1)
    for letter, weight in _LIKE_SEPARATOR.items():
        wide[:, SEPARATOR] += weight * matrix[:, INDEX_OF[letter]]
    return wide


def weigh_typed_days(text: str) -> DayScores:
    """The scores of all days for a typed text, read by the same grammar as a written one."""
    signs = [INDEX_OF[sign] for sign in fold_text(text).replace(" ", "")]
    matrix = np.full((2 * max(1, len(signs)), SIZE), _SLIP, np.float32)
    matrix[np.arange(0, 2 * len(signs), 2), signs] = 1.0
    matrix[1::2, BLANK] = 1.0
    scores = weigh_days(matrix)
    return scores if scores.table.max() > _LEAST_TYPED_FIT else DayScores(np.full_like(scores.table, LOWEST))


def weigh_days(matrix: Matrix) -> DayScores:
    """The scores of all days from FIRST_YEAR to LAST_YEAR; kept for the matrices that were asked last."""
    return _weigh_days_once(matrix.astype(np.float32).tobytes(), len(matrix))


@lru_cache(maxsize=64)
def _weigh_days_once(content: bytes, steps: int) -> DayScores:
    matrix = _drop_silence(np.frombuffer(content, np.float32).reshape(steps, -1))
    wide = read_as_digits(matrix).astype(np.float64)
    letters = matrix[:, _LETTERS].astype(np.float64)
    if np.ptp(letters, axis=1).max(initial=0.0) < 1e-6:  # a recogniser that can't tell letters says each is any letter
        wide[:, _LETTERS] *= len(_LETTERS)
    top = np.maximum(wide.max(axis=1, keepdims=True), 1e-9)
    wide /= top
    in_years = _run_backward(wide, spell_years(backward=False))
    joined = _sum_over_seams(_run_forward(wide, spell_month_days()), in_years)
    year_first = _run_backward(wide[::-1], spell_years(backward=True))
    joined += _YEAR_FIRST * _sum_over_seams(_run_forward(wide[::-1], spell_month_days_backward()), year_first)
    table = np.zeros((12, 31, joined.shape[1]))
    months, days = np.array(list_days()).T - 1
    table[months, days] = joined
    if letters.sum() >= _LEAST_LETTERS:
        table += _IN_WORDS * _weigh_days_in_words(wide, in_years)
    table *= _find_calendar()
    logs = np.log(np.maximum(table, 1e-320)) + float(np.log(top).sum())
    return DayScores(np.where(table > 0, np.maximum(logs, LOWEST), LOWEST))


def _drop_silence(matrix: Matrix) -> Matrix:
    """The matrix without steps in which, after one such, surely nothing is written: they change no sum."""
    silent = matrix[:, BLANK] + matrix[:, SPACE] > _SILENT
    return matrix[~(silent & np.insert(silent[:-1], 0, False))] if len(matrix) else matrix


def _weigh_days_in_words(wide: Table, in_years: Table) -> Table:
    """The table of dates that have their month in words, before the day or after it."""
    months, days = spell_month_words(), spell_day_numbers()
    month_first = _run_forward(wide, days, _run_forward(wide, months))
    day_first = _run_forward(wide, months, _run_forward(wide, days))
    one = np.einsum("tmd,ty->mdy", month_first, in_years)
    other = np.einsum("tdm,ty->mdy", day_first, in_years)
    table: Table = one + other
    return table


@cache
def _find_calendar() -> NDArray[np.bool_]:
    """Which entries of a table are days."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    known = np.zeros((12, 31, len(years)), bool)
    for month, day in list_days():
        known[month - 1, day - 1] = [(month, day) != (2, 29) or year % 4 == 0 for year in years]
    return known


def _sum_over_seams(leaving: Table, arriving: Table) -> Table:
    joined: Table = leaving.T @ arriving
    return joined


def _run_forward(wide: Table, spellings: Spellings, entering: Table | None = None) -> Table:
    """At each step, the probability of having written a thing whose last letter ends there (T x things).

    `entering` (T x others): at each step the probability of having written another thing before; then T x others x things.
    """
    trie = spellings.trie
    count = 1 if entering is None else entering.shape[1]
    in_letter = np.zeros((count, len(trie.symbol)))
    in_blank = np.zeros((count, len(trie.symbol)))
    before = np.ones((1, 1)) if entering is None else np.zeros((count, 1))
    written = np.zeros((len(wide), count, len(trie.symbol)))
    for step, row in enumerate(wide):
        blank = row[BLANK] + row[SPACE]
        in_blank[:, :1] = before
        total = in_letter + in_blank
        moved = total[:, trie.parent] - np.where(trie.repeats, in_letter[:, trie.parent], 0.0)
        in_letter = row[trie.symbol] * (in_letter + moved)
        in_letter[:, 0] = 0.0
        in_blank = blank * total
        before = blank * before if entering is None else blank * before + entering[step][:, None]
        written[step] = in_letter
    leaving: Table = (spellings.ends @ written.reshape(-1, len(trie.symbol)).T).T.reshape(len(wide), count, -1)
    return leaving[:, 0] if entering is None else leaving


def _run_backward(wide: Table, years: YearSpellings) -> Table:
    """At each step, the probability of writing a year with all that comes after it (T x years)."""
    count, longest = years.symbols.shape
    rows = np.arange(count)
    last = years.lengths - 1
    in_letter = np.zeros((count, longest))
    after = np.zeros((count, longest))
    before = np.zeros(count)
    arriving = np.zeros((len(wide), years.to_year.shape[1]))
    in_letter[rows, last] = after[rows, last] = 1.0
    same = np.zeros((count, longest), bool)
    same[:, :-1] = years.symbols[:, 1:] == years.symbols[:, :-1]
    for step in range(len(wide) - 1, -1, -1):
        arriving[step] = before @ years.to_year
        row = wide[step]
        blank = row[BLANK] + row[SPACE]
        # `in_letter[n]`: the rest from here, having just emitted letter n; `after[n]`: having emitted a blank after it.
        entered = row[years.symbols] * in_letter
        next_entered = np.zeros_like(entered)
        next_entered[:, :-1] = entered[:, 1:]
        next_entered[rows, last] = 0.0
        new_after = blank * after + next_entered
        new_letter = entered + blank * after + np.where(same, 0.0, next_entered)
        before = blank * before + entered[:, 0]
        in_letter, after = new_letter, new_after
    return arriving
