"""Weighs a written or pictured name against every name form of the enrolled children, by log-likelihood ratios.

For each form: log P(what was written | form) - log P(what was written | anybody), so that a rare name that agrees weighs
more than a common one, and a close spelling of a rare name more than of a common one. Never decides between boxes (first,
last, swapped): it only answers for one box at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from matching.name_folding import words_of
from matching.name_roles import (
    FORMS_OF_ROLE,
    ChildForms,
    NameRecord,
    Postings,
    Role,
    build_postings,
    find_marks,
    spell_with_marks,
)
from matching.name_vocabulary import FloatArray, IntArray, NameVocabulary, population_log_probability

if TYPE_CHECKING:
    from collections.abc import Sequence

UNRELATED_SHARE = {Role.FIRST: 0.012, Role.MIDDLE: 0.12, Role.LAST: 0.015, Role.ANY: 0.03, Role.FAMILY: 0.05}
"""Chance that a family writes a name in this box that has nothing to do with the enrolled one."""
UNSEEN_SHARE = 0.08
"""Chance that somebody's name is none of the names here, where many are enrolled."""
WORD_OF_SEVERAL = log(0.06)
SEVERAL_WORDS = log(0.15)
ENROLLED_INITIAL = 2.0
MOST_WORDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Forms (ids ascending) and their log-likelihood ratios for one text in one box. `floor` holds for all forms not listed."""

    ids: IntArray
    ratio: FloatArray
    floor: float


@dataclass(frozen=True, slots=True)
class WrittenForms:
    """The texts to show to a pixel reading for one role, and the form each belongs to (same order)."""

    texts: tuple[str, ...]
    form_ids: IntArray


def mix_unrelated(ids: IntArray, gain: FloatArray, unrelated: float) -> Weighed:
    """Mixes in the chance that something unrelated was written; drops forms that say no more than that.

    `gain` (K,) is log P(written | form) - log P(written | anybody).
    """
    ratio = np.log((1.0 - unrelated) * np.exp(np.minimum(gain, 60.0)) + unrelated)
    floor = log(unrelated)
    speaks = (ratio > floor + 0.05).nonzero()[0]
    speaks = speaks[np.lexsort((ratio[speaks], ids[speaks]))]
    ids, ratio = ids[speaks], ratio[speaks]
    best = np.ones(ids.size, dtype=np.bool_)
    best[:-1] = ids[1:] != ids[:-1]
    return Weighed(ids[best], ratio[best].astype(np.float32), floor)


def take_best(forms: ChildForms, weighed: Weighed) -> FloatArray:
    """The ratio of some children, (M,): the best of each child's forms; 0 where enrollment has nothing to compare."""
    ratios = np.maximum(forms.best(weighed.ids, weighed.ratio), np.float32(weighed.floor))
    ratios[forms.without] = 0.0
    return ratios


def weigh_family(forms: ChildForms, words: Sequence[Weighed]) -> FloatArray:
    """How much the written words speak for a brother or sister of some children, (M,): only shared words count.

    `forms` are the children's forms in the role "family".
    """
    total = np.zeros(forms.without.size, dtype=np.float32)
    for weighed in words:
        total += np.maximum(forms.best(weighed.ids, weighed.ratio), 0.0)
    return total


class NameIndex:
    """All names of the enrolled children, ready to be weighed. Immutable after construction."""

    def __init__(self, records: Sequence[NameRecord], unlisted_population: float) -> None:
        id_of: dict[str, int] = {}
        written: dict[Role, dict[str, int]] = {role: {} for role in Role}
        self.postings: dict[Role, Postings] = {}
        ids_of_role: dict[Role, list[IntArray]] = {role: [] for role in Role}
        shares_of_role: dict[Role, list[FloatArray]] = {role: [] for role in Role}
        for record in records:
            marks = find_marks(record)
            for role, forms_of in FORMS_OF_ROLE.items():
                prices: dict[int, float] = {}
                texts = written[role]
                for text, price in forms_of(record).items():
                    number = texts.get(text)
                    if number is None:
                        number = id_of.setdefault(text.replace(" ", ""), len(id_of))
                        texts.update(dict.fromkeys(spell_with_marks(text, marks), number))
                    if prices.get(number, -99.0) < price:
                        prices[number] = price
                ids_of_role[role].append(np.fromiter(prices.keys(), dtype=np.int32, count=len(prices)))
                shares_of_role[role].append(np.fromiter(prices.values(), dtype=np.float32, count=len(prices)))
        self.vocabulary = NameVocabulary(list(id_of))
        self.children_count = len(records)
        for role in Role:
            self.postings[role] = build_postings(
                ids_of_role[role], shares_of_role[role], len(id_of), unlisted_population
            )
        self._written = written
        self._written_forms: dict[Role, WrittenForms] = {}
        self._cache: dict[tuple[Role, str], Weighed] = {}
        self._related: tuple[IntArray, IntArray, FloatArray] | None = None
        listed = max(len(records), 1)
        self.unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / (listed + unlisted_population))

    def written_forms(self, role: Role) -> WrittenForms:
        """The same tuple each time, so that a reader may keep what it prepared for it."""
        found = self._written_forms.get(role)
        if found is None:
            texts = self._written[role]
            found = WrittenForms(tuple(texts), np.fromiter(texts.values(), dtype=np.int32, count=len(texts)))
            self._written_forms[role] = found
        return found

    def population(self, role: Role, word: str) -> float:
        """Log P(a person writes this word in this box)."""
        near = self.vocabulary.find_neighbours(word)
        return population_log_probability(near, self.postings[role].log_frequency, self.unseen_share)

    def weigh_text(self, role: Role, text: str) -> Weighed | None:
        """Forms that `text` may stand for in this box; None where the text folds to nothing."""
        words = words_of(text)
        if not words:
            return None
        key = " ".join(words)
        found = self._cache.get((role, key))
        if found is None:
            if len(self._cache) > 200_000:
                self._cache.clear()
            found = self._weigh_words(role, words[:MOST_WORDS])
            self._cache[role, key] = found
        return found

    def _weigh_words(self, role: Role, words: tuple[str, ...]) -> Weighed:
        whole = "".join(words)
        near = self.vocabulary.find_neighbours(whole)
        frequency = self.postings[role].log_frequency
        population = population_log_probability(near, frequency, self.unseen_share)
        ids, channel = [near.ids], [near.channel]
        if len(words) > 1:
            alone = [self.population(role, word) for word in words]
            population = float(np.logaddexp(population, SEVERAL_WORDS + sum(alone)))
            for position, word in enumerate(words):
                if len(word) > 1:
                    part = self.vocabulary.find_neighbours(word)
                    ids.append(part.ids)
                    channel.append(part.channel + np.float32(WORD_OF_SEVERAL + sum(alone) - alone[position]))
        initial = self.vocabulary.id_of.get(whole[0]) if len(whole) > 1 and role is not Role.LAST else None
        if initial is not None:
            ids.append(np.array([initial], dtype=np.int32))
            channel.append(np.array([population + ENROLLED_INITIAL], dtype=np.float32))
        weighed = mix_unrelated(np.concatenate(ids), np.concatenate(channel) - population, UNRELATED_SHARE[role])
        borne = self.postings[role].bearers[weighed.ids] > 0
        return Weighed(weighed.ids[borne], weighed.ratio[borne], weighed.floor)

    def add_gains(self, total: FloatArray, role: Role, weighed: Weighed) -> None:
        """Adds to `total` (N,), in place, what each child's best form gains over the floor."""
        children, ratio = self.postings[role].find(weighed.ids, weighed.ratio)
        gains = np.zeros(self.children_count, dtype=np.float32)
        np.maximum.at(gains, children, ratio - np.float32(weighed.floor))
        total += gains

    def spread_dense(self, role: Role, ratio: FloatArray) -> FloatArray:
        """One ratio a child, (N,), from one ratio a form, (V,)."""
        postings = self.postings[role]
        values = np.zeros(self.children_count, dtype=np.float32)
        if postings.forms.size:
            present = np.flatnonzero(np.diff(postings.child_start) > 0)
            priced = ratio[postings.forms] + postings.share_of_child
            values[present] = np.maximum.reduceat(priced, postings.child_start[present])
            values[present] = np.maximum(values[present], log(UNRELATED_SHARE[role]))
        return values

    def related_forms(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Variants and nicknames among the enrolled forms: written, meant, log price."""
        if self._related is None:
            self._related = self.vocabulary.relate_forms()
        return self._related

    def frequency_words(self, role: Role, text: str) -> str:
        """How many of all, "3 in 49,240": enrolled children bear this name in this role."""
        number = self.vocabulary.id_of.get("".join(words_of(text)))
        bearers = 0 if number is None else int(self.postings[role].bearers[number])
        return f"{bearers:,} in {self.children_count:,}"

    def rarity(self, role: Role, text: str) -> float:
        """Share of the enrolled children that bear this name in this role."""
        number = self.vocabulary.id_of.get("".join(words_of(text)))
        return 0.0 if number is None else exp(float(self.postings[role].log_frequency[number]))
