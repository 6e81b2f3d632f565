"""Learns a district's tables of chances from its own queries, without labels: EM, held near the tables it starts from.

Each round weighs every query with the tables so far, counts in which ways the likely children's values were written, each child
by its probability, and takes the shares for new chances. `decided` counts in full: what people decided. Decides nothing about a
child. Accepted limits: typed queries; which sibling or twin isn't enrolled leaves no trace without labels, so only the share of
all who aren't enrolled is learned; the chances of names' places, of `any_word` and of rivals' likeness stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from matching.enrollment_columns import EnrollmentColumns, take_columns
from matching.matcher import Matcher
from matching.types import Candidate, Query
from matching.weights import Weights, builtin_weights
from matching.written_ways import Way, name_ways

ROUNDS = 2
STRENGTH = 1500.0
"""Each group of chances starts with so many observations of the tables it starts from."""
LEAST_SHARE = 0.02
LEAST, MOST = 1e-5, 0.995
NOT_ENROLLED = (0.02, 0.6)
_PER_WAY = {
    Way("date_slips", "off_by_one"): 4, Way("date_slips", "year_off_by_one"): 2, Way("date_slips", "other_year"): 2,
    Way("id_slips", "lost_or_doubled"): 2,
}  # fmt: skip
"""Ways whose chance in the table is that of one of several directions."""
_TOGETHER = {
    "date_slips": ("birth_date",),
    "id_slips": ("student_id",),
    "grade_slips": (),
    "name_slips": (),
}
"""Tables whose entries are shares of one whole, and what of `unrelated` shares in it."""
_ALONE = ("first", "last", "school", "guardian")
_KEPT = frozenset(
    {Way("date_slips", "first_of_january_enrolled"), Way("id_slips", "anothers"), Way("grade_slips", "beside_date")}
)


def learn_weights(
    enrollment: pd.DataFrame,
    queries: Sequence[Query],
    start: Weights | None = None,
    decided: Mapping[int, str] | None = None,
    rounds: int = ROUNDS,
) -> Weights:
    """The tables after some rounds; `decided` tells by a query's place which student it means, "" for none."""
    columns = take_columns(enrollment)
    child_of = {columns.student_id[child]: child for child in range(len(columns.student_id))}
    weights = start or builtin_weights()
    for _ in range(rounds):
        found = Matcher(enrollment, weights).match_batch(queries)
        counts: Counter[Way] = Counter()
        unlisted = 0.0
        for place, (query, candidates) in enumerate(zip(queries, found, strict=True)):
            decision = (decided or {}).get(place)
            shares = _share_out(candidates, decision)
            unlisted += 1.0 - sum(shares) if decision is None else float(not decision)
            _count_ways(counts, columns, child_of, query, candidates, shares)
        weights = reckon(weights, counts, unlisted, len(queries))
    return weights


def _share_out(candidates: Sequence[Candidate], decided: str | None) -> list[float]:
    if decided is None:
        return [candidate.probability for candidate in candidates]
    return [float(candidate.student_id == decided) for candidate in candidates]


def _count_ways(
    counts: Counter[Way],
    columns: EnrollmentColumns,
    child_of: Mapping[str, int],
    query: Query,
    candidates: Sequence[Candidate],
    shares: Sequence[float],
) -> None:
    for candidate, share in zip(candidates, shares, strict=True):
        if share >= LEAST_SHARE:
            for way in name_ways(columns, child_of[candidate.student_id], query, candidate):
                counts[way] += share  # type: ignore[assignment]  # a Counter counts parts as well


def reckon(weights: Weights, counts: Mapping[Way, float], unlisted: float, queries: int) -> Weights:
    """New tables from counted ways, each share held towards the old one by `STRENGTH` observations."""
    tables = asdict(weights)
    for table, beside in _TOGETHER.items():
        total = sum(number for way, number in counts.items() if way.table == table)
        for name, old in tables[table].items():
            way = Way(table, name)
            if way not in _KEPT:
                tables[table][name] = _move(old, counts.get(way, 0.0) / _PER_WAY.get(way, 1), total)
        for name in beside:
            apart = counts.get(Way("unrelated", name), 0.0)
            tables["unrelated"][name] = _move(tables["unrelated"][name], apart, total + apart)
    for name in _ALONE:
        apart = counts.get(Way("unrelated", name), 0.0)
        total = apart + counts.get(Way("related", name), 0.0)
        tables["unrelated"][name] = _move(tables["unrelated"][name], apart, total)
    rivals = tables["rivals"]
    unlisted_kinds = ("stranger", "namesake", "sibling", "twin")
    old = sum(rivals[name] for name in unlisted_kinds)
    new = min(max(_move(old, unlisted, queries), NOT_ENROLLED[0]), NOT_ENROLLED[1])
    for name in unlisted_kinds:
        rivals[name] *= new / old
    return Weights.from_tables(tables)


def _move(old: float, hits: float, total: float) -> float:
    return min(max((hits + STRENGTH * old) / (total + STRENGTH), LEAST), MOST)
