"""From evidence to probabilities: every enrolled child against children who aren't enrolled.

Decides how evidence of one child's fields is joined, and which rivals stand against each child: a stranger, a sibling who
isn't enrolled (same surname, parents, often school), a twin who isn't enrolled (same birth date too), a namesake who has
nothing else in common. What the enrolled children leave of 1 is "not enrolled here". Never accepts anybody. Accepted limit:
fields are independent given the child, but for grade and birth date; a stranger's names and 1 January go together as the name
classes say.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.name_vocabulary import FloatArray, IntArray
from matching.weights import Weights

Array64 = NDArray[np.float64]
BIRTH_DATE_AGREES = 2.0
SECOND_WITNESS = 0.33
DOUBT = 2.0
"""Nats by which rivals who aren't enrolled count more, in full where the odds are `DOUBT_ENDS_WITHIN` below `BEYOND_DOUBT`."""
BEYOND_DOUBT = 9.0
DOUBT_ENDS_WITHIN = 3.0
MOST_NAMESAKES = 0.999
"""However rare a written name is otherwise, what it may be a slip of is known no better than so."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldRatios:
    """Log-likelihood ratios of pairs of query and child, each (P,); a field that says nothing is all 0.

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


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """What the name classes add to independent fields, log, one number a query or pair.

    `together`: how much likelier one stranger bears all that is written than independent fields say; `first_name` and
    `birth_date`: how much likelier somebody of this family has the written first name, or the written day, than anybody.
    """

    together: FloatArray
    first_name: FloatArray
    birth_date: FloatArray

    def take(self, places: IntArray) -> Corrections:
        """The corrections of some places, in their order."""
        return Corrections(self.together[places], self.first_name[places], self.birth_date[places])


@dataclass(frozen=True, slots=True, eq=False)
class Namesakes:
    """How much of the chance that somebody wrote this first name is due to bearers of the child's own, 0 to 1, (P,) each.

    `own`: of the name in the first-name box, or of one word of it; `whole`: of all of it; `elsewhere`: of the name in the
    last-name box, were it a first name. All among families of this surname. `shared_word` is the district's chance that
    a brother or sister bears one given word of a child's first name of several.
    """

    own: FloatArray
    whole: FloatArray
    elsewhere: FloatArray
    shared_word: float


def join_namesakes(form: Namesakes, row: Namesakes) -> Namesakes:
    """The smaller share of two witnesses."""
    return Namesakes(
        np.minimum(form.own, row.own),
        np.minimum(form.whole, row.whole),
        np.minimum(form.elsewhere, row.elsewhere),
        form.shared_word,
    )


@dataclass(frozen=True, slots=True, eq=False)
class WeighedPairs:
    """Pairs of query and child, (P,) each, queries ascending, with all their ratios.

    `family` is what the written words say for a brother or sister of the child.
    """

    query: IntArray
    children: IntArray
    fields: FieldRatios
    family: FloatArray
    namesakes: Namesakes
    corrections: Corrections


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before anything is read. Shares of all queries, but `population`: the enrolled children."""

    stranger: float
    namesake: float
    sibling: float
    twin: float
    population: int = 1

    @property
    def enrolled(self) -> float:
        """Share of the queries whose child is enrolled."""
        return 1.0 - self.stranger - self.namesake - self.sibling - self.twin


def join_fields(ratios: FieldRatios, weights: Weights) -> FloatArray:
    """The log-likelihood ratio of each child against a stranger, fields taken as independent."""
    grade = grade_given_birth_date(ratios.grade, ratios.birth_date, weights)
    return ratios.name + ratios.birth_date + ratios.student_id + ratios.school + grade + ratios.guardian


def grade_given_birth_date(grade: FloatArray, birth_date: FloatArray, weights: Weights) -> FloatArray:
    """An agreeing grade says little where the birth date agrees already."""
    beside = np.float32(weights.grade_slips.beside_date)
    return np.where((birth_date > BIRTH_DATE_AGREES) & (grade > 0), grade * beside, grade)


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


def join_corrections(form: Corrections, row: Corrections) -> Corrections:
    """The stronger of two witnesses' corrections: both speak of the same names."""
    return Corrections(
        *(np.maximum(getattr(form, field.name), getattr(row, field.name)) for field in fields(Corrections))
    )


def _shared(ratio: FloatArray, share: float | FloatArray, otherwise: FloatArray | float = 0.0) -> FloatArray:
    """The rival has this field in common with the child with chance `share`, else as anybody (times exp(otherwise))."""
    apart = np.exp(otherwise) if isinstance(otherwise, np.ndarray) else 1.0
    return np.log(share * np.exp(np.minimum(ratio, 60.0)) + (1.0 - share) * apart).astype(np.float32)


def share_first_names(bearers: Namesakes, weights: Weights) -> FloatArray:
    """The chance that a brother or sister has in common what of the child's first name was written, (P,)."""
    rivals = weights.rivals
    return np.asarray(
        rivals.first_name
        + (rivals.own_first_name - rivals.first_name) * bearers.whole
        + bearers.shared_word * np.maximum(bearers.own - bearers.whole, 0.0),
        dtype=np.float32,
    )


def _name_another(corrections: Corrections, bearers: FloatArray) -> FloatArray:
    """How much likelier than anybody a brother or sister, who bears another name than the child, has the written one."""
    return np.asarray(corrections.first_name + np.log1p(-np.minimum(bearers, np.float32(MOST_NAMESAKES))))


@dataclass(frozen=True, slots=True, eq=False)
class RivalRatios:
    """The log-likelihood ratio, against a stranger, of an unenrolled sibling and an unenrolled twin of each child, (P,)."""

    sibling: FloatArray
    twin: FloatArray


def weigh_rivals(pairs: WeighedPairs, weights: Weights) -> RivalRatios:
    """The rivals of each pair's child: surname or father's name in their boxes, or anywhere in the name; another first name.

    Hardly a brother or sister bears the child's own first name: those who do are no rivals. One word of two is sooner shared.
    """
    rivals, ratios, corrections, bearers = weights.rivals, pairs.fields, pairs.corrections, pairs.namesakes
    in_boxes = (
        _shared(ratios.last, rivals.surname)
        + _shared(ratios.middle, rivals.fathers_name)
        + _shared(ratios.first, share_first_names(bearers, weights), _name_another(corrections, bearers.own))
    )
    turned = _name_another(corrections, np.maximum(bearers.own, bearers.elsewhere))
    anywhere = pairs.family + turned + np.float32(log(weights.name_habits.other_order))
    common = (
        np.maximum(in_boxes, anywhere)
        + _shared(ratios.student_id, rivals.student_id)
        + _shared(ratios.guardian, rivals.guardian)
    )
    grade = grade_given_birth_date(ratios.grade, ratios.birth_date, weights)
    return RivalRatios(
        sibling=common
        + _shared(ratios.birth_date, rivals.sibling_date, corrections.birth_date)
        + _shared(ratios.school, rivals.sibling_school),
        twin=common
        + _shared(ratios.birth_date, rivals.twin_date, corrections.birth_date)
        + _shared(ratios.school, rivals.twin_school)
        + _shared(grade, rivals.twin_grade),
    )


def compute_probabilities(pairs: WeighedPairs, remainder: Array64, prior: Prior, weights: Weights) -> Array64:
    """Probability of each pair's child among everybody whom its query may mean, (P,).

    `remainder` (Q,) is the log sum of the likelihood ratios of all enrolled children without a pair, fields taken as
    independent.
    """
    population = max(prior.population, 1)
    each = log(prior.enrolled / population)
    query, together = pairs.query, pairs.corrections.together.astype(np.float64)
    rivals = weigh_rivals(pairs, weights)
    children = join_fields(pairs.fields, weights).astype(np.float64) - together + each
    siblings = rivals.sibling.astype(np.float64) - together + log(prior.sibling / population)
    twins = rivals.twin.astype(np.float64) - together + log(prior.twin / population)
    namesakes = pairs.fields.name.astype(np.float64) - together + log(prior.namesake / population)
    queries = remainder.size
    peak = np.maximum(np.full(queries, log(prior.stranger)), remainder + each)
    np.maximum.at(peak, query, np.maximum(np.maximum(children, siblings), np.maximum(twins, namesakes)))
    weight = np.exp(children - peak[query])
    beside = np.exp(siblings - peak[query]) + np.exp(twins - peak[query]) + np.exp(namesakes - peak[query])
    enrolled = np.exp(remainder + each - peak) + np.bincount(query, weights=weight, minlength=queries)
    unlisted = np.exp(log(prior.stranger) - peak) + np.bincount(query, weights=beside, minlength=queries)
    everybody = enrolled + unlisted * doubt_enrolled(enrolled, unlisted)
    return np.asarray(weight / everybody[query], dtype=np.float64)


def doubt_enrolled(enrolled: Array64, unlisted: Array64) -> Array64:
    """The factor by which children who aren't enrolled count more than the tables say, (Q,): 1 where there is no doubt.

    Coincidences that the fields' independence hides (a cousin's name, a twin's middle name) show where evidence is mixed.
    """
    odds = np.log(enrolled + 1e-300) - np.log(unlisted + 1e-300)
    return np.asarray(np.exp(DOUBT * np.clip((BEYOND_DOUBT - odds) / DOUBT_ENDS_WITHIN, 0.0, 1.0)))
