"""Knows every name form of the enrolled children and which of them a written text may stand for, at what price.

The channel: `log P(written | form)`, in nats. Exact spelling, one or two slips of the pen, spelling variants, nicknames,
beginnings and initials each have a price; whatever is not listed is left to the floor of the field ("wrote something
unrelated"). Never drops a form that could cost less than the floor. Accepted limits: at most three slips a name.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.name_slips import price_one_slip
from matching.spelling_variants import (
    NICKNAME_PRICE,
    SAME_KEY_PRICE,
    VARIANT_PRICE,
    nicknames_of,
    spelling_key,
    variants_of,
)

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float32]

EXACT_PRICE = log(0.9)
TWO_SLIPS = log(0.012)
THREE_SLIPS = log(0.003)
WAYS_TO_SLIP = log(12.0)
"""Of two slips or more, each has about this many likely outcomes at one letter."""
BEGINNING_PRICE = log(0.006)
INITIAL_PRICE = log(0.03)
CACHED_NAMES = 200_000
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_LETTER = {letter: number for number, letter in enumerate(_ALPHABET)}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Forms that a written text may stand for: `ids` (K,) and `channel` (K,), log P(written | form), each id once."""

    ids: IntArray
    channel: FloatArray
    written_log_prior: float
    """log P(written) under the letter model: how likely a name nobody here has would look like this."""


def _signature(name: str) -> int:
    """52 bits: which letters occur, and which occur twice. One slip changes at most two of them."""
    once = 0
    twice = 0
    for letter in name:
        bit = 1 << _LETTER.get(letter, 25)
        twice |= once & bit
        once |= bit
    return once | (twice << 26)


def _allowed_slips(length: int) -> int:
    if length <= 3:
        return 1
    return 2 if length <= 8 else 3


class NameVocabulary:
    """All distinct joined name forms, immutable once `seal` was called."""

    def __init__(self, forms: list[str]) -> None:
        self.forms = forms
        self.id_of = {form: number for number, form in enumerate(forms)}
        self._cache: dict[str, Neighbours] = {}
        self._lengths = np.array([len(form) for form in forms], dtype=np.int16)
        self._signatures = np.array([_signature(form) for form in forms], dtype=np.uint64)
        self._forms_array = np.array([*forms, ""], dtype=object)[:-1]
        self._order = sorted(range(len(forms)), key=forms.__getitem__)
        self._sorted_forms = [forms[number] for number in self._order]
        self._order_array = np.array(self._order, dtype=np.int32)
        self._by_key: dict[str, list[int]] = {}
        for number, form in enumerate(forms):
            key = spelling_key(form)
            if key:
                self._by_key.setdefault(key, []).append(number)
        self._letter_pairs = self._learn_letter_pairs()

    def _learn_letter_pairs(self) -> list[list[float]]:
        counts = np.full((27, 27), 0.5)
        for form in self.forms:
            previous = 26
            for letter in form:
                current = _LETTER.get(letter, 25)
                counts[previous, current] += 1.0
                previous = current
            counts[previous, 26] += 1.0
        return [[float(cell) for cell in row] for row in np.log(counts / counts.sum(axis=1, keepdims=True))]

    def spell_log_prior(self, text: str) -> float:
        """Log P(text) under the letter pairs of the enrolled names."""
        total = 0.0
        previous = 26
        for letter in text:
            current = _LETTER.get(letter, 25)
            total += self._letter_pairs[previous][current]
            previous = current
        return total + self._letter_pairs[previous][26]

    def find_neighbours(self, written: str) -> Neighbours:
        """Every form whose channel price may beat the floor; `written` is one joined, folded text."""
        found = self._cache.get(written)
        if found is None:
            if len(self._cache) >= CACHED_NAMES:
                self._cache.clear()
            found = self._compute(written)
            self._cache[written] = found
        return found

    def _compute(self, written: str) -> Neighbours:
        prices: dict[int, float] = {}
        if written and self.forms:
            self._price_beginnings(written, prices)
            self._price_slips(written, prices)
            self._price_variants(written, prices)
        return Neighbours(
            ids=np.fromiter(prices.keys(), dtype=np.int32, count=len(prices)),
            channel=np.fromiter(prices.values(), dtype=np.float32, count=len(prices)),
            written_log_prior=self.spell_log_prior(written[:40]),
        )

    def _price_slips(self, written: str, prices: dict[int, float]) -> None:
        exact = self.id_of.get(written)
        length = len(written)
        slips = _allowed_slips(length)
        differing = np.bitwise_count(self._signatures ^ np.uint64(_signature(written)))
        near = np.flatnonzero((differing <= 2 * slips) & (np.abs(self._lengths - length) <= slips))
        if near.size:
            distances = process.cdist(
                [written], self._forms_array[near].tolist(), scorer=OSA.distance, score_cutoff=slips, dtype=np.uint8
            )[0]
            close = distances <= slips
            ways = log(length) + WAYS_TO_SLIP
            several = {2: TWO_SLIPS - 2 * ways + log(2), 3: THREE_SLIPS - 3 * ways + log(6)}
            for number, distance in zip(near[close].tolist(), distances[close].tolist(), strict=True):
                if distance:
                    price = price_one_slip(written, self.forms[number]) if distance == 1 else several[distance]
                    prices[number] = max(prices.get(number, -99.0), price)
        if exact is not None:
            prices[exact] = EXACT_PRICE

    def _price_beginnings(self, written: str, prices: dict[int, float]) -> None:
        price = INITIAL_PRICE if len(written) == 1 else BEGINNING_PRICE
        start = bisect_left(self._sorted_forms, written)
        end = bisect_left(self._sorted_forms, written + "{")
        for number in self._order[start:end]:
            prices[number] = price

    def _price_variants(self, written: str, prices: dict[int, float]) -> None:
        def offer(number: int | None, price: float) -> None:
            if number is not None and prices.get(number, -99.0) < price:
                prices[number] = price

        key = spelling_key(written)
        if key:
            for number in self._by_key.get(key, ()):
                offer(number, SAME_KEY_PRICE)
        for other in variants_of(written):
            offer(self.id_of.get(other), VARIANT_PRICE)
        for other in nicknames_of(written):
            offer(self.id_of.get(other), NICKNAME_PRICE)

    def relate_forms(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Pairs (written form, meant form, log price) of enrolled forms that are variants or nicknames: for pixel scores."""
        written: list[int] = []
        meant: list[int] = []
        prices: list[float] = []
        for number, form in enumerate(self.forms):
            related = {self.id_of.get(other): NICKNAME_PRICE for other in nicknames_of(form)}
            related |= {self.id_of.get(other): VARIANT_PRICE for other in variants_of(form)}
            for other, price in related.items():
                if other is not None and other != number:
                    written.append(number)
                    meant.append(other)
                    prices.append(price)
        return np.array(written, dtype=np.int32), np.array(meant, dtype=np.int32), np.array(prices, dtype=np.float32)


def population_log_probability(near: Neighbours, log_frequency: FloatArray, unseen_share: float) -> float:
    """Log P(written) when the writer is anybody: enrolled names by frequency, else a name that nobody here has."""
    known = float(np.exp(near.channel + log_frequency[near.ids]).sum()) if near.ids.size else 0.0
    return log((1.0 - unseen_share) * known + unseen_share * exp(near.written_log_prior) + 1e-30)
