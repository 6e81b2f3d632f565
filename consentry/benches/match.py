"""The bench of matching: synthetic districts, children who aren't enrolled, and families who write as families do.

Decides nothing about forms: it measures. Accepted limit: typed queries only; what reading real handwriting costs is measured by
`bench pipeline`.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from consentry.benches.match_children import Child, draw_roll, invent_district
from consentry.benches.match_families import Family, draw_habits
from consentry.benches.match_figures import Answer, Figures, judge, summarise
from consentry.benches.match_peers import run_peers
from matching import Matcher, Query
from matching.weights import Weights

SINGLES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One district with its queries: the enrollment frame, the children asked for, and what their families wrote."""

    frame: pd.DataFrame
    asked: list[Child]
    written: list[Query]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial gave: the answers, and the figures of time and memory."""

    answers: list[Answer]
    costs: Figures


def draw_trial(students: int, seed: int, queries: int) -> Trial:
    """A district of so many enrolled children and its queries, all of one seed."""
    roll = draw_roll(invent_district(students, seed), seed, queries)
    rng = random.Random(seed + 1)  # noqa: S311  sample data, never a secret
    family = Family(rng, draw_habits(rng))
    return Trial(roll.to_frame(), roll.asked, [family.write(child) for child in roll.asked])


def run_trial(trial: Trial, weights: Weights | None = None) -> Outcome:
    """One matcher, first query by query, then all queries at once."""
    held = _resident_mb()
    start = time.perf_counter()
    matcher = Matcher(trial.frame, weights)
    indexed = time.perf_counter()
    single: list[float] = []
    worked: list[float] = []
    for query in trial.written[:SINGLES]:
        begun, before = time.perf_counter(), time.process_time()
        matcher.match(query)
        single.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - before))
    begun, spent = time.perf_counter(), _cpu_seconds()
    found = matcher.match_batch(trial.written)
    batch, spent = time.perf_counter() - begun, _cpu_seconds() - spent
    single.sort()
    worked.sort()
    costs: Figures = {
        "index_seconds": round(indexed - start, 2),
        "single_p50_ms": round(single[len(single) // 2], 2),
        "single_p95_ms": round(single[len(single) * 95 // 100], 2),
        "single_cpu_p50_ms": round(worked[len(worked) // 2], 2),
        "queries_a_second": round(len(trial.written) / batch, 1),
        "cpu_ms_a_query": round(1000 * spent / len(trial.written), 3),
        "matcher_mb": round(_resident_mb() - held),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    return Outcome(judge(trial.asked, found), costs)


def _cpu_seconds() -> float:
    """Work done by this process and by those it waited for; unlike the clock it hardly counts what others do here."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _resident_mb() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def run(
    students: int,
    seeds: Sequence[int],
    queries: int = 4000,
    weights: Weights | None = None,
    beside_peers: bool = False,
) -> Figures:
    """The bench: a district for each seed, the answers of all together, the costs of each; ready to print as JSON."""
    trials = [draw_trial(students, seed, queries) for seed in seeds]
    outcomes = [run_trial(trial, weights) for trial in trials]
    answers = [answer for outcome in outcomes for answer in outcome.answers]
    costs = {str(seed): outcome.costs for seed, outcome in zip(seeds, outcomes, strict=True)}
    figures: Figures = {"students": students, "queries": len(answers), "seeds": list(seeds)}
    figures |= outcomes[0].costs if len(seeds) == 1 else {"costs_by_seed": costs}
    figures |= summarise(answers)
    if beside_peers:
        figures["peers_of_the_first_district"] = run_peers(trials[0].frame, trials[0].asked, trials[0].written)
    return figures
