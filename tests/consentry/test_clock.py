"""P6: the clock decides nothing that the ledger's order decides; set back, it revives nothing and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from tests.consentry.conftest import District, Result
from tests.consentry.granting import grant, write_data

NOON = datetime(2025, 2, 3, 12, tzinfo=UTC)


def call_at(district: District, moment: datetime, *arguments: str) -> Result:
    """A command while the machine's clock shows a moment."""
    district.today = moment.date().isoformat()
    with time_machine.travel(moment, tick=False):
        return district.call(*arguments)


def test_a_clock_set_back_revives_nothing(district: District, tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=False):
        grant(district, "1000001")
        grant(district, "1000002")
    deliver = ("adr", "rainier", "--data", str(write_data(tmp_path / "data")), "--out", str(tmp_path / "out"))
    why = ("--on", NOON.date().isoformat(), "--reason", "the mother called", "--as", "ana")
    assert call_at(district, NOON, "revoke", "--student", "1000001", "--partner", "rainier", *why).code == 0
    refused = call_at(district, NOON - timedelta(days=3), *deliver)
    assert (refused.code, "the machine's clock runs behind the ledger" in refused.err) == (2, True)
    assert not (tmp_path / "out").exists()
    later = NOON + timedelta(minutes=5)
    assert call_at(district, later, *deliver).out["students"] == 1
    assert [row["student_id"] for row in call_at(district, later, "access", "rainier").out] == ["1000002"]
    assert call_at(district, later, "ledger", "verify").out["whole"]
