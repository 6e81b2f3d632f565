"""Finds, for each query, the enrolled children that its evidence could make likely.

Every child that any word, date, number or guardian speaks for is ranked, however weakly; there are no blocks. All other
children differ in school and grade only, and are summed up exactly. Decides whom to weigh in full; never a probability.
Accepted limit: the ranking takes names word by word in any order, so it differs a little from the full weight: children within
`WITHIN_REACH` nats of the best are weighed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.name_roles import Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.postings import Postings
from matching.query_reading import ReadQuery
from matching.words_together import Weighed

if TYPE_CHECKING:
    from matching.child_index import ChildIndex

WITHIN_REACH = 18.0
MOST_WEIGHED = 1_000
FEW_ENROLLED = 300
"""So few children are all weighed in full."""

Array64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Pairs of a query and a child worth weighing, queries ascending: `query` (P,), `children` (P,).

    `remainder` (Q,) is the log sum of the likelihood ratios of all other children.
    """

    query: IntArray
    children: IntArray
    remainder: Array64


def reach_children(index: ChildIndex, reads: Sequence[ReadQuery]) -> Reached:
    """The children to weigh for each query."""
    if index.children_count <= FEW_ENROLLED:
        return reach_everybody(index.children_count, len(reads))
    board = _Scoreboard(index.children_count)
    found = [_reach_for_one(index, read, board) for read in reads]
    return Reached(
        np.repeat(np.arange(len(reads), dtype=np.int32), [one.children.size for one in found]),
        np.concatenate([one.children for one in found]),
        np.array([one.remainder for one in found]),
    )


def reach_everybody(children_count: int, queries_count: int) -> Reached:
    """Every child for every query."""
    everybody = np.arange(children_count, dtype=np.int32)
    return Reached(
        np.repeat(np.arange(queries_count, dtype=np.int32), children_count),
        np.tile(everybody, queries_count),
        np.full(queries_count, -1e9),
    )


class _Scoreboard:
    """Adds up what witnesses give each child over the floor; empty again after `add_up`.

    A witness is a word, a date, a number. Of one witness a child has its best gain; those of several add up.
    """

    def __init__(self, children_count: int) -> None:
        self._total = np.zeros(children_count, dtype=np.float32)
        self._best = np.zeros(children_count, dtype=np.float32)
        self._place = np.empty(children_count, dtype=np.int32)
        self._heard: list[IntArray] = []

    def hear(self, children: IntArray, gains: FloatArray) -> None:
        """One witness that names each child once."""
        self._total[children] += gains
        self._heard.append(children)

    def hear_words(self, postings: Postings, words: Sequence[Weighed]) -> None:
        """Words, each a witness of its own, about the forms of children."""
        if not words:
            return
        positions, counts = postings.find(np.concatenate([word.ids for word in words]))
        gains = np.repeat(np.concatenate([word.ratio - np.float32(word.floor) for word in words]), counts)
        gains += postings.shares[positions]
        children = postings.children[positions]
        ends = np.cumsum(counts)
        start = place = 0
        for word in words:
            place += word.ids.size
            end = int(ends[place - 1]) if place else 0
            self._hear_word(children[start:end], gains[start:end])
            start = end
        self._heard.append(children)

    def _hear_word(self, children: IntArray, gains: FloatArray) -> None:
        np.maximum.at(self._best, children, gains)
        self._total[children] = self._total[children] + self._best[children]
        self._best[children] = 0.0

    def revise(self, revised: Callable[[FloatArray], FloatArray]) -> None:
        """Other sums for all children that somebody spoke for so far."""
        for children in self._heard:
            self._total[children] = revised(self._total[children])

    def add_up(self) -> tuple[IntArray, FloatArray]:
        """Every child that somebody spoke for, once, and its sum."""
        children = np.concatenate(self._heard) if self._heard else np.empty(0, dtype=np.int32)
        places = np.arange(children.size, dtype=np.int32)
        self._place[children] = places
        children = children[self._place[children] == places]
        sums = self._total[children]
        self._total[children] = 0.0
        self._heard = []
        return children, sums


@dataclass(frozen=True, slots=True, eq=False)
class _ReachedForOne:
    children: IntArray
    remainder: float


def _reach_for_one(index: ChildIndex, read: ReadQuery, board: _Scoreboard) -> _ReachedForOne:
    floor = _hear_guardians(index, read, board)
    for role, words in _name_lists(read):
        board.hear_words(index.names.postings[role], words)
        floor += sum(word.floor for word in words)
    if read.birth_date is not None:
        children, counts = index.dates.children_of(read.birth_date.ids)
        board.hear(children, np.repeat(read.birth_date.ratio - np.float32(read.birth_date.floor), counts))
        floor += read.birth_date.floor
    if read.student_id is not None:
        board.hear(read.student_id.children, read.student_id.ratio - np.float32(read.student_id.floor))
        floor += read.student_id.floor
    children, gains = board.add_up()
    return _keep_best(index, read, children, gains, floor)


def _hear_guardians(index: ChildIndex, read: ReadQuery, board: _Scoreboard) -> float:
    """All words of the parent's name are one witness, that says no more than `weighing` lets it; what it says of the others."""
    if not read.guardian:
        return 0.0
    floor = sum(word.floor for word in read.guardian)
    otherwise = float(index.guardians.mix(np.array([floor], dtype=np.float32))[0])
    board.hear_words(index.guardians.postings, read.guardian)
    board.revise(lambda gains: index.guardians.mix(gains + np.float32(floor)) - np.float32(otherwise))
    return otherwise


def _name_lists(read: ReadQuery) -> list[tuple[Role, tuple[Weighed, ...]]]:
    names = read.names
    if not names.from_pixels:
        return [(Role.ANY, names.words)]
    asked: list[tuple[Role, Weighed | None]] = [
        (Role.FIRST, names.first.whole if names.first else None),
        (Role.LAST, names.last.whole if names.last else None),
        (Role.LAST, names.first_as_last),
        (Role.FIRST, names.last_as_first),
        (Role.MIDDLE, names.middle.whole if names.middle else None),
    ]
    return [(role, (weighed,)) for role, weighed in asked if weighed is not None]


def _keep_best(
    index: ChildIndex, read: ReadQuery, children: IntArray, gains: FloatArray, floor: float
) -> _ReachedForOne:
    """The children within reach of the best, and the sum of all the others: those spoken for, and those never named."""
    cells = _weigh_cells(index, read)
    apart = cells[index.cell_of_child[children]]
    quick = gains + apart
    near = np.flatnonzero(quick >= quick.max(initial=-np.inf) - np.float32(WITHIN_REACH))
    if near.size > MOST_WEIGHED:
        near = near[np.argpartition(-quick[near], MOST_WEIGHED)[:MOST_WEIGHED]]
    never_named = float(np.exp(cells) @ index.children_of_cell) - float(np.exp(apart).sum(dtype=np.float64))
    named = np.exp(np.minimum(quick, np.float32(80.0)))
    named[near] = 0.0
    others = max(never_named, 1e-30) + float(named.sum(dtype=np.float64))
    return _ReachedForOne(np.sort(children[near]), floor + log(max(others, 1e-30)))


def _weigh_cells(index: ChildIndex, read: ReadQuery) -> FloatArray:
    """What school and grade say of the children of each cell, (C,)."""
    if read.school is None and read.grade is None:
        return np.zeros(index.children_of_cell.size, dtype=np.float32)
    schools = index.schools.nothing if read.school is None else read.school
    grades = index.grades.nothing if read.grade is None else read.grade
    return np.add.outer(schools, grades).ravel()
