"""Weighs a parent's name as written against the guardians of the enrolled children.

Decides by the words of the name, any order; a word that is also the child's own surname says little more than the surname
already did. Another guardian than the enrolled ones is common, so a different name counts against a child only a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from matching.name_folding import parts_of, words_of
from matching.name_roles import Postings, build_postings
from matching.name_vocabulary import FloatArray, IntArray, NameVocabulary, population_log_probability

UNRELATED_SHARE = 0.35
WORD_UNRELATED_SHARE = 0.15
UNSEEN_SHARE = 0.1
OWN_SURNAME = log(0.04)
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
        self.known = bool(id_of)

    def weigh_text(self, text: str) -> FloatArray | None:
        """One ratio a child, (N,); 0 where no guardian is enrolled; None where nothing can be compared."""
        words = [word for word in dict.fromkeys(words_of(text)) if len(word) > 1][:MOST_WORDS]
        if not words or not self.known:
            return None
        floor = log(WORD_UNRELATED_SHARE)
        total = np.full(self._children_count, floor * len(words), dtype=np.float32)
        for word in words:
            near = self._vocabulary.find_neighbours(word)
            population = population_log_probability(near, self._postings.log_frequency, self._unseen_share)
            ratio = np.log(
                (1 - WORD_UNRELATED_SHARE) * np.exp(np.minimum(near.channel - population, 60.0)) + WORD_UNRELATED_SHARE
            )
            speaks = ratio > floor + 0.05
            children, gain = self._postings.find(near.ids[speaks], ratio[speaks].astype(np.float32))
            best = np.zeros(self._children_count, dtype=np.float32)
            np.maximum.at(best, children, gain - np.float32(floor))
            total += best
        mixed = np.log((1 - UNRELATED_SHARE) * np.exp(np.minimum(total, HIGHEST_RATIO)) + UNRELATED_SHARE)
        mixed[self._postings.absent] = 0.0
        return mixed.astype(np.float32)
