"""Settles which query may claim which child when each child can be meant once.

Decides by one assignment over all queries (the most probable joint claim), never by order of arrival. Where two queries fit one
child alike, neither is favoured in probability: the margin stays visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from matching.types import Candidate

SMALLEST = 1e-12


def assign_one_to_one(found: Sequence[list[Candidate]]) -> list[list[Candidate]]:
    """The candidates of each query with the assigned one first; a child claimed by another query loses what that claims."""
    results = [list(candidates) for candidates in found]
    for rivals in find_rivals(found):
        for row, settled in zip(rivals, _assign_rivals([found[row] for row in rivals]), strict=True):
            results[row] = settled
    return results


def find_rivals(found: Sequence[list[Candidate]]) -> list[list[int]]:
    """Queries that have candidates in common, directly or through others, by their places: each group settles on its own."""
    column: dict[str, int] = {}
    pairs = [
        (row, column.setdefault(candidate.student_id, len(column)))
        for row, candidates in enumerate(found)
        for candidate in candidates
    ]
    if not pairs:
        return []
    rows, columns = np.array(pairs).T
    size = len(found) + len(column)
    graph = coo_matrix((np.ones(rows.size), (rows, columns + len(found))), shape=(size, size))
    group_of = connected_components(graph, directed=False)[1][: len(found)]
    groups: dict[int, list[int]] = {}
    for row in np.unique(rows).tolist():
        groups.setdefault(int(group_of[row]), []).append(row)
    return list(groups.values())


def _assign_rivals(found: Sequence[list[Candidate]]) -> list[list[Candidate]]:
    children = sorted({candidate.student_id for candidates in found for candidate in candidates})
    column = {student_id: number for number, student_id in enumerate(children)}
    probability = np.zeros((len(found), len(children)))
    for row, candidates in enumerate(found):
        for candidate in candidates:
            probability[row, column[candidate.student_id]] = candidate.probability
    nobody = np.maximum(1.0 - probability.sum(axis=1), SMALLEST)
    settled = settle_claims(probability, nobody)
    claimed = assign(settled, np.maximum(1.0 - settled.sum(axis=1), SMALLEST))
    results: list[list[Candidate]] = []
    for row, candidates in enumerate(found):
        kept = [
            replace(candidate, probability=float(settled[row, column[candidate.student_id]]))
            for candidate in candidates
        ]
        mine = claimed.get(row)
        taken = {child for other, child in claimed.items() if other != row}
        kept = [candidate for candidate in kept if column[candidate.student_id] not in taken]
        kept.sort(
            key=lambda candidate: (column[candidate.student_id] != mine, -candidate.probability, candidate.student_id)
        )
        results.append(kept)
    return results


def settle_claims(probability: np.ndarray, nobody: np.ndarray) -> np.ndarray:
    """Each query's probabilities given that every child is meant at most once (two rounds of mutual exclusion)."""
    settled = probability
    for _ in range(3):
        by_others = settled.sum(axis=0, keepdims=True) - settled
        free = probability * np.clip(1.0 - by_others, 0.0, 1.0) + SMALLEST * (probability > 0)
        settled = free / (free.sum(axis=1, keepdims=True) + nobody[:, None])
    return settled


def assign(probability: np.ndarray, nobody: np.ndarray) -> dict[int, int]:
    """Row to column of the most probable joint claim; rows better left alone (`nobody`, (R,)) are absent."""
    rows, columns = probability.shape
    cost = np.full((rows, columns + rows), -log(SMALLEST) * 4)
    cost[:, :columns] = np.where(probability > 0, -np.log(np.maximum(probability, SMALLEST)), cost[:, :columns])
    cost[np.arange(rows), columns + np.arange(rows)] = -np.log(nobody)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    return {int(row): int(child) for row, child in zip(chosen_rows, chosen_columns, strict=True) if child < columns}
