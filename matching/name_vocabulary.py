"""Knows every name form of the enrolled children and which of them a written text may stand for, at what price.

The channel: `log P(written | form)`, in nats. Exact spelling, one or two slips of the pen, spelling variants, nicknames,
beginnings and initials each have a price; whatever is not listed is left to the floor of the field ("wrote something
unrelated"). Never drops a form that could cost less than the floor. Accepted limits: at most three slips a name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
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
MOST_SLIPS = 3
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


def _offer(prices: dict[int, float], number: int | None, price: float) -> None:
    """A form at this price, unless it has a better one."""
    if number is not None and prices.get(number, -99.0) < price:
        prices[number] = price


def _allowed_slips(length: int) -> int:
    if length <= 3:
        return 1
    return 2 if length <= 8 else MOST_SLIPS


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
        self._sorted_numbers = [self.id_of[form] for form in self._sorted_forms]
        self._by_key: dict[str, tuple[int, ...]] = {}
        for number, form in enumerate(forms):
            key = spelling_key(form)
            if key:
                self._by_key[key] = (*self._by_key.get(key, ()), number)

    def find_neighbours(self, written: str) -> Neighbours:
        """Every form whose channel price may beat the floor; `written` is one joined, folded text."""
        return self.find_all([written])[0]

    def find_all(self, written: Sequence[str]) -> list[Neighbours]:
        """`find_neighbours` of each text, those that weren't asked for before all in one go."""
        found = {text: self._cache.get(text) for text in written}
        new = [text for text, known in found.items() if known is None]
        computed = dict(zip(new, self._compute_all(new), strict=True)) if new else {}
        if len(self._cache) + len(computed) > CACHED_NAMES:
            self._cache.clear()
        self._cache.update(computed)
        return [found[text] or computed[text] for text in written]

    def _compute_all(self, written: Sequence[str]) -> list[Neighbours]:
        prices = [self._price_spellings(text) for text in written]
        self._price_slips(written, prices)
        initials = [self.id_of.get(text[0], -1) if len(text) > 1 else -1 for text in written]
        for text, initial, mine in zip(written, initials, prices, strict=True):
            exact = self.id_of.get(text)
            if exact is not None:
                mine[exact] = self.exact_price
            if initial >= 0:
                mine.setdefault(initial, IMPOSSIBLE)
        ends = np.cumsum([0, *map(len, prices)])
        ids = np.fromiter(chain.from_iterable(prices), dtype=np.int32, count=int(ends[-1]))
        channel = np.fromiter(chain.from_iterable(map(dict.values, prices)), dtype=np.float32, count=int(ends[-1]))
        size = len(self.forms)
        keys = np.repeat(np.arange(len(written)) * size, np.diff(ends)) + ids
        order = keys.argsort()
        ids, channel = ids[order], channel[order]
        places = keys[order].searchsorted(np.arange(len(written)) * size + initials) - ends[:-1]
        return [
            Neighbours(ids[start:end], channel[start:end], self._pairs.price(text[:40]), place if initial >= 0 else -1)
            for text, (start, end), initial, place in zip(
                written, pairwise(ends.tolist()), initials, places.tolist(), strict=True
            )
        ]

    def _price_slips(self, written: Sequence[str], prices: Sequence[dict[int, float]]) -> None:
        """Offers each text the forms that are some slips away."""
        near = [self._find_near(text) for text in written]
        counts = [places.size for places in near]
        meant = np.concatenate(near)
        if not meant.size:
            return
        distances = process.cpdist(
            list(chain.from_iterable(map(repeat, written, counts))),
            self._texts_by_length[meant].tolist(),
            scorer=OSA.distance,
            score_cutoff=MOST_SLIPS,
            dtype=np.uint8,
        )
        allowed = np.repeat([_allowed_slips(len(text)) for text in written], counts)
        close = ((distances > 0) & (distances <= allowed)).nonzero()[0]
        owners = np.repeat(np.arange(len(written)), counts)[close]
        several = np.array([self._price_several(len(text)) for text in written])[owners, distances[close]]
        found = zip(
            owners.tolist(),
            self._by_length[meant[close]].tolist(),
            distances[close].tolist(),
            several.tolist(),
            strict=True,
        )
        for owner, number, distance, price in found:
            if distance == 1:
                price = self._prices.price_one(written[owner], self.forms[number])
            _offer(prices[owner], number, price)

    def _find_near(self, written: str) -> NDArray[np.int64]:
        """Places of the forms that may be so few slips away, by their letters and length alone."""
        length = min(len(written), LONGEST_FORM)
        slips = _allowed_slips(length)
        start = self._start_of_length[max(length - slips, 0)]
        end = self._start_of_length[min(length + slips + 1, LONGEST_FORM + 1)]
        letters = np.bitwise_count(self._signatures[start:end] ^ np.uint64(sign_letters(written))).view(np.int8)
        letters += np.abs(self._lengths[start:end] - np.int8(length))
        near: NDArray[np.int64] = (letters <= 2 * slips).nonzero()[0] + start
        return near

    def _price_several(self, length: int) -> tuple[float, float, float, float]:
        """The log price of so many slips, 0 to 3, in a text of this length; one slip is priced by its kind."""
        ways = log(max(length, 2)) + WAYS_TO_SLIP
        two, three = log(2 * self.slips.two_slips) - 2 * ways, log(6 * self.slips.three_slips) - 3 * ways
        return IMPOSSIBLE, IMPOSSIBLE, two, three

    def _price_spellings(self, written: str) -> dict[int, float]:
        """The forms that begin so, sound so or are other spellings of this."""
        if not written:
            return {}
        begun = log(self.slips.initial if len(written) == 1 else self.slips.beginning)
        start = bisect_left(self._sorted_forms, written)
        end = bisect_left(self._sorted_forms, written + "{", start)
        prices = dict.fromkeys(self._sorted_numbers[start:end], begun)
        for number in self._by_key.get(spelling_key(written), ()):
            _offer(prices, number, log(self.slips.same_key))
        for other in variants_of(written):
            _offer(prices, self.id_of.get(other), log(self.slips.variant))
        for other in nicknames_of(written):
            _offer(prices, self.id_of.get(other), log(self.slips.nickname))
        return prices

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
