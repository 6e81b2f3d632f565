"""From evidence to probabilities: every enrolled child against children who aren't enrolled.

Decides how evidence of one child's fields is joined, and which rivals stand against each child: a stranger, a sibling who
isn't enrolled (same surname, parents, often school), a twin who isn't enrolled (same birth date too). What the enrolled
children leave of 1 is "not enrolled here". Never accepts anybody. Accepted limit: fields are independent given the child,
but for grade and birth date.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.name_vocabulary import FloatArray, IntArray

Array64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before anything is read. Shares of all queries, but `population`: the enrolled children."""

    stranger: float = 0.1
    sibling: float = 0.06
    twin: float = 0.035
    population: int = 1

    @property
    def enrolled(self) -> float:
        """Share of the queries whose child is enrolled."""
        return 1.0 - self.stranger - self.sibling - self.twin


@dataclass(frozen=True, slots=True)
class FieldRatios:
    """Log-likelihood ratios of some children, each (M,); a field that says nothing is all 0.

    `name` is the whole name; `first`, `last` and `middle` are its parts in their boxes.
    """

    name: FloatArray
    first: FloatArray
    last: FloatArray
    middle: FloatArray
    birth_date: FloatArray
    student_id: FloatArray
    school: FloatArray
    grade: FloatArray
    guardian: FloatArray


OTHER_ORDER = log(0.02)
"""Chance that the words of a name stand in other boxes than enrollment has them."""
GRADE_BESIDE_BIRTH_DATE = 0.25
BIRTH_DATE_AGREES = 2.0


def grade_given_birth_date(grade: FloatArray, birth_date: FloatArray) -> FloatArray:
    """An agreeing grade says little where the birth date agrees already."""
    return np.where((birth_date > BIRTH_DATE_AGREES) & (grade > 0), grade * np.float32(GRADE_BESIDE_BIRTH_DATE), grade)


def join_fields(ratios: FieldRatios) -> FloatArray:
    """The log-likelihood ratio of each child against a stranger."""
    return (
        ratios.name
        + ratios.birth_date
        + ratios.student_id
        + ratios.school
        + grade_given_birth_date(ratios.grade, ratios.birth_date)
        + ratios.guardian
    )


SECOND_WITNESS = 0.33


def join_ratios(form: FloatArray, row: FloatArray) -> FloatArray:
    """Two witnesses' ratios of one field, element by element."""
    stronger = np.where(np.abs(form) >= np.abs(row), form, row)
    weaker = form + row - stronger
    return np.asarray(np.where(form * row > 0, stronger + np.float32(SECOND_WITNESS) * weaker, form + row))


def join_witnesses(form: FieldRatios, row: FieldRatios) -> FieldRatios:
    """The ratios of form and list row together, field by field.

    A row may be copied from the form with its errors, so two that agree are not two independent witnesses: the surer one counts
    in full, the other a third. Contradictions count in full.
    """
    return FieldRatios(
        *(join_ratios(getattr(form, field.name), getattr(row, field.name)) for field in fields(FieldRatios))
    )


def take_rows(ratios: FieldRatios, rows: IntArray) -> FieldRatios:
    """The ratios of some of the children only."""
    return FieldRatios(*(getattr(ratios, field.name)[rows] for field in fields(FieldRatios)))


def _shared(ratio: FloatArray, share: float) -> FloatArray:
    """The rival has this field in common with the child with chance `share`, else as anybody."""
    return np.log(share * np.exp(np.minimum(ratio, 60.0)) + (1.0 - share)).astype(np.float32)


def _weigh_family_name(ratios: FieldRatios, family: FloatArray) -> FloatArray:
    """A brother's or sister's surname and father's name: in their boxes, or anywhere in the name."""
    in_boxes = _shared(ratios.last, 0.95) + _shared(ratios.middle, 0.5)
    return np.asarray(np.maximum(in_boxes, family + np.float32(OTHER_ORDER)), dtype=np.float32)


def weigh_siblings(ratios: FieldRatios, family: FloatArray) -> FloatArray:
    """The log-likelihood ratio, against a stranger, of a sibling of each child who isn't enrolled."""
    return (
        _weigh_family_name(ratios, family)
        + _shared(ratios.first, 0.004)
        + _shared(ratios.birth_date, 0.001)
        + _shared(ratios.student_id, 0.02)
        + _shared(ratios.school, 0.5)
        + _shared(ratios.guardian, 0.9)
    )


def weigh_twins(ratios: FieldRatios, family: FloatArray) -> FloatArray:
    """The log-likelihood ratio, against a stranger, of a twin of each child who isn't enrolled."""
    return (
        _weigh_family_name(ratios, family)
        + _shared(ratios.first, 0.004)
        + _shared(ratios.birth_date, 0.98)
        + _shared(ratios.student_id, 0.02)
        + _shared(ratios.school, 0.8)
        + _shared(grade_given_birth_date(ratios.grade, ratios.birth_date), 0.9)
        + _shared(ratios.guardian, 0.9)
    )


def compute_probabilities(ratios: FieldRatios, family: FloatArray, remainder: float, prior: Prior) -> Array64:
    """Probability of each child, (M,).

    `family` (M,) is what the written words say for a brother or sister; `remainder` is the log sum of the likelihood ratios of
    all enrolled children not among the M.
    """
    each = log(prior.enrolled / max(prior.population, 1))
    children = join_fields(ratios).astype(np.float64) + each
    siblings = weigh_siblings(ratios, family).astype(np.float64) + log(prior.sibling / max(prior.population, 1))
    twins = weigh_twins(ratios, family).astype(np.float64) + log(prior.twin / max(prior.population, 1))
    rest = np.array([log(prior.stranger), remainder + each])
    everybody = np.concatenate([children, siblings, twins, rest])
    peak = float(everybody.max())
    weight = np.exp(children - peak)
    return np.asarray(weight / np.exp(everybody - peak).sum(), dtype=np.float64)
