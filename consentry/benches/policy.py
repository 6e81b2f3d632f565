"""Shows by simulation that a learned threshold keeps its promise, and how much automation it gives.

Each run draws a district's forms with scores and true errors from a world whose risk is known, labels them as the program
would (a blind share of what is granted, all that went to a person), and has `consentry.risk.risk_control` choose. A run breaks
the promise if the true risk of what the chosen threshold grants lies above it. Beside it stands the threshold that looks right
on the same labels without a bound. The numbers are of the statistics alone: they say nothing of the matcher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from consentry.risk.policy import RiskTerms
from consentry.risk.risk_bounds import GRID, ErrorCount, find_interval
from consentry.risk.risk_control import decide_allowance

_SHARES = np.array([0.70, 0.10, 0.06, 0.03, 0.03, 0.02, 0.02, 0.015, 0.01, 0.01, 0.005])
"""Of the forms that only a threshold keeps from being granted: how many have a score from each threshold to the one above."""

_CLAIMED = 1 - np.array(GRID) * 0.5 - np.array([1.0, *GRID[:-1]]) * 0.5


@dataclass(frozen=True, slots=True)
class World:
    """True share of wrong children in each band of scores, strict to loose."""

    name: str
    rates: np.ndarray


@dataclass(frozen=True, slots=True)
class Regime:
    """A promise, how many forms a run has, and the share of the granted that is labelled blind."""

    rate: float
    forms: int
    blind_share: float


REGIMES = (
    Regime(0.0001, 50_000, 0.02),
    Regime(0.0001, 2_000_000, 0.05),
    Regime(0.001, 50_000, 0.10),
    Regime(0.01, 50_000, 0.05),
)


def run(runs: int = 400, seed: int = 1, confidence: float = 0.95) -> dict[str, Any]:
    """The figures of all worlds under all promises. `broken_share` SHALL be at most 1 - confidence, up to chance."""
    rng = np.random.default_rng(seed)
    results = [
        _measure(world, regime, runs, confidence, rng)
        for regime in REGIMES
        for world in _list_worlds(regime.rate, _find_start(regime.rate))
    ]
    return {
        "runs": runs,
        "seed": seed,
        "delta": round(1 - confidence, 6),
        "worst_broken_share": max(result["broken_share"] for result in results),
        "worst_broken_share_without_bound": max(result["broken_share_without_bound"] for result in results),
        "promise_kept": all(result["broken_interval"][0] <= 1 - confidence for result in results),
        "worlds": results,
    }


def _find_start(rate: float) -> int:
    """The place on the grid of the threshold that holds without labels."""
    return max(place for place, threshold in enumerate(GRID) if threshold >= 1 - rate - 1e-12)


def _list_worlds(rate: float, start: int) -> list[World]:
    """Claims that hold, that are too bold, and risks that lie just over the promise, where breaking it is easiest."""
    just_over = np.full(len(GRID), rate * 1.02)
    bump = np.minimum(_CLAIMED, rate / 2)
    bump[start + 1 :][:1] = rate * 40
    cliff = np.where(np.arange(len(GRID)) <= start, rate / 5, rate * 60)
    return [
        World("as claimed", _CLAIMED),
        World("twice as wrong as claimed", np.minimum(_CLAIMED * 2, 1)),
        World("ten times as wrong as claimed", np.minimum(_CLAIMED * 10, 1)),
        World("everywhere just over the promise", just_over),
        World("fine but for one band", bump),
        World("a cliff below the start", cliff),
    ]


def _measure(world: World, regime: Regime, runs: int, confidence: float, rng: np.random.Generator) -> dict[str, Any]:
    risk = RiskTerms(promised_false_grant_rate=regime.rate, confidence=confidence)
    start = _find_start(regime.rate)
    true_risk = np.cumsum(_SHARES * world.rates) / np.cumsum(_SHARES)
    labelled = np.where(np.arange(len(GRID)) <= start, regime.blind_share, 1.0)
    broken = learned = looked_right = 0
    automatic = []
    for _ in range(runs):
        forms = rng.multinomial(regime.forms, _SHARES / _SHARES.sum())
        labels = rng.binomial(forms, labelled)
        counts = _accumulate(rng.binomial(labels, world.rates), labels)
        found = decide_allowance(counts, risk, confidence)
        place = GRID.index(found.threshold) if found.threshold in GRID else None
        automatic.append(float(_SHARES[: place + 1].sum()) if place is not None else 0.0)
        if found.ground == "labels" and place is not None:
            learned += 1
            broken += bool(true_risk[place] > regime.rate)
        plain = [n for n, count in enumerate(counts) if count.trials and count.errors / count.trials <= regime.rate]
        looked_right += bool(plain and true_risk[plain[-1]] > regime.rate)
    interval = find_interval(ErrorCount(broken, runs), 0.95)
    return {
        "promise": regime.rate,
        "forms": regime.forms,
        "blind_share": regime.blind_share,
        "world": world.name,
        "broken_share": round(broken / runs, 4),
        "broken_interval": [round(interval.low, 4), round(interval.high, 4)],
        "broken_share_without_bound": round(looked_right / runs, 4),
        "learned_share": round(learned / runs, 4),
        "automation_mean": round(float(np.mean(automatic)), 4),
        "automation_at_start": round(float(_SHARES[: start + 1].sum()), 4),
        "true_risk_at_start": float(f"{true_risk[start]:.3g}"),
    }


def _accumulate(errors: np.ndarray, labels: np.ndarray) -> list[ErrorCount]:
    pairs = zip(np.cumsum(errors), np.cumsum(labels), strict=True)
    return [ErrorCount(int(wrong), int(count)) for wrong, count in pairs]
