"""A home without enrollment or forms: at the doors nothing is read or matched."""

from __future__ import annotations

import pytest

from tests.consentry.conftest import District


@pytest.fixture
def district(bare_district: District) -> District:
    """Nothing here is read or matched."""
    return bare_district
