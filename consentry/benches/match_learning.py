"""Whether tables learned from a district's own queries, without labels, do better than those that come with the program.

Decides nothing: it measures both on queries that nothing was learned from, of the same district and families.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict

from consentry.benches.match import Trial
from consentry.benches.match_children import draw_roll, invent_district
from consentry.benches.match_families import Family, draw_habits
from consentry.benches.match_figures import Answer, Figures, judge, summarise
from matching import Matcher, learn_weights
from matching.weights import Weights, builtin_weights

OTHER_CHILDREN = 10_000
"""Added to a seed for the children that are learned from."""


def run(students: int, seeds: Sequence[int], queries: int) -> Figures:
    """Both sets of tables on the same held-out queries, and what was learned in the last district."""
    before: list[Answer] = []
    after: list[Answer] = []
    learned = builtin_weights()
    for seed in seeds:
        learning, held_out = draw_two_trials(students, seed, queries)
        learned = learn_weights(learning.frame, learning.written)
        before += judge(held_out.asked, Matcher(held_out.frame).match_batch(held_out.written))
        after += judge(held_out.asked, Matcher(held_out.frame, learned).match_batch(held_out.written))
    return {
        "students": students,
        "seeds": list(seeds),
        "learned_from_each": queries,
        "before": _short(before),
        "after": _short(after),
        "learned_in_last": list_changes(builtin_weights(), learned),
    }


def draw_two_trials(students: int, seed: int, queries: int) -> tuple[Trial, Trial]:
    """Queries of one district's children to learn from, and of others to test on; families' habits are the same."""
    district = invent_district(students, seed)
    rng = random.Random(seed + 1)  # noqa: S311  sample data, never a secret
    habits = draw_habits(rng)
    enrolled = draw_roll(district, seed, queries)
    trials = []
    for roll_seed in (seed + OTHER_CHILDREN, seed):
        family = Family(random.Random(roll_seed + 2), habits)  # noqa: S311  as above
        asked = draw_roll(district, seed, queries, roll_seed).asked
        trials.append(Trial(enrolled.to_frame(), asked, [family.write(child) for child in asked]))
    return trials[0], trials[1]


def list_changes(old: Weights, new: Weights) -> dict[str, str]:
    """Every chance that changed by a tenth or more: "0.012 -> 0.034"."""
    tables = asdict(new)
    return {
        f"{table}.{name}": f"{was:.4g} -> {tables[table][name]:.4g}"
        for table, rows in asdict(old).items()
        for name, was in rows.items()
        if abs(tables[table][name] - was) > was / 10
    }


def _short(answers: Sequence[Answer]) -> Figures:
    figures = summarise(answers)
    del figures["by_culture"]
    return figures
