"""Weighs a parent's name as written against the guardians of the enrolled children.

Decides by the words of the name, any order; a word that is also the child's own surname says little more than the surname
already did. Another guardian than the enrolled ones is common, so a different name counts against a child only a little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.name_folding import parts_of, words_of
from matching.name_index import Weighed, mix_unrelated
from matching.name_roles import Postings, build_postings
from matching.name_vocabulary import CACHED_NAMES, FloatArray, IntArray, NameVocabulary, population_log_probability

UNRELATED_SHARE = 0.35
WORD_UNRELATED_SHARE = 0.15
UNSEEN_SHARE = 0.1
OWN_SURNAME = -3.2
"""Log of what an agreement with the child's own surname still adds."""
HIGHEST_RATIO = 8.0
MOST_WORDS = 5


class GuardianIndex:
    """The words of all guardians' names. Immutable after construction."""

    def __init__(self, guardians: Sequence[str], surnames: Sequence[str], unlisted_population: float) -> None:
        id_of: dict[str, int] = {}
        ids: list[IntArray] = []
        shares: list[FloatArray] = []
        for cell, surname in zip(guardians, surnames, strict=True):
            own = set(words_of(surname))
            prices: dict[int, float] = {}
            for person in parts_of(cell):
                for word in words_of(person):
                    if len(word) > 1:
                        prices[id_of.setdefault(word, len(id_of))] = OWN_SURNAME if word in own else 0.0
            ids.append(np.fromiter(prices.keys(), dtype=np.int32, count=len(prices)))
            shares.append(np.fromiter(prices.values(), dtype=np.float32, count=len(prices)))
        self._vocabulary = NameVocabulary(list(id_of))
        self._postings: Postings = build_postings(ids, shares, len(id_of), unlisted_population)
        self._children_count = len(guardians)
        self._unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / (len(guardians) + unlisted_population + 1))
        self._cache: dict[str, Weighed] = {}
        self.known = bool(id_of)

    def weigh_words(self, text: str) -> tuple[Weighed, ...]:
        """The words of a written name, weighed; empty where nothing can be compared."""
        if not self.known:
            return ()
        return tuple(
            self._weigh_word(word) for word in list(dict.fromkeys(words_of(text)))[:MOST_WORDS] if len(word) > 1
        )

    def _weigh_word(self, word: str) -> Weighed:
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) > CACHED_NAMES:
                self._cache.clear()
            near = self._vocabulary.find_neighbours(word)
            population = population_log_probability(near, self._postings.log_frequency, self._unseen_share)
            found = mix_unrelated(near.ids, near.channel - population, WORD_UNRELATED_SHARE)
            self._cache[word] = found
        return found

    def add_gains(self, total: FloatArray, words: tuple[Weighed, ...]) -> None:
        """Adds to `total` (N,), in place, what the words of a guardian's name speak for, up to `HIGHEST_RATIO`."""
        if not words:
            return
        gains = np.zeros(self._children_count, dtype=np.float32)
        for weighed in words:
            children, ratio = self._postings.find(weighed.ids, weighed.ratio)
            np.add.at(gains, children, np.maximum(ratio, 0.0))
        total += np.minimum(gains, np.float32(HIGHEST_RATIO))

    def take(self, children: IntArray, words: tuple[Weighed, ...]) -> FloatArray:
        """The ratio of some children, (M,); 0 where no guardian is enrolled."""
        total = np.zeros(children.size, dtype=np.float32)
        forms = self._postings.expand(children)
        for weighed in words:
            total += np.maximum(forms.best(weighed.ids, weighed.ratio), np.float32(weighed.floor))
        mixed = np.log((1 - UNRELATED_SHARE) * np.exp(np.minimum(total, HIGHEST_RATIO)) + UNRELATED_SHARE)
        mixed[forms.without] = 0.0
        return np.asarray(mixed, dtype=np.float32)
