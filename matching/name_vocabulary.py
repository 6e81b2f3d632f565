"""Knows every name form of the enrolled children and which of them a written text may stand for, at what price.

The channel: `log P(written | form)`, in nats. Exact spelling, one or two slips of the pen, spelling variants, nicknames,
beginnings and initials each have a price; whatever is not listed is left to the floor of the field ("wrote something
unrelated"). Never drops a form that could cost less than the floor. Accepted limits: at most three slips a name.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.letters import LetterPairs, sign_all, sign_letters
from matching.name_slips import SlipPrices
from matching.spelling_variants import nicknames_of, spelling_key, variants_of
from matching.weights import NameSlips

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float32]

WAYS_TO_SLIP = log(12.0)
"""Of two slips or more, each has about this many likely outcomes at one letter."""
CACHED_NAMES = 100_000
LONGEST_FORM = 60
IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Forms that a written text may stand for: `ids` (K,), ascending, and `channel` (K,), log P(written | form)."""

    ids: IntArray
    channel: FloatArray
    written_log_prior: float
    """log P(written) under the letter model: how likely a name nobody here has would look like this."""
    initial: int
    """Where the enrolled initial of the text stands in `ids`, -1 where nobody has it or the text is one letter."""


def _allowed_slips(length: int) -> int:
    if length <= 3:
        return 1
    return 2 if length <= 8 else 3


class NameVocabulary:
    """All distinct joined name forms. Immutable after construction."""

    def __init__(self, forms: list[str], slips: NameSlips) -> None:
        self.forms = forms
        self.id_of = {form: number for number, form in enumerate(forms)}
        self.slips = slips
        self.exact_price = log(slips.exact)
        self._cache: dict[str, Neighbours] = {}
        self._pairs = LetterPairs(forms)
        self._prices = SlipPrices(slips)
        lengths = np.minimum(np.fromiter(map(len, forms), dtype=np.int64, count=len(forms)), LONGEST_FORM)
        self._by_length = np.argsort(lengths, kind="stable").astype(np.int32)
        self._lengths = lengths[self._by_length].astype(np.int8)
        self._texts_by_length = np.array([*forms, ""], dtype=object)[:-1][self._by_length]
        self._start_of_length = np.searchsorted(lengths[self._by_length], np.arange(LONGEST_FORM + 5)).tolist()
        self._signatures = sign_all(forms)[self._by_length]
        self._sorted_forms = sorted(forms)
        by_key: dict[str, list[int]] = {}
        for number, form in enumerate(forms):
            key = spelling_key(form)
            if key:
                by_key.setdefault(key, []).append(number)
        self._by_key = {key: numbers for key, numbers in by_key.items() if len(numbers) > 1}
        self._alone_by_key = {key: numbers[0] for key, numbers in by_key.items() if len(numbers) == 1}

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
        own_initial = self.id_of.get(written[0]) if len(written) > 1 else None
        if own_initial is not None:
            prices.setdefault(own_initial, IMPOSSIBLE)
        ids = np.fromiter(prices.keys(), dtype=np.int32, count=len(prices))
        channel = np.fromiter(prices.values(), dtype=np.float32, count=len(prices))
        order = ids.argsort()
        ids = ids[order]
        place = -1 if own_initial is None else int(ids.searchsorted(np.int32(own_initial)))
        return Neighbours(ids, channel[order], self._pairs.price(written[:40]), place)

    def _price_slips(self, written: str, prices: dict[int, float]) -> None:
        length = min(len(written), LONGEST_FORM)
        slips = _allowed_slips(length)
        start = self._start_of_length[max(length - slips, 0)]
        end = self._start_of_length[min(length + slips + 1, LONGEST_FORM + 1)]
        letters = np.bitwise_count(self._signatures[start:end] ^ np.uint64(sign_letters(written))).view(np.int8)
        letters += np.abs(self._lengths[start:end] - np.int8(length))
        near = (letters <= 2 * slips).nonzero()[0] + start
        if near.size:
            self._price_near(written, near, slips, prices)
        exact = self.id_of.get(written)
        if exact is not None:
            prices[exact] = self.exact_price

    def _price_near(self, written: str, near: NDArray[np.int64], slips: int, prices: dict[int, float]) -> None:
        distances = process.cdist(
            [written], self._texts_by_length[near].tolist(), scorer=OSA.distance, score_cutoff=slips, dtype=np.uint8
        )[0]
        ways = log(max(len(written), 2)) + WAYS_TO_SLIP
        several = {
            2: log(2 * self.slips.two_slips) - 2 * ways,
            3: log(6 * self.slips.three_slips) - 3 * ways,
        }
        close = (distances <= slips).nonzero()[0]
        numbers = self._by_length[near[close]].tolist()
        for distance, number in zip(distances[close].tolist(), numbers, strict=True):
            if distance:
                price = self._prices.price_one(written, self.forms[number]) if distance == 1 else several[distance]
                if prices.get(number, -99.0) < price:
                    prices[number] = price

    def _price_beginnings(self, written: str, prices: dict[int, float]) -> None:
        price = log(self.slips.initial if len(written) == 1 else self.slips.beginning)
        start = bisect_left(self._sorted_forms, written)
        end = bisect_left(self._sorted_forms, written + "{")
        for form in self._sorted_forms[start:end]:
            prices[self.id_of[form]] = price

    def _price_variants(self, written: str, prices: dict[int, float]) -> None:
        def offer(number: int | None, price: float) -> None:
            if number is not None and prices.get(number, -99.0) < price:
                prices[number] = price

        key = spelling_key(written)
        if key:
            same_key = log(self.slips.same_key)
            for number in self._by_key.get(key, ()):
                offer(number, same_key)
            offer(self._alone_by_key.get(key), same_key)
        for other in variants_of(written):
            offer(self.id_of.get(other), log(self.slips.variant))
        for other in nicknames_of(written):
            offer(self.id_of.get(other), log(self.slips.nickname))

    def relate_forms(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Pairs (written form, meant form, log price) of enrolled forms that are variants or nicknames: for pixel scores."""
        written: list[int] = []
        meant: list[int] = []
        prices: list[float] = []
        for number, form in enumerate(self.forms):
            related = {self.id_of.get(other): log(self.slips.nickname) for other in nicknames_of(form)}
            related |= {self.id_of.get(other): log(self.slips.variant) for other in variants_of(form)}
            for other, price in related.items():
                if other is not None and other != number:
                    written.append(number)
                    meant.append(other)
                    prices.append(price)
        return np.array(written, dtype=np.int32), np.array(meant, dtype=np.int32), np.array(prices, dtype=np.float32)
