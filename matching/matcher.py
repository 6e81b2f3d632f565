"""Finds the enrolled children that a query may mean, with calibrated probabilities and evidence in words.

Decides how probable each child is, never whether that is enough. Every enrolled child is weighed for every query. A query's
content never raises: what can't be read says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from matching.assignment import assign_one_to_one
from matching.child_index import ChildIndex
from matching.enrollment_columns import take_columns
from matching.evidence_words import EvidenceWriter
from matching.forked_shares import count_processes, match_in_shares
from matching.posterior import (
    Prior,
    WeighedPairs,
    compute_probabilities,
    join_corrections,
    join_namesakes,
    join_ratios,
    join_witnesses,
)
from matching.query_reading import ReadQuery, order_alike
from matching.reach import Array64, reach_children
from matching.types import Candidate, Evidence, Query, Witness, check_queries
from matching.weights import Weights, builtin_weights

MOST_CANDIDATES = 10
LOWEST_PROBABILITY = 1e-6
UNLISTED_POPULATION = 300.0
AT_ONCE = 192


@dataclass(frozen=True, slots=True)
class WitnessedMatch:
    """The candidates of a form, of its list row, and of both together."""

    form: list[Candidate]
    row: list[Candidate]
    joint: list[Candidate]


@dataclass(frozen=True, slots=True)
class _Said:
    """A query as it was given and as it was read; None where it says nothing."""

    query: Query
    read: ReadQuery | None


class Matcher:
    """Matches queries against one enrollment. Immutable after construction, safe to use from several threads.

    `enrollment` has the columns of the contract, all text; ValueError where one that is required is missing or a student_id
    stands in two rows. `weights` are the built-in tables unless others were learned. Candidates come best first, at most ten;
    what their probabilities leave of 1 is "not enrolled here".
    """

    def __init__(self, enrollment: pd.DataFrame, weights: Weights | None = None) -> None:
        self.weights = weights or builtin_weights()
        self._index = ChildIndex(take_columns(enrollment), self.weights, UNLISTED_POPULATION)
        rivals = self.weights.rivals
        self._prior = Prior(rivals.stranger, rivals.namesake, rivals.sibling, rivals.twin, self._index.children_count)
        self._writer = EvidenceWriter(self._index)

    def match(self, query: Query) -> list[Candidate]:
        """The children that the query may mean, best first; empty where it says nothing."""
        return self._match_some([query])[0]

    def match_joint(self, form_query: Query, row_query: Query) -> list[Candidate]:
        """The children that a form and its list row mean together, best first; evidence names its witness.

        The two aren't independent: the row may have been typed from the form. Where both agree the surer one counts in full
        and the other a third; where they contradict each other both count in full. Each piece of evidence keeps the weight that
        its own witness gives it.
        """
        return self._join(
            _Said(form_query, self._index.read(form_query)), _Said(row_query, self._index.read(row_query))
        )

    def match_witnesses(self, form_query: Query, row_query: Query) -> WitnessedMatch:
        """What form and row mean each on its own (both as `match`) and together (`match_joint`); either is read once."""
        form, row = _Said(form_query, self._index.read(form_query)), _Said(row_query, self._index.read(row_query))
        alone = self._match_alone(form)
        return WitnessedMatch(alone, self._match_alone(row), alone if row.read is None else self._join(form, row))

    def _match_alone(self, said: _Said, witness: Witness = Witness.FORM) -> list[Candidate]:
        return [] if said.read is None else self._match_reads([said.query], [said.read], witness)[0]

    def _join(self, form: _Said, row: _Said) -> list[Candidate]:
        if form.read is None:
            return self._match_alone(row, Witness.ROW)
        if row.read is None:
            return self._match_alone(form)
        reads = (form.read, row.read)
        reached = [reach_children(self._index, [read]) for read in reads]
        children = np.union1d(reached[0].children, reached[1].children).astype(np.int32)
        query = np.zeros(children.size, dtype=np.int32)
        of_form, of_row = (self._index.weigh([read], query, children) for read in reads)
        joined = WeighedPairs(
            query,
            children,
            join_witnesses(of_form.fields, of_row.fields),
            join_ratios(of_form.family, of_row.family),
            join_namesakes(of_form.namesakes, of_row.namesakes),
            join_corrections(of_form.corrections, of_row.corrections),
        )
        remainder = np.minimum(reached[0].remainder, reached[1].remainder)
        testimonies = [(form.query, Witness.FORM, of_form), (row.query, Witness.ROW, of_row)]
        found: list[Candidate] = []
        for place, probability in self._rank(joined, remainder)[0]:
            evidence: list[Evidence] = []
            for said, witness, weighed in testimonies:
                evidence += self._writer.write(int(children[place]), said, weighed.fields, place, witness)
            found.append(self._candidate(int(children[place]), probability, evidence))
        return found

    def match_batch(self, queries: Sequence[Query], one_to_one: bool = False) -> list[list[Candidate]]:
        """`match` for each query, in order; many queries on all cores, where this process has no other threads.

        With `one_to_one` no two queries may claim one child: a child that fits two queries stays likely for the one it fits
        best, and the other's probability for it is cut accordingly.
        """
        check_queries(queries)
        alike = order_alike(queries)
        answers = match_in_shares([queries[place] for place in alike], self._match_all, count_processes(len(queries)))
        found: list[list[Candidate]] = [[] for _ in queries]
        for place, candidates in zip(alike, answers, strict=True):
            found[place] = candidates
        return assign_one_to_one(found) if one_to_one else found

    def _match_all(self, queries: Sequence[Query]) -> list[list[Candidate]]:
        lots = [queries[start : start + AT_ONCE] for start in range(0, len(queries), AT_ONCE)]
        return [candidates for lot in lots for candidates in self._match_some(lot)]

    def _match_some(self, queries: Sequence[Query]) -> list[list[Candidate]]:
        found: list[list[Candidate]] = [[] for _ in queries]
        said = [(place, read) for place, read in enumerate(self._index.read_all(queries)) if read is not None]
        if said:
            places, reads = zip(*said, strict=True)
            answers = self._match_reads([queries[place] for place in places], reads, Witness.FORM)
            for place, candidates in zip(places, answers, strict=True):
                found[place] = candidates
        return found

    def _match_reads(
        self, queries: Sequence[Query], reads: Sequence[ReadQuery], witness: Witness
    ) -> list[list[Candidate]]:
        reached = reach_children(self._index, reads)
        weighed = self._index.weigh(reads, reached.query, reached.children)
        found: list[list[Candidate]] = []
        for query, ranked in zip(queries, self._rank(weighed, reached.remainder), strict=True):
            children = [int(weighed.children[pair]) for pair, _ in ranked]
            found.append(
                [
                    self._candidate(child, chance, self._writer.write(child, query, weighed.fields, pair, witness))
                    for child, (pair, chance) in zip(children, ranked, strict=True)
                ]
            )
        return found

    def _candidate(self, child: int, probability: float, evidence: list[Evidence]) -> Candidate:
        return Candidate(self._index.columns.student_id[child], min(probability, 1.0), tuple(evidence))

    def _rank(self, weighed: WeighedPairs, remainder: Array64) -> list[list[tuple[int, float]]]:
        """For each query the pairs to list, best first, with their probabilities."""
        probabilities = compute_probabilities(weighed, remainder, self._prior, self.weights)
        listed = np.flatnonzero(probabilities >= LOWEST_PROBABILITY)
        order = listed[np.lexsort((-probabilities[listed], weighed.query[listed]))]
        starts = np.searchsorted(weighed.query[order], np.arange(remainder.size + 1)).tolist()
        student_ids = self._index.columns.student_id
        ranked: list[list[tuple[int, float]]] = []
        for start, end in pairwise(starts):
            pairs = [
                (int(pair), float(probabilities[pair])) for pair in order[start : min(end, start + 3 * MOST_CANDIDATES)]
            ]
            pairs.sort(key=lambda pair: (-round(pair[1], 9), student_ids[int(weighed.children[pair[0]])]))
            ranked.append(pairs[:MOST_CANDIDATES])
        return ranked
