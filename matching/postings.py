"""Which children a name form belongs to and which forms a child has, as compressed rows.

Decides nothing: it answers quickly, for many children at once. Immutable after construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.name_vocabulary import FloatArray, IntArray

HabitArray = NDArray[np.uint8]
LongArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Who uses which form by which habit: three arrays of one length, in no order."""

    children: IntArray
    forms: IntArray
    habits: HabitArray


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Forms to children and children to forms of one box.

    `children[form_start[f]:form_start[f+1]]` are the children of form f, `shares` their log shares; `forms`, `habits`, by
    `child_start`, the other way round. `log_frequency` (V,) is the log share of all children that this form stands for.
    """

    form_start: LongArray
    children: IntArray
    shares: FloatArray
    child_start: LongArray
    forms: IntArray
    habits: HabitArray
    log_share: FloatArray
    log_frequency: FloatArray
    bearers: IntArray

    def find(self, ids: IntArray) -> tuple[LongArray, LongArray]:
        """Where the children of the forms `ids` stand in `children`: positions, and how many each form has."""
        starts = self.form_start[ids]
        counts = self.form_start[ids + 1] - starts
        return lay_out(starts, counts), counts

    def expand(self, children: IntArray) -> ChildForms:
        """All forms of some children, to be asked several times."""
        starts = self.child_start[children]
        counts = self.child_start[children + 1] - starts
        positions = lay_out(starts, counts)
        owner = np.repeat(np.arange(children.size, dtype=np.int32), counts)
        return ChildForms(self.forms[positions], self.habits[positions], owner, counts == 0)


@dataclass(frozen=True, slots=True, eq=False)
class ChildForms:
    """The forms of M children in one box, laid end to end: form id, habit, which child (0 to M - 1).

    `without` (M,) marks children that have no form: for them the field says nothing.
    """

    forms: IntArray
    habits: HabitArray
    owner: IntArray
    without: NDArray[np.bool_]


def lay_out(starts: LongArray, counts: LongArray) -> LongArray:
    """Positions of several ranges one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int64)


def build_postings(
    uses: Sequence[Uses], children_count: int, vocabulary_size: int, log_share: FloatArray, spread: float
) -> Postings:
    """Compressed rows; `log_share` is by habit; `spread` is added to the population that a frequency is a share of."""
    children = np.concatenate([use.children for use in uses]) if uses else np.empty(0, dtype=np.int32)
    forms = np.concatenate([use.forms for use in uses]) if uses else np.empty(0, dtype=np.int32)
    habits = np.concatenate([use.habits for use in uses]) if uses else np.empty(0, dtype=np.uint8)
    by_child = np.argsort(children, kind="stable")
    children, forms, habits = children[by_child], forms[by_child], habits[by_child]
    counts = np.bincount(children, minlength=children_count)
    by_form = np.argsort(forms, kind="stable")
    bearers = np.bincount(forms, minlength=vocabulary_size)
    weight = np.bincount(forms, weights=np.exp(log_share)[habits], minlength=vocabulary_size)
    population = max(int((counts > 0).sum()), 1) + spread
    return Postings(
        form_start=np.concatenate([[0], np.cumsum(bearers)]).astype(np.int64),
        children=children[by_form],
        shares=log_share[habits[by_form]],
        child_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        forms=forms,
        habits=habits,
        log_share=log_share,
        log_frequency=np.log(np.maximum(weight, 1e-9) / population).astype(np.float32),
        bearers=bearers.astype(np.int32),
    )
