"""A prepared home that is copied for each fault, and how it ends when nothing disturbs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.plain_district import Outcome, PlainDistrict
from tests.faults.processes import WORKER, Step

SUBMISSIONS, FORMS = 3, 6


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PlainDistrict:
    made = PlainDistrict(tmp_path_factory.mktemp("prepared"))
    made.prepare(60, SUBMISSIONS, FORMS)
    return made


@pytest.fixture(scope="session")
def settled(prepared: PlainDistrict, tmp_path_factory: pytest.TempPathFactory) -> PlainDistrict:
    """A home that took everything in undisturbed."""
    made = prepared.copy(tmp_path_factory.mktemp("settled"))
    for number in range(SUBMISSIONS):
        made.submit(number)
    worker = Step(made.home, WORKER, "--owner", "first", "--drain").go()
    assert worker.end() == 0, worker.complaint
    return made


@pytest.fixture(scope="session")
def undisturbed(settled: PlainDistrict) -> Outcome:
    outcome = settled.find_outcome()
    assert len(outcome.states) == SUBMISSIONS * FORMS
    assert len(outcome.access) > SUBMISSIONS * FORMS // 2
    assert "in_review" in dict(outcome.states).values()
    return outcome


@pytest.fixture
def plain_district(prepared: PlainDistrict, tmp_path: Path) -> PlainDistrict:
    return prepared.copy(tmp_path / "district")


@pytest.fixture
def settled_district(settled: PlainDistrict, undisturbed: Outcome, tmp_path: Path) -> PlainDistrict:
    return settled.copy(tmp_path / "district")
