"""A home without enrollment or forms: at the doors nothing is read or matched."""

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
