"""Finds, for each query, the enrolled children that its evidence could make likely.

Every child that any word, date, number or guardian speaks for is ranked, however weakly; there are no blocks. All other
children differ in school and grade only, and are summed up exactly. Decides whom to weigh in full; never a probability.
Accepted limit: the ranking takes names word by word in any order, so it differs a little from the full weight: children within
`WITHIN_REACH` nats of the best are weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.name_roles import Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.postings import LongArray, Postings
from matching.query_reading import ReadQuery
from matching.words_together import Weighed

if TYPE_CHECKING:
    from matching.child_index import ChildIndex

WITHIN_REACH = 18.0
MOST_WEIGHED = 1_000
FEW_ENROLLED = 300
"""So few children are all weighed in full."""

Array64 = NDArray[np.float64]
PlaceArray = NDArray[np.intp]


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
    names, guardians = _hear_names(index, reads, board), _hear_guardians(index, reads, board)
    found = [
        _reach_for_one(
            index, read, board, [guardians[read.guardian], *(names[asked] for asked in _list_names(read)), *said]
        )
        for read, said in zip(reads, _hear_dates(index, reads), strict=True)
    ]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Testimony:
    """What one witness says: the children it names, each once, by how much over its floor, and its floor.

    Children are `intp` here: numpy writes to places of any other type ten times slower.
    """

    children: PlaceArray
    gains: FloatArray
    floor: float


class _Scoreboard:
    """Takes together what is said of one child; empty again after each use.

    A witness is a word, a date, a number. Of one witness a child has its best gain; those of several add up.
    """

    def __init__(self, children_count: int) -> None:
        self._total = np.zeros(children_count, dtype=np.float32)
        self._best = np.zeros(children_count, dtype=np.float32)
        self._place = np.empty(children_count, dtype=np.intp)

    def hear_word(self, children: PlaceArray, gains: FloatArray, floor: float) -> _Testimony:
        """One word: of its forms that a child has the best counts."""
        np.maximum.at(self._best, children, gains)
        once = self._take_once(children)
        best = self._best[once]
        self._best[once] = 0.0
        return _Testimony(once, best, floor)

    def add_up(self, testimonies: Sequence[_Testimony]) -> _Testimony:
        """What several witnesses say together."""
        if len(testimonies) == 1:
            return testimonies[0]
        children = np.concatenate([said.children for said in testimonies])
        np.add.at(self._total, children, np.concatenate([said.gains for said in testimonies]))
        once = self._take_once(children)
        sums = self._total[once]
        self._total[once] = 0.0
        return _Testimony(once, sums, sum(said.floor for said in testimonies))

    def _take_once(self, children: PlaceArray) -> PlaceArray:
        places = np.arange(children.size)
        self._place[children] = places
        once: PlaceArray = children[self._place[children] == places]
        return once


_NOTHING = _Testimony(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _ReachedForOne:
    children: IntArray
    remainder: float


def _reach_for_one(
    index: ChildIndex, read: ReadQuery, board: _Scoreboard, testimonies: list[_Testimony]
) -> _ReachedForOne:
    if read.student_id is not None:
        numbers, floor = read.student_id, read.student_id.floor
        testimonies.append(_Testimony(numbers.children.astype(np.intp), numbers.ratio - np.float32(floor), floor))
    return _keep_best(index, read, board.add_up(testimonies))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A word and the box in which it is looked for."""

    role: Role
    word: Weighed


def _hear_names(index: ChildIndex, reads: Sequence[ReadQuery], board: _Scoreboard) -> dict[_Asked, _Testimony]:
    """What each word of the names says: one that several queries have in common is heard once."""
    asked = dict.fromkeys(asked for read in reads for asked in _list_names(read))
    heard: dict[_Asked, _Testimony] = {}
    for role in Role:
        mine = [one for one in asked if one.role is role]
        heard.update(zip(mine, _hear_words(index.names.postings[role], [one.word for one in mine], board), strict=True))
    return heard


def _list_names(read: ReadQuery) -> list[_Asked]:
    names = read.names
    if not names.from_pixels:
        return [_Asked(Role.ANY, word) for word in names.words]
    asked: list[tuple[Role, Weighed | None]] = [
        (Role.FIRST, names.first.whole if names.first else None),
        (Role.LAST, names.last.whole if names.last else None),
        (Role.LAST, names.first_as_last),
        (Role.FIRST, names.last_as_first),
        (Role.MIDDLE, names.middle.whole if names.middle else None),
    ]
    return [_Asked(role, weighed) for role, weighed in asked if weighed is not None]


def _hear_dates(index: ChildIndex, reads: Sequence[ReadQuery]) -> list[list[_Testimony]]:
    """What each query's birth date says, a list of one or none a query."""
    dates = [read.birth_date for read in reads if read.birth_date is not None]
    if not dates:
        return [[] for _ in reads]
    children, counts = index.dates.children_of(np.concatenate([one.ids for one in dates]))
    places: PlaceArray = children.astype(np.intp)
    gains = np.repeat(np.concatenate([one.ratio - np.float32(one.floor) for one in dates]), counts)
    ends = pairwise(_end_each(counts, [one.ids.size for one in dates]))
    said = (
        _Testimony(places[start:end], gains[start:end], one.floor)
        for one, (start, end) in zip(dates, ends, strict=True)
    )
    return [[] if read.birth_date is None else [next(said)] for read in reads]


def _end_each(counts: LongArray, sizes: Sequence[int]) -> list[int]:
    """Where each of several groups of so many counts begins, laid end to end, and where the last ends."""
    ends: list[int] = np.concatenate([[0], np.cumsum(counts)])[np.cumsum([0, *sizes])].tolist()
    return ends


def _hear_guardians(
    index: ChildIndex, reads: Sequence[ReadQuery], board: _Scoreboard
) -> dict[tuple[Weighed, ...], _Testimony]:
    """All words of a parent's name are one witness, that says no more than `weighing` lets it; what it says of the others."""
    guardians = index.guardians
    listed = list(dict.fromkeys(word for read in reads for word in read.guardian))
    words = dict(zip(listed, _hear_words(guardians.postings, listed, board), strict=True))
    heard: dict[tuple[Weighed, ...], _Testimony] = {(): _NOTHING}
    for name in dict.fromkeys(read.guardian for read in reads if read.guardian):
        said = board.add_up([words[word] for word in name])
        otherwise = float(guardians.mix(np.array([said.floor], dtype=np.float32))[0])
        gains = guardians.mix(said.gains + np.float32(said.floor)) - np.float32(otherwise)
        heard[name] = _Testimony(said.children, gains, otherwise)
    return heard


def _hear_words(postings: Postings, words: Sequence[Weighed], board: _Scoreboard) -> list[_Testimony]:
    """Words, each a witness of its own, about the forms of children."""
    if not words:
        return []
    positions, counts = postings.find(np.concatenate([word.ids for word in words]))
    gains = np.repeat(np.concatenate([word.ratio - np.float32(word.floor) for word in words]), counts)
    gains += postings.shares[positions]
    children = postings.children[positions].astype(np.intp)
    ends = pairwise(_end_each(counts, [word.ids.size for word in words]))
    return [
        board.hear_word(children[start:end], gains[start:end], word.floor)
        for word, (start, end) in zip(words, ends, strict=True)
    ]


def _keep_best(index: ChildIndex, read: ReadQuery, said: _Testimony) -> _ReachedForOne:
    """The children within reach of the best, and the sum of all the others: those spoken for, and those never named."""
    cells = _weigh_cells(index, read)
    chances, mine = np.exp(cells), index.cell_of_child[said.children]
    quick = said.gains + cells[mine]
    near = (quick >= quick.max(initial=-np.inf) - np.float32(WITHIN_REACH)).nonzero()[0]
    if near.size > MOST_WEIGHED:
        near = near[np.argpartition(-quick[near], MOST_WEIGHED)[:MOST_WEIGHED]]
    never_named = float(chances @ index.children_of_cell) - float(chances[mine].sum(dtype=np.float64))
    named = np.exp(np.minimum(quick, np.float32(80.0)))
    named[near] = 0.0
    others = max(never_named, 1e-30) + float(named.sum(dtype=np.float64))
    return _ReachedForOne(np.sort(said.children[near].astype(np.int32)), said.floor + log(max(others, 1e-30)))


def _weigh_cells(index: ChildIndex, read: ReadQuery) -> FloatArray:
    """What school and grade say of the children of each cell, (C,)."""
    if read.school is None and read.grade is None:
        return np.zeros(index.children_of_cell.size, dtype=np.float32)
    schools = index.schools.nothing if read.school is None else read.school
    grades = index.grades.nothing if read.grade is None else read.grade
    return np.add.outer(schools, grades).ravel()
