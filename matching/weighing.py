"""Weighs pairs of a query and a child in full, field by field, many pairs at once.

Decides the log-likelihood ratios that `posterior` joins. Never joins fields into a probability and never words evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.asked_forms import AskedForms, Asking
from matching.name_company import NameCompany, weigh_company
from matching.name_folding import join_words
from matching.name_index import SPLIT_BOXES
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.pixels import weigh_combined
from matching.posterior import FieldRatios, Namesakes, WeighedPairs
from matching.postings import Postings
from matching.query_reading import NameBox, ReadNames, ReadQuery
from matching.words_together import Weighed

if TYPE_CHECKING:
    from matching.child_index import ChildIndex

MOST_COMBINED = 48
"""Children whose first and middle name together are shown to the pixels of one box."""


class PairWeigher:
    """Weighs the pairs of one lot of queries; `query` (P,) ascending, `children` (P,)."""

    def __init__(self, index: ChildIndex, reads: Sequence[ReadQuery], query: IntArray, children: IntArray) -> None:
        self._index, self._reads = index, reads
        self._query, self._children = query, children
        self._asked_names = AskedForms(
            (word for read in reads for word in _list_words(read.names)), len(index.names.vocabulary.forms)
        )
        self._asking: dict[Role, Asking] = {}
        self._nothing = np.zeros(query.size, dtype=np.float32)

    def weigh(self) -> WeighedPairs:
        """All ratios of all pairs."""
        index = self._index
        first = self._weigh_box(Role.FIRST, [read.names.first for read in self._reads])
        last = self._weigh_box(Role.LAST, [read.names.last for read in self._reads])
        middle = self._ask(Role.MIDDLE, [_whole_of(read.names.middle) for read in self._reads])[0]
        straight = first + middle + last
        name, family = self._weigh_any_order(straight)
        fields = FieldRatios(
            name=name,
            first=first,
            last=last,
            middle=middle,
            birth_date=self._weigh_each(
                lambda read, children: (
                    None
                    if read.birth_date is None
                    else read.birth_date.take(index.dates.date_of_child[children], index.dates.undated)
                )
            ),
            student_id=self._weigh_each(
                lambda read, children: (
                    None if read.student_id is None else read.student_id.take(children, index.ids.absent)
                )
            ),
            school=self._weigh_each(
                lambda read, children: (
                    None if read.school is None else read.school[index.schools.school_of_child[children]]
                )
            ),
            grade=self._weigh_each(
                lambda read, children: None if read.grade is None else read.grade[index.grades.grade_of_child[children]]
            ),
            guardian=self._weigh_guardians(),
        )
        company = weigh_company(index.names.classes, self._reads)
        namesakes = self._count_namesakes(company, self._find_other_order(name, straight))
        return WeighedPairs(
            self._query, self._children, fields, family, namesakes, company.corrections.take(self._query)
        )

    def _table(self, role: Role) -> Asking:
        found = self._asking.get(role)
        if found is None:
            found = self._asking[role] = self._lay_out(self._index.names.postings[role], self._asked_names)
        return found

    def _lay_out(self, postings: Postings, asked: AskedForms) -> Asking:
        return Asking(postings, asked, self._query, self._children, len(self._reads))

    def _ask(self, role: Role, asked: Sequence[Weighed | None], *shares: FloatArray) -> list[FloatArray]:
        if not any(weighed is not None for weighed in asked):
            return [self._nothing for _ in shares or (0,)]
        return self._table(role).ask(asked, *shares)

    def _asks(self, asked: Sequence[object]) -> NDArray[np.bool_]:
        """Whether the query of each pair asks at all, (P,)."""
        return np.array([one is not None for one in asked])[self._query]

    def _weigh_box(self, role: Role, boxes: Sequence[NameBox | None]) -> FloatArray:
        best = self._ask(role, [_whole_of(box) for box in boxes])[0]
        instead = [None if box is None else box.instead for box in boxes]
        if any(instead):
            price = np.float32(log(self._index.names.weights.name_habits.other_name_instead))
            other = self._ask(role, instead)[0] + price
            best = np.where(self._asks(instead), np.maximum(best, other), best)
        front, back = SPLIT_BOXES[role]
        for place in range(max((len(box.splits) for box in boxes if box is not None), default=0)):
            splits = [None if box is None or len(box.splits) <= place else box.splits[place] for box in boxes]
            prices = np.array([0.0 if split is None else split.price for split in splits], dtype=np.float32)
            both = self._ask(front, [None if split is None else split.front for split in splits])[0]
            both = both + self._ask(back, [None if split is None else split.back for split in splits])[0]
            best = np.where(self._asks(splits), np.maximum(best, both + prices[self._query]), best)
        return self._add_combined(role, boxes, np.asarray(best, dtype=np.float32))

    def _add_combined(self, role: Role, boxes: Sequence[NameBox | None], best: FloatArray) -> FloatArray:
        """Two names in one box of pixels: the most likely children's own two names are shown to it."""
        columns = self._index.columns
        for number, box in enumerate(boxes):
            if box is None or box.pixels is None:
                continue
            mine = np.flatnonzero(self._query == number)[:MOST_COMBINED]
            texts = []
            for child in self._children[mine].tolist():
                cells = (columns.first, columns.middle) if role is Role.FIRST else (columns.middle, columns.last)
                texts.append(" ".join(join_words(cell[child]) for cell in cells) if columns.middle[child] else "")
            named = [place for place, text in enumerate(texts) if text.strip()]
            if named:
                ratio = weigh_combined(
                    self._index.names, role, box.whole, box.pixels, [texts[place] for place in named]
                )
                best[mine[named]] = np.maximum(best[mine[named]], ratio)
        return best

    def _count_namesakes(self, company: NameCompany, turned: Sequence[bool]) -> Namesakes:
        own = self._index.names.own_first_names
        straight = company.weigh_bearers(self._index.names, [_whole_of(read.names.first) for read in self._reads])
        any_part, whole = self._explain(straight, self._ask(Role.FIRST, straight, own.any_part, own.whole))
        return Namesakes(
            own=any_part,
            whole=whole,
            elsewhere=self._count_elsewhere(company, turned),
            shared_word=self._index.shared_first_word,
        )

    def _count_elsewhere(self, company: NameCompany, turned: Sequence[bool]) -> FloatArray:
        if not any(turned):
            return self._nothing
        names = self._index.names
        read = [
            self._read_turned(one.names) if other_order else None
            for one, other_order in zip(self._reads, turned, strict=True)
        ]
        asked = company.weigh_bearers(names, read)
        listed = AskedForms((word for word in asked if word is not None), len(names.vocabulary.forms))
        asking = self._lay_out(names.postings[Role.FIRST], listed)
        return self._explain(asked, asking.ask(asked, names.own_first_names.any_part))[0]

    def _find_other_order(self, name: FloatArray, straight: FloatArray) -> list[bool]:
        """Whether the name that fits each query best does so in another order, (Q,)."""
        best = np.full(len(self._reads), -np.inf, dtype=np.float32)
        np.maximum.at(best, self._query, name)
        found = np.zeros(len(self._reads), dtype=np.bool_)
        found[self._query[(name == best[self._query]) & (name > straight)]] = True
        return [bool(turned) for turned in found]

    def _read_turned(self, names: ReadNames) -> Weighed | None:
        """The last-name box, were its name a first name."""
        return names.last_as_first or self._index.names.weigh_words(Role.FIRST, names.last_words)

    def _explain(self, asked: Sequence[Weighed | None], answers: Sequence[FloatArray]) -> list[FloatArray]:
        """Of each answer how much of the chance of a first name is due to bearers of the pair's child's, (P,)."""
        speaks = self._asks(asked)
        return [
            np.where(speaks, np.exp(np.minimum(explained, np.float32(0.0))), np.float32(0.0)) for explained in answers
        ]

    def _weigh_any_order(self, straight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The name as written or in any order, whichever fits better; and what it says for brothers and sisters."""
        names = self._index.names
        habits = names.weights.name_habits
        words = [read.names.words for read in self._reads]
        any_order, family = self._nothing.copy(), self._nothing.copy()
        named = np.zeros(self._query.size, dtype=np.bool_)
        own_share = names.postings[Role.ANY].log_share
        for place in range(max(map(len, words), default=0)):
            asked = [mine[place] if len(mine) > place else None for mine in words]
            own, shared = self._ask(Role.ANY, asked, own_share, names.family_share)
            any_order += own
            family += np.maximum(shared, 0.0)
            named |= self._ask(Role.FIRST, asked)[0] > 0.0
        has_first = ~self._table(Role.FIRST).without if any(words) else named
        any_order += np.where(has_first & ~named, np.float32(log(habits.given_name_left_out)), np.float32(0.0))
        order = np.float32(log(habits.other_order))
        speaks = np.array([bool(mine) for mine in words])[self._query] if words else named
        name = np.where(speaks, np.maximum(straight, any_order + order), straight)
        as_last = [read.names.first_as_last for read in self._reads]
        if any(as_last):
            swapped = self._ask(Role.LAST, as_last)[0]
            swapped = swapped + self._ask(Role.FIRST, [read.names.last_as_first for read in self._reads])[0]
            name = np.where(self._asks(as_last), np.maximum(name, swapped + order), name)
        return np.asarray(name, dtype=np.float32), family

    def _weigh_each(self, take: Callable[[ReadQuery, IntArray], FloatArray | None]) -> FloatArray:
        """One field, query by query."""
        ratios = self._nothing.copy()
        starts = np.searchsorted(self._query, np.arange(len(self._reads) + 1)).tolist()
        for number, read in enumerate(self._reads):
            start, end = starts[number], starts[number + 1]
            found = take(read, self._children[start:end]) if end > start else None
            if found is not None:
                ratios[start:end] = found
        return ratios

    def _weigh_guardians(self) -> FloatArray:
        guardians = self._index.guardians
        words = [read.guardian for read in self._reads]
        most = max(map(len, words), default=0)
        if not most:
            return self._nothing
        listed = (word for mine in words for word in mine)
        table = self._lay_out(guardians.postings, AskedForms(listed, len(guardians.vocabulary.forms)))
        total = self._nothing.copy()
        for place in range(most):
            total += table.ask([mine[place] if len(mine) > place else None for mine in words])[0]
        speaks = np.array([bool(mine) for mine in words])[self._query] & ~table.without
        return np.where(speaks, guardians.mix(total), np.float32(0.0))


def _whole_of(box: NameBox | None) -> Weighed | None:
    return None if box is None else box.whole


def _list_words(names: ReadNames) -> Iterator[Weighed]:
    """Every text of a query's names that pairs are asked with."""
    for box in (names.first, names.middle, names.last):
        if box is not None:
            yield box.whole
            for split in box.splits:
                yield from (split.front, split.back)
            if box.instead is not None:
                yield box.instead
    yield from names.words
    for turned in (names.first_as_last, names.last_as_first):
        if turned is not None:
            yield turned
