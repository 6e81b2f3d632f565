"""Weighs a parent's name as written against the guardians of the enrolled children.

Decides by the words of the name, any order; a word that is also the child's own surname says little more than the surname
already did. Another guardian than the enrolled ones is common, so a different name counts against a child only a little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log

import numpy as np

from matching.enrollment_columns import TextColumn
from matching.name_folding import parts_of, words_of
from matching.name_vocabulary import CACHED_NAMES, FloatArray, IntArray, NameVocabulary
from matching.postings import LongArray, Postings, Uses, build_postings, lay_out
from matching.weights import Weights
from matching.words_together import Box, Weighed, weigh_together

UNSEEN_SHARE = 0.1
OWN_SURNAME = -3.2
"""Log of what an agreement with the child's own surname still adds."""
HIGHEST_RATIO = 8.0
MOST_WORDS = 5
LEAST_OF_JOINED = 4
"""So long a word is looked for within a surname that was written in one."""
_OWN, _SURNAME = 0, 1


class GuardianIndex:
    """The words of all guardians' names. Immutable after construction."""

    def __init__(
        self, guardians: TextColumn, surnames: TextColumn, weights: Weights, unlisted_population: float
    ) -> None:
        self._weights = weights
        id_of: dict[str, int] = {}
        pairs = guardians.codes.astype(np.int64) * len(surnames.values) + surnames.codes
        distinct, pair_of_child = np.unique(pairs, return_inverse=True)
        words_of_guardians = [_words_of_people(cell) for cell in guardians.values]
        words_of_surnames = [frozenset(words_of(cell)) for cell in surnames.values]
        owners: list[int] = []
        forms: list[int] = []
        habits: list[int] = []
        for place, pair in enumerate(distinct.tolist()):
            own = words_of_surnames[pair % len(surnames.values)]
            for word in words_of_guardians[pair // len(surnames.values)]:
                owners.append(place)
                forms.append(id_of.setdefault(word, len(id_of)))
                habits.append(_SURNAME if word in own else _OWN)
        self.vocabulary = NameVocabulary(list(id_of), weights.name_slips)
        counts = np.bincount(np.array(owners, dtype=np.int64), minlength=distinct.size).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(counts)])
        self.postings: Postings = build_postings(
            [_spread(pair_of_child, start, counts, forms, habits)],
            len(guardians),
            len(id_of),
            np.array([0.0, OWN_SURNAME], dtype=np.float32),
            unlisted_population,
        )
        self._box = Box(
            frequency=self.postings.log_frequency,
            borne=self.postings.bearers > 0,
            lift=np.ones((len(id_of), 1), dtype=np.float32),
            unseen=min(0.9, UNSEEN_SHARE + unlisted_population / (len(guardians) + unlisted_population + 1)),
            unrelated=weights.unrelated.guardian_word,
            initials=False,
        )
        self._cache: dict[str, Weighed] = {}
        self.known = bool(id_of)

    def weigh_words(self, text: str, surname: str = "") -> tuple[Weighed, ...]:
        """The words of a written name, weighed; empty where nothing can be compared.

        Words of the child's `surname` as written are passed over: whoever has that surname mostly has such a parent.
        """
        return tuple(self._weigh_word(word) for word in self.choose_words(text, surname))

    def choose_words(self, text: str, surname: str) -> list[str]:
        """The words of a written name that `weigh_words` weighs."""
        if not self.known:
            return []
        said = words_of(surname)
        joined = "".join(said)
        words = [word for word in dict.fromkeys(words_of(text)) if len(word) > 1 and word not in said]
        return [word for word in words[:MOST_WORDS] if len(word) < LEAST_OF_JOINED or word not in joined]

    def _weigh_word(self, word: str) -> Weighed:
        found = self._cache.get(word)
        if found is None:
            found = self._cache[word] = self._weigh_each([word])[0]
        return found

    def prepare(self, words: Iterable[str]) -> None:
        """Weighs words that will be asked for, all in one go."""
        if len(self._cache) > CACHED_NAMES:
            self._cache.clear()
        new = [word for word in words if word not in self._cache]
        if new:
            self._cache.update(zip(new, self._weigh_each(new), strict=True))

    def _weigh_each(self, words: Sequence[str]) -> list[Weighed]:
        return weigh_together(self.vocabulary.find_all(words), self._box)

    def mix(self, total: FloatArray) -> FloatArray:
        """From the summed ratios of the words, (M,), to the ratio of the field."""
        unrelated = log(self._weights.unrelated.guardian)
        related = np.minimum(total, HIGHEST_RATIO) + np.float32(log(1 - self._weights.unrelated.guardian))
        return np.asarray(np.logaddexp(related, np.float32(unrelated)), dtype=np.float32)


def _words_of_people(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for person in parts_of(cell) for word in words_of(person) if len(word) > 1))


def _spread(pair_of_child: IntArray, start: LongArray, counts: LongArray, forms: list[int], habits: list[int]) -> Uses:
    """From words of each distinct pair of guardians and surname to words of each child."""
    each = counts[pair_of_child]
    positions = lay_out(start[pair_of_child], each)
    return Uses(
        np.repeat(np.arange(pair_of_child.size, dtype=np.int32), each),
        np.array(forms, dtype=np.int32)[positions],
        np.array(habits, dtype=np.uint8)[positions],
    )
