"""Peers get the same queries, and say plainly when they aren't installed."""

import pandas as pd
import pytest

from consentry.benches import match_splink as bench_match_splink
from consentry.benches.match import draw_trial
from consentry.benches.match_febrl import _assign
from consentry.benches.match_peers import run_peers


def test_a_weighted_sum_is_measured_and_an_absent_peer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_match_splink, "installed", lambda: False)
    trial = draw_trial(600, seed=4, queries=60)
    figures = run_peers(trial.frame, trial.asked, trial.written)
    assert figures["splink"] == "not installed: pip install 'consentry[bench]'"
    weighted = figures["rapidfuzz_weighted_sum"]
    assert isinstance(weighted, dict)
    assert weighted["right_first"] > 0.8


def test_links_are_one_to_one_and_of_the_greatest_total_weight() -> None:
    rows = [("a", "1", 9.0), ("a", "2", 8.0), ("b", "1", 8.5), ("c", "2", 1.0)]
    links = _assign(pd.DataFrame(rows, columns=["left", "right", "weight"]))
    assert {(link.copy, link.original) for link in links} == {("a", "2"), ("b", "1")}
