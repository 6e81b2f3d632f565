"""The bounds are exact, and the learned threshold keeps its promise where a plug-in estimate breaks it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from consentry.risk.risk_bounds import (
    ErrorCount,
    bound_above,
    bound_below,
    count_labels_needed,
    find_interval,
    find_uncontradicted,
    learn_threshold,
)


@pytest.mark.parametrize(("errors", "trials"), [(0, 50), (1, 50), (7, 120), (49, 50)])
def test_bounds_invert_the_binomial_tails(errors: int, trials: int) -> None:
    count = ErrorCount(errors, trials)
    assert binom.cdf(errors, trials, bound_above(count, 0.95)) == pytest.approx(0.05)
    if errors:
        assert binom.sf(errors - 1, trials, bound_below(count, 0.95)) == pytest.approx(0.05)


def test_published_values() -> None:
    interval = find_interval(ErrorCount(4, 20), 0.95)  # Clopper and Pearson's own example: 0.057 to 0.437
    assert (round(interval.low, 3), round(interval.high, 3)) == (0.057, 0.437)
    assert bound_above(ErrorCount(0, 0), 0.95) == bound_above(ErrorCount(3, 3), 0.95) == 1.0
    assert bound_below(ErrorCount(0, 9), 0.95) == 0.0


def test_labels_needed_just_suffice() -> None:
    needed = count_labels_needed(0.0001, 0.95)
    assert needed == 29956
    assert bound_above(ErrorCount(0, needed), 0.95) <= 0.0001 < bound_above(ErrorCount(0, needed - 1), 0.95)


def test_sequence_stops_at_the_first_failure() -> None:
    good, bad = ErrorCount(0, 400), ErrorCount(20, 500)
    assert learn_threshold([ErrorCount(0, 5), good, good, bad, good], 0.01, 0.95) == 2
    assert learn_threshold([bad, good], 0.01, 0.95) is None
    assert learn_threshold([ErrorCount(0, 100)], 0.01, 0.95) is None


def test_errors_make_the_start_stricter() -> None:
    counts = [ErrorCount(0, 50), ErrorCount(0, 80), ErrorCount(4, 90)]
    assert find_uncontradicted(counts, 2, 0.001, 0.95) == 1
    assert find_uncontradicted([ErrorCount(4, 90)], 0, 0.001, 0.95) is None


def test_promise_is_kept_where_the_plug_in_estimate_breaks_it() -> None:
    rng = np.random.default_rng(4)
    sizes, rates = np.array([3000, 1000, 600, 500]), np.array([0.001, 0.01, 0.04, 0.09])
    true = np.cumsum(sizes * rates) / np.cumsum(sizes)
    assert true[1] < 0.01 < true[2] + 0.003
    broken = plugged_in = 0
    for _ in range(400):
        errors = rng.binomial(sizes, rates)
        counts = [ErrorCount(int(e), int(n)) for e, n in zip(np.cumsum(errors), np.cumsum(sizes), strict=True)]
        learned = learn_threshold(counts, float(true[2]) - 1e-6, 0.95)
        broken += learned is not None and learned >= 2
        plugged_in += any(count.errors / count.trials <= true[2] - 1e-6 for count in counts[2:])
    assert broken / 400 <= 0.08
    assert plugged_in / 400 > 0.3
