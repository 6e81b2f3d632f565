"""Homes without enrollment, and with: what leaves rests on little."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consentry.conftest import District


@pytest.fixture
def district(bare_district: District) -> District:
    """Nothing here is read or matched."""
    return train(bare_district)


@pytest.fixture
def full_district(tmp_path: Path) -> District:
    """A home with enrollment and a blank form too."""
    made = District(tmp_path)
    made.set_up()
    return train(made)


def train(district: District) -> District:
    """The partner's training is done, so that nobody is reminded of it."""
    done = ("--kind", "training", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", "rainier", *done)
    return district
