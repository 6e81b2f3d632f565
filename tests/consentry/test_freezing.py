"""Frozen exports: nothing leaves the house until a lead says so, and the rest goes on."""

from __future__ import annotations

from pathlib import Path

from consentry.accounts import NewAccount, Role, add_account
from tests.consentry.conftest import District
from tests.consentry.granting import DATA_DAY, grant, open_program, write_data


def test_nothing_leaves_while_frozen_and_a_lead_alone_ends_it(district: District, tmp_path: Path) -> None:
    grant(district, "1000001")
    district.today = DATA_DAY
    data = write_data(tmp_path / "data")
    deliver = ("adr", "rainier", "--data", str(data), "--out", str(tmp_path / "out"))
    assert district.call("exports", "release", "--reason", "why not", "--as", "lena").code == 2
    frozen = district.expect("exports", "freeze", "--reason", "a wrong extract", "--as", "ana")
    refused = district.call(*deliver)
    assert refused.code == 2
    assert "exports are frozen since" in refused.err
    assert not (tmp_path / "out").exists()
    assert not list((district.home / "outbox").rglob("*.csv"))
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000001"]
    program = open_program(district)
    add_account(program, NewAccount("lena", Role.LEAD, None, "a long password"), "program")
    program.installation.engine.dispose()
    by_staff = district.call("exports", "release", "--reason", "looked at", "--as", "ana")
    assert (by_staff.code, "only a lead lets exports go on" in by_staff.err) == (2, True)
    assert district.expect("exports", "release", "--reason", "looked at", "--as", "lena")["released"] == [
        frozen["freeze_id"]
    ]
    assert district.expect(*deliver)["students"] == 1
    shown = district.expect("exports", "list")
    assert [(row["frozen_by"], row["released_by"]) for row in shown] == [("ana", "lena")]
    assert district.expect("ledger", "verify")["whole"]
