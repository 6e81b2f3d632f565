"""Decides which row of a partner's list belongs to which scanned form, and says where that is not sure.

One assignment over all forms and rows of a submission: a row's typed values are weighed against each form's pixels. A row that
no form fits and a form that no row fits stay alone. Never hides a near tie: `margin` tells how far the runner-up is, and
`contradictions` which fields of the pair can't both be right. Never looks at enrollment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np

from matching.agreement import AgreementSummary, summarise_evidence
from matching.assignment import assign, settle_claims
from matching.child_index import ChildIndex
from matching.enrollment_columns import EnrollmentColumns, TextColumn, as_column
from matching.evidence_words import EvidenceWriter
from matching.posterior import Prior, WeighedPairs, compute_probabilities, join_fields
from matching.query_reading import text_of
from matching.reach import reach_everybody
from matching.types import Agreement, Evidence, Query, check_queries
from matching.weights import builtin_weights

UNLISTED_POPULATION = 20_000.0
"""A list's names say little about how common a name is: they are counted in a population of about this size."""
LIST_PRIOR = Prior(stranger=0.04, namesake=0.0005, sibling=0.01, twin=0.002)
CLEAR_CONTRADICTION = -1.5
WIDEST_MARGIN = 99.0
MUST_NOT_DIFFER = ("student_first", "student_last", "birth_date", "student_id")


@dataclass(frozen=True, slots=True)
class Pairing:
    """A form with its row, or one of them alone (the other is None). Indexes count from 0 in the lists given.

    `probability` that they mean one child; `log_odds` of the pair against strangers (nats); `margin` (nats) to the best other
    row for this form or other form for this row: near 0 for twins in one list and for a child listed twice. `contradictions`
    names the fields that clearly differ. `agreement` compares the row's values with the form.
    """

    form: int | None
    row: int | None
    probability: float
    log_odds: float
    margin: float
    evidence: tuple[Evidence, ...]
    agreement: AgreementSummary
    contradictions: tuple[str, ...]


def _as_columns(rows: Sequence[Query]) -> EnrollmentColumns:
    def column(field: str) -> TextColumn:
        return as_column([text_of(row.get(field)).replace(";", " ").strip() for row in rows])

    empty = as_column([""] * len(rows))
    return EnrollmentColumns(
        student_id=column("student_id"),
        first=column("student_first"),
        last=column("student_last"),
        birth_date=column("birth_date"),
        school=column("school"),
        middle=column("student_middle"),
        preferred_first=empty,
        other_names=column("other_name"),
        grade=column("grade"),
        guardians=column("parent_name"),
        username=empty,
        state_id=empty,
    )


def pair_rows(form_queries: Sequence[Query], row_queries: Sequence[Query]) -> list[Pairing]:
    """Every form once, in order, then the rows that no form fits, in order."""
    check_queries(form_queries)
    check_queries(row_queries)
    weights = builtin_weights()
    index = ChildIndex(_as_columns(row_queries), weights, UNLISTED_POPULATION)
    writer = EvidenceWriter(index)
    forms, rows = len(form_queries), len(row_queries)
    odds = np.full((forms, rows), -np.inf)
    probability = np.zeros((forms, rows))
    prior = replace(LIST_PRIOR, population=max(rows, 1))
    evidence: dict[int, WeighedPairs] = {}
    for form, query in enumerate(form_queries):
        read = index.read(query)
        if read is None:
            continue
        everybody = reach_everybody(rows, 1)
        weighed = index.weigh([read], everybody.query, everybody.children)
        evidence[form] = weighed
        odds[form] = join_fields(weighed.fields, weights)
        probability[form] = compute_probabilities(weighed, everybody.remainder, prior, weights)
    nobody = np.maximum(1.0 - probability.sum(axis=1), 1e-12)
    settled = settle_claims(probability, nobody)
    claimed = assign(settled, np.maximum(1.0 - settled.sum(axis=1), 1e-12)) if forms and rows else {}
    found: list[Pairing] = []
    paired_rows: set[int] = set()
    for form, query in enumerate(form_queries):
        row = claimed.get(form)
        if row is None or form not in evidence:
            found.append(_alone(form, None))
            continue
        paired_rows.add(row)
        said = tuple(writer.write(row, query, evidence[form].fields, row))
        found.append(_pair(form, row, float(probability[form, row]), odds, said))
    found.extend(_alone(None, row) for row in range(rows) if row not in paired_rows)
    return found


def _alone(form: int | None, row: int | None) -> Pairing:
    return Pairing(form, row, 0.0, 0.0, 0.0, (), summarise_evidence(()), ())


def _pair(form: int, row: int, probability: float, odds: np.ndarray, evidence: tuple[Evidence, ...]) -> Pairing:
    mine = float(odds[form, row])
    others = np.concatenate([np.delete(odds[form], row), np.delete(odds[:, row], form)])
    margin = mine - float(others.max(initial=-np.inf))
    contradictions = tuple(
        piece.field
        for piece in evidence
        if piece.field in MUST_NOT_DIFFER
        and piece.agreement is Agreement.DIFFERENT
        and piece.weight < CLEAR_CONTRADICTION
    )
    return Pairing(
        form=form,
        row=row,
        probability=probability,
        log_odds=mine - log(max(odds.shape[1], 1)),
        margin=min(margin, WIDEST_MARGIN),
        evidence=evidence,
        agreement=summarise_evidence(evidence),
        contradictions=contradictions,
    )
