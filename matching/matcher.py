"""Finds the enrolled children that a query may mean, with calibrated probabilities and evidence in words.

Decides how probable each child is, never whether that is enough. Every enrolled child is weighed for every query. A query's
content never raises: what can't be read says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from matching.assignment import assign_one_to_one
from matching.child_index import ChildIndex, WeighedQuery, join_weighed, select_best
from matching.enrollment_columns import take_columns
from matching.evidence_words import word_evidence
from matching.posterior import FieldRatios, Prior, compute_probabilities, take_rows
from matching.types import Candidate, Evidence, Query, Witness

MOST_CANDIDATES = 10
LOWEST_PROBABILITY = 1e-6
UNLISTED_POPULATION = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class _Testimony:
    """What one witness says of the listed children, (M,) ratios each."""

    query: Query
    witness: Witness
    ratios: FieldRatios


class Matcher:
    """Matches queries against one enrollment. Immutable after construction.

    `enrollment` has the columns of the contract, all text; ValueError where one that is required is missing or a student_id
    stands in two rows. Candidates come best first, at most ten; what their probabilities leave of 1 is "not enrolled here".
    """

    def __init__(self, enrollment: pd.DataFrame) -> None:
        self._index = ChildIndex(take_columns(enrollment), UNLISTED_POPULATION)
        self._prior = Prior(population=self._index.children_count)

    def match(self, query: Query) -> list[Candidate]:
        """The children that the query may mean, best first; empty where it says nothing."""
        return self._match_alone(query, Witness.FORM)

    def match_joint(self, form_query: Query, row_query: Query) -> list[Candidate]:
        """The children that a form and its list row mean together, best first; evidence names its witness.

        The two aren't independent: the row may have been typed from the form. Where both agree the surer one counts in full
        and the other a third; where they contradict each other both count in full. Each piece of evidence keeps the weight that
        its own witness gives it.
        """
        form, row = self._index.read(form_query), self._index.read(row_query)
        if form is None:
            return self._match_alone(row_query, Witness.ROW)
        if row is None:
            return self._match_alone(form_query, Witness.FORM)
        by_form, by_row = self._index.reach(form), self._index.reach(row)
        children = np.union1d(by_form.children, by_row.children).astype(np.int32)
        of_form, of_row = self._index.weigh(form, children), self._index.weigh(row, children)
        joined = select_best(join_weighed(of_form, of_row), min(by_form.remainder, by_row.remainder))
        testimonies = [
            _Testimony(form_query, Witness.FORM, take_rows(of_form.fields, joined.order)),
            _Testimony(row_query, Witness.ROW, take_rows(of_row.fields, joined.order)),
        ]
        return self._list_candidates(joined, testimonies)

    def _match_alone(self, query: Query, witness: Witness) -> list[Candidate]:
        read = self._index.read(query)
        if read is None:
            return []
        reached = self._index.reach(read)
        weighed = select_best(self._index.weigh(read, reached.children), reached.remainder)
        return self._list_candidates(weighed, [_Testimony(query, witness, weighed.best.fields)])

    def _list_candidates(self, weighed: WeighedQuery, testimonies: Sequence[_Testimony]) -> list[Candidate]:
        best = weighed.best
        probabilities = compute_probabilities(best.fields, best.family, weighed.remainder, self._prior)
        order = np.argsort(-probabilities, kind="stable")[: 3 * MOST_CANDIDATES].tolist()
        student_ids = self._index.columns.student_id
        order.sort(key=lambda place: (-round(float(probabilities[place]), 9), student_ids[int(best.children[place])]))
        found: list[Candidate] = []
        for place in order[:MOST_CANDIDATES]:
            probability = float(probabilities[place])
            if probability < LOWEST_PROBABILITY:
                break
            child = int(best.children[place])
            evidence: list[Evidence] = []
            for said in testimonies:
                evidence.extend(word_evidence(self._index, child, said.query, said.ratios, place, said.witness))
            found.append(Candidate(student_ids[child], min(probability, 1.0), tuple(evidence)))
        return found

    def match_batch(self, queries: Sequence[Query], one_to_one: bool = False) -> list[list[Candidate]]:
        """`match` for each query, in order. With `one_to_one` no two queries may claim one child: a child that fits two
        queries stays likely for the one it fits best, and the other's probability for it is cut accordingly.
        """
        found = [self.match(query) for query in queries]
        return assign_one_to_one(found) if one_to_one else found
