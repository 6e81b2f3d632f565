"""Homes without enrollment, and with: what leaves rests on little."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consentry.conftest import District


@pytest.fixture
def district(tmp_path: Path) -> District:
    """A home with a partner and its agreement: nothing here is read or matched."""
    made = District(tmp_path)
    made.expect("init")
    made.expect("partner", "add", "Rainier Youth Partners", "--id", "rainier")
    made.sign_agreement()
    return made


@pytest.fixture
def full_district(tmp_path: Path) -> District:
    """A home with enrollment and a blank form too."""
    made = District(tmp_path)
    made.set_up()
    return made
