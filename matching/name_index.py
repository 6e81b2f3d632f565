"""Weighs a written name against every name form of the enrolled children, by log-likelihood ratios.

For each form: log P(what was written | form) - log P(what was written | anybody), so that a rare name that agrees weighs
more than a common one, and a close spelling of a rare name more than of a common one. Never decides between boxes (first,
last, swapped): it only answers for one box at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from matching.enrollment_columns import EnrollmentColumns, TextColumn
from matching.name_classes import NameClasses, learn_classes, no_classes
from matching.name_folding import words_of
from matching.name_roles import (
    Cell,
    FormUse,
    Habit,
    Role,
    find_marks,
    forms_of_cell,
    log_family_shares,
    log_shares,
    mark_own_first_names,
    spell_with_marks,
)
from matching.name_vocabulary import FloatArray, IntArray, NameVocabulary
from matching.postings import HabitArray, Postings, Uses, build_postings, lay_out
from matching.weights import Weights
from matching.words_together import ENROLLED_INITIAL, MUST_SAY, NOBODYS, Box, Weighed, weigh_together

UNSEEN_SHARE = 0.08
"""Chance that somebody's name is none of the names here, where many are enrolled."""
MOST_WORDS = 5
CACHED_TEXTS = 200_000
SPLIT_BOXES = {Role.FIRST: (Role.FIRST, Role.MIDDLE), Role.LAST: (Role.MIDDLE, Role.LAST)}
"""Boxes that may hold two names, one after the other."""
CLASSED = (Role.FIRST, Role.MIDDLE, Role.LAST)


@dataclass(frozen=True, slots=True)
class WrittenForms:
    """The texts to show to a pixel reading for one role, and the form each belongs to (same order)."""

    texts: tuple[str, ...]
    form_ids: IntArray


@dataclass(frozen=True, slots=True)
class _Part:
    """One text without spaces in one box."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class _TwoNames:
    """Two names in one box."""

    front: _Part
    back: _Part


@dataclass(frozen=True, slots=True, eq=False)
class _CellForms:
    """The forms of each distinct text of one cell in one box, end to end."""

    start: NDArray[np.int64]
    forms: IntArray
    habits: HabitArray


def mix_unrelated(
    ids: IntArray, channel: FloatArray, population: float, unrelated: float, by_class: FloatArray
) -> Weighed:
    """Mixes in the chance that something unrelated was written; drops forms that say no more than that.

    `channel` (K,) is log P(written | form), `population` log P(written | anybody). An id may come more than once: at its best.
    """
    gain = np.exp(np.minimum(channel - np.float32(population), np.float32(60.0)))
    ratio = np.log((1.0 - unrelated) * gain + unrelated)
    floor = log(unrelated)
    speaks = (ratio > floor + MUST_SAY).nonzero()[0]
    ids, ratio = ids[speaks], ratio[speaks]
    if not (ids[1:] > ids[:-1]).all():
        order = np.lexsort((ratio, ids))
        ids, ratio = ids[order], ratio[order]
        best = np.append(ids[1:] != ids[:-1], True)
        ids, ratio = ids[best], ratio[best]
    return Weighed(ids, ratio.astype(np.float32), floor, population, by_class)


class NameIndex:
    """All names of the enrolled children, ready to be weighed. Immutable after construction."""

    def __init__(
        self,
        columns: EnrollmentColumns,
        first_of_january: NDArray[np.bool_],
        weights: Weights,
        unlisted_population: float,
    ) -> None:
        self.weights = weights
        self.children_count = len(columns.first)
        habits = weights.name_habits
        self._id_of: dict[str, int] = {}
        self._written: dict[Role, dict[str, int]] = {role: {} for role in Role}
        uses = self._collect_uses(columns)
        self.vocabulary = NameVocabulary(list(self._id_of), weights.name_slips)
        self.postings: dict[Role, Postings] = {
            role: build_postings(
                uses[role], self.children_count, len(self._id_of), log_shares(role, habits), unlisted_population
            )
            for role in Role
        }
        boxes = [self.postings[role] for role in CLASSED]
        self.classes: NameClasses = (
            no_classes(boxes) if unlisted_population > self.children_count else learn_classes(boxes, first_of_january)
        )
        self.family_share = log_family_shares()
        self.own_first_names = mark_own_first_names()
        self._no_class = np.zeros(self.classes.log_prior.size, dtype=np.float32)
        self._unrelated = {
            Role.FIRST: weights.unrelated.first,
            Role.MIDDLE: weights.unrelated.middle,
            Role.LAST: weights.unrelated.last,
            Role.ANY: weights.unrelated.any_word,
        }
        self._written_forms: dict[Role, WrittenForms] = {}
        self._cache: dict[tuple[Role, tuple[str, ...]], Weighed] = {}
        self._related: tuple[IntArray, IntArray, FloatArray] | None = None
        listed = max(self.children_count, 1)
        self.unseen_share = min(0.9, UNSEEN_SHARE + unlisted_population / (listed + unlisted_population))
        self.boxes = {role: self._make_box(role) for role in Role}

    def _make_box(self, role: Role) -> Box:
        postings = self.postings[role]
        classed = role in CLASSED and self._no_class.size > 1
        return Box(
            frequency=postings.log_frequency,
            borne=postings.bearers > 0,
            lift=self.classes.lift[CLASSED.index(role)] if classed else np.ones((postings.bearers.size, 1), np.float32),
            unseen=self.unseen_share,
            unrelated=self._unrelated[role],
            initials=role is not Role.LAST,
        )

    def _collect_uses(self, columns: EnrollmentColumns) -> dict[Role, list[Uses]]:
        uses: dict[Role, list[Uses]] = {role: [] for role in Role}
        has_middle = np.array([bool(words_of(text)) for text in columns.middle.values])[columns.middle.codes]
        has_preferred = np.array([bool(text) for text in columns.preferred_first.values])[columns.preferred_first.codes]
        for cell in Cell:
            column: TextColumn = getattr(columns, cell)
            for role, forms in self._forms_of_values(cell, column).items():
                counts = np.diff(forms.start)[column.codes]
                positions = lay_out(forms.start[column.codes], counts)
                children = np.repeat(np.arange(self.children_count, dtype=np.int32), counts)
                ids, habits = forms.forms[positions], forms.habits[positions]
                if role is Role.MIDDLE:
                    kept = has_middle[children]
                    children, ids, habits = children[kept], ids[kept], habits[kept]
                if role is Role.FIRST and cell is Cell.FIRST:
                    beside = has_preferred[children] & (habits == Habit.WHOLE)
                    habits = np.where(beside, np.uint8(Habit.BESIDE_PREFERRED), habits)
                uses[role].append(Uses(children, ids, habits))
        return uses

    def _forms_of_values(self, cell: Cell, column: TextColumn) -> dict[Role, _CellForms]:
        found: dict[Role, list[list[FormUse]]] = {role: [] for role in Role}
        for text in column.values:
            by_role: dict[Role, list[FormUse]] = {role: [] for role in Role}
            for use in forms_of_cell(cell, text):
                by_role[use.role].append(use)
            marks = find_marks(text)
            for role, uses in by_role.items():
                found[role].append(uses)
                for use in uses:
                    if use.text not in self._written[role] or marks:
                        number = self._id_of.setdefault(use.text.replace(" ", ""), len(self._id_of))
                        self._written[role].update(dict.fromkeys(spell_with_marks(use.text, marks), number))
        return {role: self._lay_end_to_end(role, lists) for role, lists in found.items() if any(lists)}

    def _lay_end_to_end(self, role: Role, lists: list[list[FormUse]]) -> _CellForms:
        written = self._written[role]
        return _CellForms(
            start=np.concatenate([[0], np.cumsum([len(uses) for uses in lists])]).astype(np.int64),
            forms=np.array([written[use.text] for uses in lists for use in uses], dtype=np.int32),
            habits=np.array([use.habit for uses in lists for use in uses], dtype=np.uint8),
        )

    def written_forms(self, role: Role) -> WrittenForms:
        """The same tuple each time, so that a reader may keep what it prepared for it."""
        found = self._written_forms.get(role)
        if found is None:
            texts = self._written[role]
            found = WrittenForms(tuple(texts), np.fromiter(texts.values(), dtype=np.int32, count=len(texts)))
            self._written_forms[role] = found
        return found

    def weigh_text(self, role: Role, text: str) -> Weighed | None:
        """Forms that `text` may stand for in this box; None where the text folds to nothing."""
        return self.weigh_words(role, words_of(text))

    def weigh_words(self, role: Role, words: tuple[str, ...]) -> Weighed | None:
        """As `weigh_text`, from folded words."""
        return self._weigh_name(role, words) if words else None

    def _weigh_name(self, role: Role, words: tuple[str, ...]) -> Weighed:
        found = self._cache.get((role, words))
        if found is None:
            found = self._weigh_words(role, words[:MOST_WORDS]) if len(words) > 1 else self._weigh_each(role, words)[0]
            self._cache[role, words] = found
        return found

    def prepare(self, asked: Mapping[Role, Iterable[tuple[str, ...]]]) -> None:
        """Weighs names that will be asked for: all their single words, and names joined to one word, in one go."""
        if len(self._cache) > CACHED_TEXTS:
            self._cache.clear()
        single: dict[Role, dict[str, None]] = {role: {} for role in Role}
        for role, names in asked.items():
            for words in names:
                if words and (role, words) not in self._cache:
                    for part in self._list_parts(role, words[:MOST_WORDS]):
                        single[part.role][part.text] = None
        self.vocabulary.find_all(list(dict.fromkeys(text for texts in single.values() for text in texts)))
        for role, texts in single.items():
            new = [text for text in texts if (role, (text,)) not in self._cache]
            if new:
                keys = [(role, (text,)) for text in new]
                self._cache.update(zip(keys, self._weigh_each(role, new), strict=True))

    def _list_parts(self, role: Role, words: tuple[str, ...]) -> Iterator[_Part]:
        """All that a name is priced by: itself in one word, its words, and front and back of two names in one box."""
        yield _Part(role, "".join(words))
        if len(words) > 1:
            for word in words:
                yield _Part(role, word)
            for two in self._list_splits(role, words):
                yield from (two.front, two.back)

    def _list_splits(self, role: Role, words: tuple[str, ...]) -> list[_TwoNames]:
        """The ways of taking a box for two names: first and middle, or middle and last."""
        if role not in SPLIT_BOXES:
            return []
        front, back = SPLIT_BOXES[role]
        return [
            _TwoNames(_Part(front, "".join(words[:place])), _Part(back, "".join(words[place:])))
            for place in sorted({1, len(words) - 1})
        ]

    def _weigh_each(self, role: Role, texts: Sequence[str]) -> list[Weighed]:
        return weigh_together(self.vocabulary.find_all(texts), self.boxes[role])

    def _weigh_words(self, role: Role, words: tuple[str, ...]) -> Weighed:
        """Several words in one box: any of them may be the name, or all of them, or they are two names."""
        habits = self.weights.name_habits
        whole = "".join(words)
        near = self.vocabulary.find_neighbours(whole)
        parts = [self._weigh_name(role, (word,)) for word in words]
        alone = sum(part.population for part in parts)
        population, by_class = _join_populations(
            self._price_population(_Part(role, whole)),
            (log(habits.several_words) + alone, sum((part.by_class for part in parts), self._no_class)),
        )
        for two in self._list_splits(role, words):
            one, other = self._price_population(two.front), self._price_population(two.back)
            both = (log(self.split_share(role)) + one[0] + other[0], one[1] + other[1])
            population, by_class = _join_populations((population, by_class), both)
        ids, channel = [near.ids], [near.channel]
        for word, part, close in zip(words, parts, self.vocabulary.find_all(words), strict=True):
            if len(word) > 1:
                ids.append(close.ids)
                channel.append(close.channel + np.float32(log(habits.word_of_several) + alone - part.population))
        initial = self.vocabulary.id_of.get(whole[0]) if len(whole) > 1 and role is not Role.LAST else None
        if initial is not None:
            ids.append(np.array([initial], dtype=np.int32))
            channel.append(np.array([population + ENROLLED_INITIAL], dtype=np.float32))
        every, prices = np.concatenate(ids), np.concatenate(channel)
        prices = np.where(self.boxes[role].borne[every], prices, NOBODYS)
        return mix_unrelated(every, prices, population, self._unrelated[role], by_class)

    def _price_population(self, part: _Part) -> tuple[float, FloatArray]:
        """Log P(anybody writes this in this box), and what each name class adds to that, (K,)."""
        weighed = self._weigh_name(part.role, (part.text,))
        return weighed.population, weighed.by_class

    def split_share(self, role: Role) -> float:
        """Chance that a box holds two names: the first-name box first and middle, the last-name box middle and last."""
        habits = self.weights.name_habits
        return habits.first_and_middle if role is Role.FIRST else habits.last_middle_and_last

    def price_pictured(
        self, role: Role, forms: IntArray, channel: FloatArray, unseen: float
    ) -> tuple[float, FloatArray]:
        """As `price_population` from log P(pixels | form) of some forms; `unseen` is log P(pixels) of a name nobody has."""
        peak = max(float(channel.max(initial=-1e9)), unseen)
        known = np.exp(channel + self.postings[role].log_frequency[forms] - np.float32(peak))
        rest = self.unseen_share * exp(unseen - peak) + 1e-300
        population = peak + log((1 - self.unseen_share) * float(known.sum()) + rest)
        if self._no_class.size == 1:
            return population, self._no_class
        lift = self.classes.lift[CLASSED.index(role)]
        each = (1.0 - self.unseen_share) * (known @ lift[forms]) + rest
        return population, np.asarray(np.log(each) + peak - population, dtype=np.float32)

    def unrelated_share(self, role: Role) -> float:
        """Chance that the box holds something unrelated to the child."""
        return self._unrelated[role]

    def related_forms(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Variants and nicknames among the enrolled forms: written, meant, log price."""
        if self._related is None:
            self._related = self.vocabulary.relate_forms()
        return self._related

    def may_leave(self, role: Role, child: int, joined: str) -> bool:
        """Whether this is one of the forms that a child's names leave in the box."""
        number, postings = self.vocabulary.id_of.get(joined), self.postings[role]
        return (
            number is not None
            and number in postings.forms[postings.child_start[child] : postings.child_start[child + 1]]
        )

    def frequency_words(self, role: Role, text: str) -> str:
        """How many of all, "3 in 49,240": enrolled children bear this name in this role."""
        number = self.vocabulary.id_of.get("".join(words_of(text)))
        bearers = 0 if number is None else int(self.postings[role].bearers[number])
        return f"{bearers:,} in {self.children_count:,}"

    def rarity(self, role: Role, text: str) -> float:
        """Share of the enrolled children that bear this name in this role."""
        number = self.vocabulary.id_of.get("".join(words_of(text)))
        return 0.0 if number is None else exp(float(self.postings[role].log_frequency[number]))


def _join_populations(one: tuple[float, FloatArray], other: tuple[float, FloatArray]) -> tuple[float, FloatArray]:
    """Either way of writing: both prices and their classes together."""
    total = float(np.logaddexp(one[0], other[0]))
    each = np.logaddexp(one[0] + one[1], other[0] + other[1])
    return total, np.asarray(each - total, dtype=np.float32)
