"""Weighs what stands in the ID box against the IDs, usernames and state IDs of the enrolled children.

Decides the chance of each slip: one digit wrong, two swapped, one lost or doubled, lost leading zeros, the username or state
ID instead. Never trusts an ID alone: somebody else's number (a sibling's, a lunch number) keeps a fixed share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, log1p

import numpy as np
from numpy.typing import NDArray

from matching.enrollment_columns import TextColumn
from matching.name_vocabulary import FloatArray, IntArray
from matching.weights import IdSlips, Weights

_DIGITS = np.arange(10)
CACHED_NUMBERS = 50_000
LONGEST_NUMBER = 17
"""Digits that a number may have to be kept as a number; longer ones are kept as text."""
_LETTERS_AS_DIGITS = str.maketrans("oOlIiSsBbZz", "00111558822")


@dataclass(frozen=True, slots=True, eq=False)
class WeighedIds:
    """Children (ascending) and the log-likelihood ratio of their numbers; `floor` holds for all others that have a number."""

    children: IntArray
    ratio: FloatArray
    floor: float

    def take(self, children: IntArray, absent: NDArray[np.bool_]) -> FloatArray:
        """The ratio of some children, (M,); 0 for those without a number, which `absent` (N,) marks."""
        ratios = np.full(children.size, self.floor, dtype=np.float32)
        if self.children.size:
            places = self.children.searchsorted(children)
            places[places == self.children.size] = 0
            hits = self.children[places] == children
            ratios[hits] = self.ratio[places[hits]]
        ratios[absent[children]] = 0.0
        return ratios


@lru_cache(maxsize=65_536)
def clean_id(text: str) -> str:
    """The number as letters and digits, lower case; letters among digits read as the digits they look like."""
    kept = re.sub(r"[^0-9A-Za-z]", "", text[:40])
    digits = kept.translate(_LETTERS_AS_DIGITS)
    if digits.isdigit() and sum(letter.isdigit() for letter in kept) * 2 > len(kept):
        return digits
    return kept.lower()


def strip_zeros(number: str) -> str:
    """The number without leading zeros, which spreadsheets drop; nothing where only zeros stand in for a number."""
    return number.lstrip("0")


@dataclass(frozen=True, slots=True, eq=False)
class NumberSlips:
    """Numbers one slip away, a row each, and the log chance of each slip; a number may come more than once."""

    numbers: NDArray[np.int64]
    prices: NDArray[np.float64]


@lru_cache(maxsize=LONGEST_NUMBER)
def _units(length: int) -> NDArray[np.int64]:
    """Of each place of a number, its weight: 1000, 100, 10, 1."""
    return 10 ** np.arange(length - 1, -1, -1)


@lru_cache(maxsize=4 * LONGEST_NUMBER)
def _slip_prices(length: int, slips: IdSlips) -> NDArray[np.float64]:
    """The log chances of `slips_of`, which depend on how many digits there are alone."""
    sizes = (10 * length, length - 1, length, 10 * (length + 1))
    chances = (slips.one_digit / 9.0, slips.turned, slips.lost_or_doubled, slips.lost_or_doubled / 10.0)
    return np.repeat([log(chance / length) for chance in chances], sizes)


def slips_of(numbers: Sequence[str], slips: IdSlips) -> NumberSlips:
    """Every number one slip away from each of some numbers of as many digits (4 to 17): a digit wrong, two turned, one lost or
    doubled. Some are the number itself.
    """
    length = len(numbers[0])
    units = _units(length)
    value = np.array([int(number) for number in numbers], dtype=np.int64)[:, None]
    digits = value // units % 10
    wrong = value[:, :, None] + (_DIGITS - digits[:, :, None]) * units[:, None]
    turned = value + (digits[:, 1:] - digits[:, :-1]) * (units[:-1] - units[1:])
    after = value % units
    front = value // units // 10
    lost = front * units + after
    added = (np.concatenate([front, value], axis=1)[:, :, None] * 10 + _DIGITS) * np.append(units * 10, 1)[:, None]
    behind = np.concatenate([value - front * units * 10, np.zeros_like(value)], axis=1)
    added += behind[:, :, None]
    rows = len(numbers)
    found = np.concatenate([wrong.reshape(rows, -1), turned, lost, added.reshape(rows, -1)], axis=1)
    return NumberSlips(found, _slip_prices(length, slips))


class NumberBook:
    """Looks up children by a cleaned number or username. Immutable after construction."""

    def __init__(self, column: TextColumn) -> None:
        children = np.argsort(column.codes, kind="stable").astype(np.int32)
        start = np.concatenate([[0], np.cumsum(np.bincount(column.codes, minlength=len(column.values)))])
        numbers: list[int] = []
        owners: list[int] = []
        self._texts: dict[str, tuple[int, ...]] = {}
        for place, text in enumerate(column.values):
            number = strip_zeros(clean_id.__wrapped__(text))
            if number.isdigit() and len(number) <= LONGEST_NUMBER:
                numbers.append(int(number))
                owners.append(place)
            elif number:
                self._texts[number] = (*self._texts.get(number, ()), place)
        order = np.argsort(np.array(numbers, dtype=np.int64), kind="stable")
        self._numbers = np.array(numbers, dtype=np.int64)[order]
        self._places = np.array(owners, dtype=np.int64)[order].tolist()
        self._start, self._children = start, children

    def find(self, number: str) -> list[int]:
        """The children that have exactly this number, cleaned and without leading zeros."""
        if number.isdigit() and len(number) <= LONGEST_NUMBER:
            value = np.int64(number)
            return self._owners_of(int(self._numbers.searchsorted(value)), int(value))
        return [child for place in self._texts.get(number, ()) for child in self._owners(place)]

    def price(self, slips: NumberSlips) -> list[dict[int, float]]:
        """For each row the children that have one of its numbers, at the best price."""
        found: list[dict[int, float]] = [{} for _ in slips.numbers]
        if not self._numbers.size:
            return found
        first = self._numbers.searchsorted(slips.numbers)
        rows, places = np.nonzero(self._numbers[np.minimum(first, self._numbers.size - 1)] == slips.numbers)
        firsts, numbers, prices = first[rows, places], slips.numbers[rows, places], slips.prices[places]
        for row, start, number, price in zip(
            rows.tolist(), firsts.tolist(), numbers.tolist(), prices.tolist(), strict=True
        ):
            for child in self._owners_of(start, number):
                found[row][child] = max(found[row].get(child, -99.0), price)
        return found

    def _owners_of(self, first: int, number: int) -> list[int]:
        """The children of all equal numbers from the `first` on."""
        found: list[int] = []
        while first < self._numbers.size and self._numbers[first] == number:
            found += self._owners(self._places[first])
            first += 1
        return found

    def _owners(self, place: int) -> list[int]:
        return [int(child) for child in self._children[self._start[place] : self._start[place + 1]]]


class StudentIdIndex:
    """The numbers of the enrolled children. Immutable after construction."""

    def __init__(
        self,
        student_ids: TextColumn,
        usernames: TextColumn,
        state_ids: TextColumn,
        weights: Weights,
        unlisted_population: float,
    ) -> None:
        self.own = NumberBook(student_ids)
        self.instead = (NumberBook(usernames), NumberBook(state_ids))
        self._column = student_ids
        self.absent = np.array([not clean_id.__wrapped__(text) for text in student_ids.values])[student_ids.codes]
        self._log_children = log(len(student_ids) + unlisted_population + 1.0)
        self._slips, self.unrelated = weights.id_slips, weights.unrelated.student_id
        self.exact_price = log(weights.id_slips.exact)
        self._texts: tuple[str, ...] | None = None
        self._cache: dict[str, WeighedIds] = {}

    @property
    def texts(self) -> tuple[str, ...]:
        """Each child's number as it would stand on paper, the same tuple each time."""
        if self._texts is None:
            cleaned = [clean_id.__wrapped__(text) for text in self._column.values]
            self._texts = tuple(cleaned[code] for code in self._column.codes.tolist())
        return self._texts

    def price_text(self, text: str) -> dict[int, float]:
        """Log P(this is written in the ID box | child) for each child it may belong to."""
        number = strip_zeros(clean_id(text))
        return self._price_all([number])[0] if number else {}

    def _price_all(self, numbers: Sequence[str]) -> list[dict[int, float]]:
        prices: list[dict[int, float]] = [{} for _ in numbers]
        by_length: dict[int, list[int]] = {}
        for place, number in enumerate(numbers):
            if number.isdigit() and 4 <= len(number) < LONGEST_NUMBER:
                by_length.setdefault(len(number), []).append(place)
        for places in by_length.values():
            slips = slips_of([numbers[place] for place in places], self._slips)
            for place, found in zip(places, self.own.price(slips), strict=True):
                prices[place].update(found)
        for number, mine in zip(numbers, prices, strict=True):
            for book in self.instead:
                mine.update(dict.fromkeys(book.find(number), log(self._slips.instead)))
            mine.update(dict.fromkeys(self.own.find(number), self.exact_price))
        return prices

    def weigh_text(self, text: str) -> WeighedIds | None:
        """Children that a written number may belong to; None where nothing is written."""
        number = strip_zeros(clean_id(text))
        if not number:
            return None
        found = self._cache.get(number)
        if found is None:
            found = self._cache[number] = self._weigh_all([number])[0]
        return found

    def prepare(self, texts: Iterable[str]) -> None:
        """Weighs written numbers that will be asked for, all in one go."""
        if len(self._cache) > CACHED_NUMBERS:
            self._cache.clear()
        numbers = dict.fromkeys(strip_zeros(clean_id(text)) for text in texts)
        new = [number for number in numbers if number and number not in self._cache]
        self._cache.update(zip(new, self._weigh_all(new), strict=True))

    def _weigh_all(self, numbers: Sequence[str]) -> list[WeighedIds]:
        priced = zip(numbers, self._price_all(numbers), strict=True)
        return [self.finish(prices, self.price_anybody(number), 0.0) for number, prices in priced]

    def price_anybody(self, number: str) -> float:
        """Log P(written) for a number that nobody here has."""
        return log(0.1) * max(min(len(number), 12), 4)

    def finish(self, prices: dict[int, float], anybody: float, peak: float) -> WeighedIds:
        """From prices to ratios, with the share of numbers that have nothing to do with the child.

        `anybody` is log P(written) for a number that nobody here has, `peak` what prices are relative to.
        """
        children = sorted(prices)
        known = sum(exp(prices[child]) for child in children)
        somebodys = log(self._slips.anothers) - self._log_children + log(known + 1e-30)
        nobodys = log(1 - self._slips.anothers) + anybody - peak
        population = max(somebodys, nobodys) + log1p(exp(-abs(somebodys - nobodys)))
        gains = (exp(min(prices[child] - population, 60.0)) for child in children)
        ratios = [log((1 - self.unrelated) * gain + self.unrelated) for gain in gains]
        return WeighedIds(np.array(children, dtype=np.int32), np.array(ratios, dtype=np.float32), log(self.unrelated))


def price_all(scores: FloatArray, peak: float, exact: float) -> dict[int, float]:
    """Prices of the children whose own number explains the pixels nearly as well as the best does."""
    near = np.flatnonzero(scores > peak - 25.0)
    return {int(child): float(scores[child]) - peak + exact for child in near.tolist()}
