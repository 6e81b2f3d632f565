"""What it says that a query's names stand together: of strangers, of brothers and sisters, of bearers of the child's name.

By the classes of names that the enrollment shows; nobody is put into one, and no pair is weighed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.name_classes import NameClasses
from matching.name_index import CLASSED, NameIndex
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray
from matching.posterior import Corrections
from matching.query_reading import ReadQuery
from matching.words_together import Weighed

Array64 = NDArray[np.float64]
NEVER = -99.0


@dataclass(frozen=True, slots=True, eq=False)
class NameCompany:
    """`corrections` (Q,) each; `of_family` (Q, K): how likely each query's family names are of each class, summing to 1."""

    corrections: Corrections
    of_family: FloatArray

    def weigh_bearers(self, names: NameIndex, first_names: Sequence[Weighed | None]) -> list[Weighed | None]:
        """Each query's first name: of its forms, log of how many of such families bear them over how many write the name.

        Others than the listed forms have no share in it.
        """
        listed = [name for name in first_names if name is not None]
        if not listed:
            return list(first_names)
        sizes = [name.ids.size for name in listed]
        ids = np.concatenate([name.ids for name in listed])
        ratio = np.concatenate([name.ratio for name in listed]) + names.postings[Role.FIRST].log_frequency[ids]
        if self.of_family.shape[1] > 1:
            families = self.of_family[[number for number, name in enumerate(first_names) if name is not None]]
            lift = _sum_products(names.classes.lift[CLASSED.index(Role.FIRST)][ids], np.repeat(families, sizes, axis=0))
            writers = _sum_products(np.exp(np.stack([name.by_class for name in listed])), families)
            ratio = ratio + (np.log(lift) - np.repeat(np.log(writers), sizes))
        shares = iter(np.split(ratio, np.cumsum(sizes)[:-1]))
        return [name and Weighed(name.ids, next(shares), NEVER, name.population, name.by_class) for name in first_names]


def _sum_products(ones: FloatArray, others: FloatArray) -> FloatArray:
    """Row by row, so that a row comes out alike alone and among others."""
    return np.asarray(np.einsum("rk,rk->r", ones, others), dtype=np.float32)


def weigh_company(classes: NameClasses, reads: Sequence[ReadQuery]) -> NameCompany:
    """What the names' going together says of each query."""
    size = classes.log_prior.size
    if size == 1:
        nothing = np.zeros(len(reads), dtype=np.float32)
        return NameCompany(Corrections(nothing, nothing, nothing), np.ones((len(reads), 1), dtype=np.float32))
    lifts = np.zeros((4, len(reads), size), dtype=np.float64)
    for number, read in enumerate(reads):
        for place, box in enumerate((read.names.first, read.names.middle, read.names.last)):
            if box is not None:
                lifts[place, number] = box.whole.by_class
        if read.birth_date is not None:
            lifts[3, number] = classes.first_of_january if read.birth_date.placeholder else classes.other_day
    log_prior = classes.log_prior.astype(np.float64)
    alone = [_log_sum(log_prior + lifts[place]) for place in range(4)]
    first, family, date = lifts[0], lifts[1] + lifts[2], lifts[3]
    all_but_date = _log_sum(log_prior + first + family)
    everything = _log_sum(log_prior + first + family + date)
    of_family = _log_sum(log_prior + family)
    corrections = Corrections(
        together=(everything - sum(alone)).astype(np.float32),
        first_name=(all_but_date - of_family - alone[0]).astype(np.float32),
        birth_date=(everything - all_but_date - alone[3]).astype(np.float32),
    )
    return NameCompany(corrections, np.exp(log_prior + family - of_family[:, None]).astype(np.float32))


def _log_sum(values: Array64) -> Array64:
    peak = values.max(axis=1)
    return np.asarray(peak + np.log(np.exp(values - peak[:, None]).sum(axis=1)))
