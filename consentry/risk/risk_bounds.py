"""Exact bounds on a rate of errors, and the threshold that they allow: statistics alone, without a form or a store.

Clopper and Pearson's bounds hold for every true rate and every number of trials; no approximation is used. The threshold
is learned by testing: each of a fixed sequence, from strict to loose, is tried on the labels at or above it, and the
first that fails ends the sequence. Since an error of the whole needs the first true "too risky" of the sequence to
pass, the chance of ending on any threshold that breaks the promise is at most one test's (Angelopoulos and others, 2021).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta

GRID = (0.999999, 0.99999, 0.9999, 0.9995, 0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9)
"""The thresholds that can be learned, strict to loose. Fixed before any label is seen."""


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Errors among trials."""

    errors: int
    trials: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval of a rate, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ScoredLabel:
    """A form whose answer is known: the probability that was claimed for the best child, and whether it was another one."""

    score: float
    is_error: bool


def bound_above(count: ErrorCount, confidence: float) -> float:
    """The one-sided upper bound of the rate: above the true one in at least `confidence` of cases. 1 without trials."""
    if count.errors >= count.trials:
        return 1.0
    return float(beta.ppf(confidence, count.errors + 1, count.trials - count.errors))


def bound_below(count: ErrorCount, confidence: float) -> float:
    """The one-sided lower bound of the rate; 0 without errors."""
    if count.errors == 0:
        return 0.0
    return float(beta.ppf(1 - confidence, count.errors, count.trials - count.errors + 1))


def find_interval(count: ErrorCount, confidence: float) -> Interval:
    """Clopper and Pearson's two-sided interval of the rate."""
    one_side = 1 - (1 - confidence) / 2
    return Interval(bound_below(count, one_side), bound_above(count, one_side))


def count_labels_needed(rate: float, confidence: float) -> int:
    """How many labels without any error show that the rate is at most `rate`."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-rate))


def count_errors(labels: Sequence[ScoredLabel], threshold: float) -> ErrorCount:
    """Errors among the labels that would be accepted at a threshold."""
    accepted = [label.is_error for label in labels if label.score >= threshold]
    return ErrorCount(sum(accepted), len(accepted))


def learn_threshold(counts: Sequence[ErrorCount], rate: float, confidence: float) -> int | None:
    """The place in the sequence, strict to loose, of the loosest threshold that the labels show to keep `rate`; None: none.

    `counts`: of each threshold, what was accepted at it or above. The sequence begins at the first that has labels enough
    to pass at all: how many labels there are tells nothing of whether they are errors.
    """
    needed = count_labels_needed(rate, confidence)
    learned = None
    for place, count in enumerate(counts):
        if count.trials < needed and learned is None:
            continue
        if bound_above(count, confidence) > rate:
            break
        learned = place
    return learned


def find_uncontradicted(counts: Sequence[ErrorCount], start: int, rate: float, confidence: float) -> int | None:
    """The place of the loosest threshold, `start` or stricter, whose lower bound is at most `rate`; None: there is none."""
    for place in range(start, -1, -1):
        if bound_below(counts[place], confidence) <= rate:
            return place
    return None
