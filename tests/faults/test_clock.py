"""P6: the clock decides nothing that the ledger's order decides; set back, it revives nothing and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.ledger import Clock
from tests.consentry.conftest import District
from tests.consentry.granting import grant, write_data

NOW = datetime(2025, 2, 3, 12, tzinfo=UTC)


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The machine's clock, as the program reads it in its one place."""
    monkeypatch.setattr(Clock, "read", lambda _day: Clock(moment, moment.date()))


def test_a_clock_set_back_revives_nothing(district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grant(district, "1000001")
    grant(district, "1000002")
    data, out = write_data(tmp_path / "data"), tmp_path / "out"
    set_clock(monkeypatch, NOW)
    why = ("--reason", "the mother called", "--as", "ana")
    district.expect("revoke", "--student", "1000001", "--partner", "rainier", "--on", NOW.date().isoformat(), *why)
    set_clock(monkeypatch, NOW - timedelta(days=40))
    refused = district.call("adr", "rainier", "--data", str(data), "--out", str(out))
    assert refused.code == 2
    assert "clock" in refused.err
    assert not out.exists()
    verified = district.expect("ledger", "verify")
    assert verified["whole"]
    set_clock(monkeypatch, NOW + timedelta(minutes=5))
    assert district.expect("adr", "rainier", "--data", str(data), "--out", str(out))["students"] == 1
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000002"]
