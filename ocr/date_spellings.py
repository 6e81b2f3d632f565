"""How people write a day: the spellings that make up the lattice of dates, and how usual each is.

Decides the grammar: month and day in either order before the year, the year before them, and months in words, with what stands
between. Knows nothing of pixels. Accepted limits: in numbers the day stands before the month only rarely; a year of two digits,
00 to 40, is nearly always of this century; other calendars than ours are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ocr.alphabet import INDEX_OF, OTHER
from ocr.ctc import Trie, join_prefixes
from ocr.month_names import load_month_names

FIRST_YEAR, LAST_YEAR = 1920, 2045
SWAPPED_PRIOR = 0.01
SEPARATOR = OTHER + 1
"""The column of separators beside the folded alphabet."""

_SEPARATED, _RUN_TOGETHER = 0.9, 0.1
_PADDED = 0.5
_FOUR_DIGIT_YEAR, _TWO_DIGIT_YEAR = 0.75, 0.25
_THIS_CENTURY, _PIVOT = 0.97, 40
_ORDINALS, _OF = ("st", "nd", "rd", "th"), ("de", "del", "of", "nam")
_PLAIN, _MARKED, _WORDED = 0.45, 0.45, 0.1

Spelling = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spellings:
    """A trie of spellings; `ends` (things x nodes) weighs how usual it is to write each thing so."""

    trie: Trie
    ends: csr_array


@dataclass(frozen=True, slots=True)
class YearSpellings:
    """Years as rows of `lengths` symbols; `to_year` (rows x years) weighs them."""

    symbols: NDArray[np.int64]
    lengths: NDArray[np.int64]
    to_year: NDArray[np.float64]


@cache
def list_days() -> tuple[tuple[int, int], ...]:
    """Month and day of every day of a leap year, in the order that spellings number them in."""
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    return tuple((month, day) for month in range(1, 13) for day in range(1, longest.get(month, 31) + 1))


@cache
def spell_month_days() -> Spellings:
    """Month and day in numbers with all that comes before the year, in either order."""
    return _gather(
        (
            (spelling, number, order * weight)
            for number, (month, day) in enumerate(list_days())
            for first, second, order in ((month, day, 1 - SWAPPED_PRIOR), (day, month, SWAPPED_PRIOR))
            for spelling, weight in _write_pair(first, second)
        ),
        len(list_days()),
    )


@cache
def spell_month_days_backward() -> Spellings:
    """Month and day in numbers with all that comes after a year before them, spelled from the end."""
    return _gather(
        (
            (spelling[::-1], number, weight)
            for number, (month, day) in enumerate(list_days())
            for spelling, weight in _write_after_year(month, day)
        ),
        len(list_days()),
    )


@cache
def spell_day_numbers() -> Spellings:
    """A day of the month beside a month in words, with what may stand about it."""
    return _gather(
        (
            (_index(before + number + after), day - 1, weight * usual)
            for day in range(1, 32)
            for number, weight in _write_number(day)
            for before in ("", "ngay")
            for after, usual in _list_joints(_ORDINALS)
        ),
        31,
    )


@cache
def spell_month_words() -> Spellings:
    """A month in words, with what may stand after it."""
    return _gather(
        (
            (_index(name + after), month - 1, usual)
            for name, months in load_month_names().items()
            for month in months
            for after, usual in _list_joints(())
        ),
        12,
    )


@cache
def spell_years(backward: bool) -> YearSpellings:
    """Years of four digits, and of two where they come last; `backward` from the end."""
    texts = [str(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    short = [] if backward else sorted({text[2:] for text in texts})
    written = [text[::-1] if backward else text for text in texts] + short
    symbols = np.zeros((len(written), 4), np.int64)
    for place, text in enumerate(written):
        symbols[place, : len(text)] = [INDEX_OF[digit] for digit in text]
    to_year = np.zeros((len(written), len(texts)))
    for number, text in enumerate(texts):
        to_year[number, number] = _FOUR_DIGIT_YEAR
        if not backward:
            in_century = (int(text) >= 2000) == (int(text[2:]) <= _PIVOT)
            usual = _THIS_CENTURY if in_century else 1 - _THIS_CENTURY
            to_year[len(texts) + short.index(text[2:]), number] = _TWO_DIGIT_YEAR * usual
    return YearSpellings(symbols, np.array([len(text) for text in written]), to_year)


def _gather(written: Iterable[tuple[Spelling, int, float]], things: int) -> Spellings:
    rows = list(written)
    trie = join_prefixes(spelling for spelling, _, _ in rows)
    numbers, weights = [number for _, number, _ in rows], [weight for _, _, weight in rows]
    # Weights of one ending and thing add up: a csr array sums what stands twice in one place.
    return Spellings(trie, csr_array((weights, (numbers, trie.end_of)), shape=(things, len(trie.symbol))))


def _index(text: str) -> Spelling:
    """A text as symbols; `/` is any separator."""
    return tuple(SEPARATOR if sign == "/" else INDEX_OF[sign] for sign in text)


def _write_pair(first: int, second: int) -> Iterator[tuple[Spelling, float]]:
    for one, one_weight in _write_number(first):
        for two, two_weight in _write_number(second):
            weight = one_weight * two_weight
            yield _index(f"{one}/{two}/"), weight * _SEPARATED
            if len(one) == len(two) == 2:
                yield _index(one + two), weight * _RUN_TOGETHER
                yield _index(f"{one}/{two}"), weight * _RUN_TOGETHER / 2
                yield _index(f"{one}{two}/"), weight * _RUN_TOGETHER / 2


def _write_after_year(month: int, day: int) -> Iterator[tuple[Spelling, float]]:
    for one, one_weight in _write_number(month):
        for two, two_weight in _write_number(day):
            weight = one_weight * two_weight
            yield _index(f"/{one}/{two}"), weight * _SEPARATED
            yield _index(f"/{one}/{two}/"), weight * _SEPARATED / 4  # a sign for "day" stands last in Chinese
            if len(one) == len(two) == 2:
                yield _index(one + two), weight * _RUN_TOGETHER


def _write_number(number: int) -> list[tuple[str, float]]:
    if number >= 10:
        return [(str(number), 1.0)]
    return [(f"0{number}", _PADDED), (str(number), 1 - _PADDED)]


def _list_joints(ordinals: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """What may stand between a part and the next, and how usual it is."""
    yield "", _PLAIN
    yield "/", _MARKED
    for word in _OF:
        yield word, _WORDED / len(_OF)
    for ending in ordinals:
        yield ending, _WORDED / len(ordinals)
        yield f"{ending}/", _WORDED / len(ordinals)
