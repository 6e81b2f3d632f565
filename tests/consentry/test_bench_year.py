"""The year played through by its own calendar: every gate, every day; and a gate that stands open is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access import grants, list_rights
from consentry.benches import year as bench_year
from consentry.desk import showing
from consentry.disclosing import staag_people


def test_a_small_year_day_by_day() -> None:
    """Four partners from the first agreement to renewal: nobody wrongly granted, nobody lost, each access set as scripted."""
    figures = bench_year.run(partners=4, forms=40, lists=2, students=500, seed=3)
    assert figures["days"] == 518
    assert (figures["wrong_grants"], figures["lost"], figures["differences"]) == (0, 0, 0), figures
    assert figures["ledger_breaks"] == 0
    assert figures["access_checks"] > 150 and figures["log_in_checks"] > 150 and figures["wait_checks"] > 3
    assert set(figures["states"]) == {"granted", "returned"}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("module", "name", "opened"),
    [
        (grants, "has_active_ground", lambda *_: True),
        (grants, "_find_lapse", lambda *_: None),
        (list_rights, "_holds", lambda *_: True),
        (showing, "load_standing_rights", lambda *_: frozenset()),
        (grants, "has_lapsed_training", lambda *_, **__: False),
        (staag_people, "_may_log_in", lambda *_: True),
        (staag_people, "has_lapsed_training", lambda *_: False),
    ],
)
def test_a_gate_that_stands_open_is_seen(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, opened: Callable[..., Any]
) -> None:
    monkeypatch.setattr(module, name, opened)
    assert bench_year.run(partners=8, forms=400, lists=6, students=1500, seed=4)["differences"] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_year_of_200_partners() -> None:
    figures = bench_year.run(partners=200, forms=20_000, lists=60, students=30_000, seed=1)
    assert (figures["wrong_grants"], figures["lost"], figures["differences"]) == (0, 0, 0), figures
    assert figures["seconds"] < 600
