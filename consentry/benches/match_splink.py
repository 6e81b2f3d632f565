"""Splink as a peer: the usual set-up of its handbook, trained without labels, on the records that the bench gives it.

Decides nothing. Splink is no part of the program: `pip install 'consentry[bench]'` brings it, and without it the bench says so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

MISSING = "not installed: pip install 'consentry[bench]'"
MOST_RANDOM_PAIRS = 2e6


@dataclass(frozen=True, slots=True)
class Rules:
    """Which pairs Splink looks at (`blocks`), takes for sure to set its prior (`sure`) and learns from (`learns`), in SQL."""

    blocks: tuple[str, ...]
    sure: tuple[str, ...]
    learns: tuple[str, ...]
    recall: float = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Pairs found (`left`, `right`, `weight` in bits, `probability`), seconds of learning, of linking, and of work in it."""

    pairs: pd.DataFrame
    learning_seconds: float
    linking_seconds: float
    linking_cpu_seconds: float


def installed() -> bool:
    """Whether Splink is there."""
    return find_spec("splink") is not None


def compare_people(*, exact: Sequence[str], names: Sequence[str], text: Sequence[str]) -> list[ComparisonCreator]:
    """Splink's comparisons for people with a `born` column: names and text by likeness, and how rare they are."""
    import splink.comparison_library as compare

    chosen: list[ComparisonCreator] = [
        compare.NameComparison(column).configure(term_frequency_adjustments=True) for column in names
    ]
    chosen.append(compare.DateOfBirthComparison("born", input_is_string=True, datetime_format="%Y-%m-%d").configure())
    chosen += [compare.LevenshteinAtThresholds(column, [1, 2]) for column in exact]
    chosen += [
        compare.JaroWinklerAtThresholds(column, [0.92, 0.8]).configure(term_frequency_adjustments=True)
        for column in text
    ]
    return chosen


def link(left: pd.DataFrame, right: pd.DataFrame, comparisons: Sequence[ComparisonCreator], rules: Rules) -> Linked:
    """Learns without labels from both tables (their key is `unique_id`), then scores every pair that a block allows."""
    from splink import Linker, SettingsCreator
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    begun = time.perf_counter()
    database = DuckDBAPI()
    tables = [
        database.register(left, dataset_display_name="asked"),
        database.register(right, dataset_display_name="enrolled"),
    ]
    settings = SettingsCreator(
        "link_only", comparisons=list(comparisons), blocking_rules_to_generate_predictions=list(rules.blocks)
    )
    linker = Linker(tables, settings)
    linker.training.estimate_probability_two_random_records_match(list(rules.sure), recall=rules.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=MOST_RANDOM_PAIRS, seed=1)
    for rule in rules.learns:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    learned, worked = time.perf_counter(), time.process_time()
    found = linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
    ended, worked = time.perf_counter(), time.process_time() - worked
    asked_left = found["source_dataset_l"] == "asked"
    pairs = pd.DataFrame(
        {
            "left": found["unique_id_l"].where(asked_left, found["unique_id_r"]),
            "right": found["unique_id_r"].where(asked_left, found["unique_id_l"]),
            "weight": found["match_weight"],
            "probability": found["match_probability"],
        }
    )
    return Linked(pairs, learned - begun, ended - learned, worked)
