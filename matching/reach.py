"""Finds, for many queries at once, the enrolled children that their evidence could make likely.

Every child that any word, date, number or guardian speaks for is ranked, however weakly; there are no blocks. All other
children differ in school and grade only, and are summed up exactly. Decides whom to weigh in full; never a probability.
Accepted limit: the ranking takes names word by word in any order, so it differs a little from the full weight: children within
`WITHIN_REACH` nats of the best are weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.name_index import Weighed
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.postings import LongArray, Postings
from matching.query_reading import ReadQuery

if TYPE_CHECKING:
    from matching.child_index import ChildIndex

WITHIN_REACH = 18.0
MOST_WEIGHED = 1_000
MOST_AT_ONCE = 256
"""Queries ranked together; their numbers must fit the bits below."""
_WITNESS_BITS, _GAIN_BITS = 5, 12
_UNIT = 100.0
"""Gains are kept in hundredths of a nat."""
_DATE, _ID, _GUARDIAN = 7, 8, 9
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


@dataclass(slots=True)
class _Lists:
    """What is to be looked up in one table: form ids, gains over the floor, and the tag of query and witness."""

    ids: list[IntArray]
    gains: list[FloatArray]
    tags: list[int]

    def add(self, query: int, witness: int, ids: IntArray, gains: FloatArray) -> None:
        self.ids.append(ids)
        self.gains.append(gains)
        self.tags.append((query << _WITNESS_BITS) | witness)


def reach_children(index: ChildIndex, reads: Sequence[ReadQuery]) -> Reached:
    """The children to weigh for each of at most `MOST_AT_ONCE` queries."""
    if index.children_count <= FEW_ENROLLED:
        return reach_everybody(index.children_count, len(reads))
    keys = np.sort(np.concatenate(_look_up(index, reads)))
    witness_key = keys >> _GAIN_BITS
    last = np.ones(keys.size, dtype=np.bool_)
    last[:-1] = witness_key[1:] != witness_key[:-1]
    best = keys[last]
    pair = best >> (_GAIN_BITS + _WITNESS_BITS)
    gain = (best & ((1 << _GAIN_BITS) - 1)).astype(np.float32) * np.float32(1.0 / _UNIT)
    first = np.ones(pair.size, dtype=np.bool_)
    first[1:] = pair[1:] != pair[:-1]
    starts = np.flatnonzero(first)
    total = np.add.reduceat(gain, starts) if starts.size else gain
    query, children = np.divmod(pair[starts], index.children_count)
    return _keep_best(index, reads, query, children, total)


def reach_everybody(children_count: int, queries_count: int) -> Reached:
    """Every child for every query."""
    everybody = np.arange(children_count, dtype=np.int32)
    return Reached(
        np.repeat(np.arange(queries_count, dtype=np.int32), children_count),
        np.tile(everybody, queries_count),
        np.full(queries_count, -1e9),
    )


def _look_up(index: ChildIndex, reads: Sequence[ReadQuery]) -> list[LongArray]:
    tables: dict[int, tuple[Postings, _Lists]] = {}

    def ask(postings: Postings, query: int, witness: int, weighed: Weighed) -> None:
        _, lists = tables.setdefault(id(postings), (postings, _Lists([], [], [])))
        lists.add(query, witness, weighed.ids, weighed.ratio - np.float32(weighed.floor))

    dates, ids = _Lists([], [], []), _Lists([], [], [])
    for query, read in enumerate(reads):
        for witness, (role, weighed) in enumerate(_name_lists(read)):
            ask(index.names.postings[role], query, witness, weighed)
        for witness, weighed in enumerate(read.guardian, _GUARDIAN):
            ask(index.guardians.postings, query, witness, weighed)
        if read.birth_date is not None:
            dates.add(query, _DATE, read.birth_date.ids, read.birth_date.ratio - np.float32(read.birth_date.floor))
        if read.student_id is not None:
            ids.add(query, _ID, read.student_id.children, read.student_id.ratio - np.float32(read.student_id.floor))
    found = [np.empty(0, dtype=np.int64)]
    for postings, lists in tables.values():
        forms, gains, tags = _join(lists)
        positions, counts = postings.find(forms)
        gains = np.repeat(gains, counts) + postings.shares[positions]
        found.append(_as_keys(index, np.repeat(tags, counts), postings.children[positions], gains))
    if dates.ids:
        days, gains, tags = _join(dates)
        children, counts = index.dates.children_of(days)
        found.append(_as_keys(index, np.repeat(tags, counts), children, np.repeat(gains, counts)))
    if ids.ids:
        children, gains, tags = _join(ids)
        found.append(_as_keys(index, tags, children, gains))
    return found


def _name_lists(read: ReadQuery) -> list[tuple[Role, Weighed]]:
    names = read.names
    if not names.from_pixels:
        return [(Role.ANY, weighed) for weighed in names.words]
    asked: list[tuple[Role, Weighed | None]] = [
        (Role.FIRST, names.first.whole if names.first else None),
        (Role.LAST, names.last.whole if names.last else None),
        (Role.LAST, names.first_as_last),
        (Role.FIRST, names.last_as_first),
        (Role.MIDDLE, names.middle.whole if names.middle else None),
    ]
    return [(role, weighed) for role, weighed in asked if weighed is not None]


def _join(lists: _Lists) -> tuple[IntArray, FloatArray, LongArray]:
    sizes = [ids.size for ids in lists.ids]
    tags = np.repeat(np.array(lists.tags, dtype=np.int64), sizes)
    return np.concatenate(lists.ids), np.concatenate(lists.gains), tags


def _as_keys(index: ChildIndex, tags: LongArray, children: IntArray, gains: FloatArray) -> LongArray:
    """One number that sorts by query, child, witness and gain."""
    units = np.clip(gains * np.float32(_UNIT), 0.0, float((1 << _GAIN_BITS) - 1)).astype(np.int64)
    query, witness = tags >> _WITNESS_BITS, tags & ((1 << _WITNESS_BITS) - 1)
    pair = query * index.children_count + children
    keys: LongArray = (((pair << _WITNESS_BITS) | witness) << _GAIN_BITS) | units
    kept: LongArray = keys[units > 0]
    return kept


def _keep_best(
    index: ChildIndex, reads: Sequence[ReadQuery], query: LongArray, children: LongArray, total: FloatArray
) -> Reached:
    schools, grades, floors = _lay_tables(index, reads)
    apart = schools[query, index.schools.school_of_child[children]]
    apart += grades[query, index.grades.grade_of_child[children]]
    quick = total.astype(np.float64) + apart
    queries = len(reads)
    best = np.full(queries, -np.inf)
    np.maximum.at(best, query, quick)
    everybody = ((np.exp(schools) @ index.schools_and_grades) * np.exp(grades)).sum(axis=1, dtype=np.float64)
    others = np.maximum(everybody - np.bincount(query, weights=np.exp(apart), minlength=queries), 1e-30)
    within = quick >= best[query] - WITHIN_REACH
    rank_order = np.flatnonzero(within)
    crowded = np.flatnonzero(np.bincount(query[rank_order], minlength=queries) > MOST_WEIGHED)
    for one in crowded.tolist():
        mine = rank_order[query[rank_order] == one]
        within[mine[np.argpartition(-quick[mine], MOST_WEIGHED)[MOST_WEIGHED:]]] = False
    left = np.bincount(query[~within], weights=np.exp(quick[~within]), minlength=queries)
    return Reached(
        query[within].astype(np.int32),
        children[within].astype(np.int32),
        floors + np.log(np.maximum(others + left, 1e-30)),
    )


def _lay_tables(index: ChildIndex, reads: Sequence[ReadQuery]) -> tuple[FloatArray, FloatArray, Array64]:
    schools = np.zeros((len(reads), len(index.schools.texts) + 1), dtype=np.float32)
    grades = np.zeros((len(reads), 16), dtype=np.float32)
    floors = np.zeros(len(reads))
    for query, read in enumerate(reads):
        if read.school is not None:
            schools[query] = read.school
        if read.grade is not None:
            grades[query] = read.grade
        floors[query] = sum(weighed.floor for _, weighed in _name_lists(read))
        floors[query] += 0.0 if read.birth_date is None else read.birth_date.floor
        floors[query] += 0.0 if read.student_id is None else read.student_id.floor
    return schools, grades, floors
