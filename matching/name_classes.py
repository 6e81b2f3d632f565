"""Learns which names go together: a mixture of naming traditions, found in the enrolled names alone.

First and last names aren't independent: where a surname says Vietnamese, a stranger's first name is likely one that many
Vietnamese children bear. Taking them for independent would make two namesakes of a small community look like one child. The
classes have no names, no label made them, and no child is put into one: they only correct how likely a stranger bears the
whole name. A naive Bayes mixture, fitted by EM; the same enrollment gives the same classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.name_vocabulary import FloatArray
from matching.postings import Postings

CLASSES = 12
ROUNDS = 16
LEARNED_FROM = 60_000
"""Children that the classes are learned from, spread evenly over the enrollment."""
TOWARDS_ALL = 60.0
"""Each class starts with this many children's worth of everybody's names."""
BEARERS_TOWARDS_ALL = 3.0
"""Each form starts with this many bearers spread over all classes: two of one class don't make it foreign to the others."""
FEWEST_CHILDREN = 400

Array64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NameClasses:
    """`log_prior` (K,). `lift`, for each box given to `learn_classes`: how much more frequent each form is in each class than
    among all children, as a factor, (V, K). The log chance of a birth date on 1 January in each class less that among all,
    (K,), and of another.
    """

    log_prior: FloatArray
    lift: tuple[FloatArray, ...]
    first_of_january: FloatArray
    other_day: FloatArray


def no_classes(boxes: Sequence[Postings]) -> NameClasses:
    """One class that everybody is in."""
    nothing = np.zeros(1, dtype=np.float32)
    return NameClasses(
        nothing, tuple(np.ones((box.bearers.size, 1), dtype=np.float32) for box in boxes), nothing, nothing
    )


def learn_classes(boxes: Sequence[Postings], first_of_january: NDArray[np.bool_]) -> NameClasses:
    """The classes of the children whose names stand in `boxes`; (N,) says whose birth date is a 1 January."""
    children_count = first_of_january.size
    if children_count < FEWEST_CHILDREN:
        return no_classes(boxes)
    step = max(1, -(-children_count // LEARNED_FROM))
    sample = np.arange(0, children_count, step, dtype=np.int32)
    tables = [_as_matrix(box, sample) for box in boxes]
    days = first_of_january[sample]
    belongs = _start(tables[-1], sample.size)
    for _ in range(ROUNDS):
        log_prior, chances, january = _describe(tables, days, belongs)
        belongs = _assign(tables, days, log_prior, chances, january)
    log_prior, chances, january = _describe(tables, days, belongs)
    share = float(np.clip(days.mean(), 1e-4, 1 - 1e-4))
    lifts = tuple(_lift(table, belongs, np.exp(log_prior)) for table in tables)
    return NameClasses(
        log_prior=log_prior.astype(np.float32),
        lift=lifts,
        first_of_january=(np.log(january) - np.log(share)).astype(np.float32),
        other_day=(np.log1p(-january) - np.log1p(-share)).astype(np.float32),
    )


def _as_matrix(box: Postings, sample: NDArray[np.int32]) -> csr_matrix:
    forms = box.expand(sample)
    weights = np.exp(box.log_share)[forms.habits].astype(np.float64)
    return csr_matrix((weights, (forms.owner, forms.forms)), shape=(sample.size, box.bearers.size))


def _start(surnames: csr_matrix, children: int) -> Array64:
    """Surnames thrown into classes: what goes together finds together from there."""
    rng = np.random.default_rng(7)
    of_form = rng.dirichlet(np.full(CLASSES, 0.15), size=surnames.shape[1])
    belongs = surnames @ of_form + 1e-3
    return np.asarray(belongs / belongs.sum(axis=1, keepdims=True)).reshape(children, CLASSES)


def _overall(table: csr_matrix) -> Array64:
    counts = np.asarray(table.sum(axis=0)).ravel() + 1e-6
    return np.asarray(counts / counts.sum())


def _describe(
    tables: Sequence[csr_matrix], days: NDArray[np.bool_], belongs: Array64
) -> tuple[Array64, list[Array64], Array64]:
    size = belongs.sum(axis=0)
    log_prior = np.log((size + 1.0) / (size.sum() + CLASSES))
    chances = []
    for table in tables:
        counts = table.T @ belongs + TOWARDS_ALL * _overall(table)[:, None]
        chances.append(np.asarray(counts / counts.sum(axis=0, keepdims=True)))
    share = float(days.mean())
    january = (belongs[days].sum(axis=0) + 50.0 * share + 0.01) / (size + 50.0 + 0.02)
    return log_prior, chances, np.clip(january, 1e-5, 1 - 1e-5)


def _lift(table: csr_matrix, belongs: Array64, prior: Array64) -> FloatArray:
    """How much likelier the bearers of each form are in each class than all children, (V, K)."""
    bearers = np.asarray(table.sum(axis=0)).ravel()[:, None]
    of_class = (table.T @ belongs + BEARERS_TOWARDS_ALL * prior) / (bearers + BEARERS_TOWARDS_ALL)
    return np.asarray(np.clip(of_class / prior, exp(-8.0), exp(8.0)), dtype=np.float32)


def _assign(
    tables: Sequence[csr_matrix], days: NDArray[np.bool_], log_prior: Array64, chances: list[Array64], january: Array64
) -> Array64:
    fit = log_prior + np.where(days[:, None], np.log(january), np.log1p(-january))
    for table, chance in zip(tables, chances, strict=True):
        fit = fit + table @ np.log(chance)
    fit -= fit.max(axis=1, keepdims=True)
    belongs = np.exp(fit)
    return np.asarray(belongs / belongs.sum(axis=1, keepdims=True))
