"""Of what a partner, or a school, is reminded and when: steps that were not begun, that came back, lists of a term."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from consentry.accounts import NewAccount, Role, add_account
from tests.consentry.conftest import District
from tests.consentry.granting import open_program
from tests.consentry.settling_here import settle

YEAR = ("--school-year", "2024-25")


@pytest.fixture
def district(tmp_path: Path) -> District:
    """A partner without any agreement; nothing is read or matched."""
    made = District(tmp_path)
    made.expect("init")
    made.expect("partner", "add", "Rainier Youth Partners", "--id", "rainier")
    return made


def take_step(district: District, kind: str, status: str, on: str, year: str = "2024-25") -> None:
    told = ("--kind", kind, "--school-year", year, "--status", status, "--on", on)
    district.expect("partner", "agreement", "rainier", *told)


def remind(district: District, day: str, year: str = "2024-25") -> dict[str, str]:
    district.today = day
    [waits] = [each for each in district.expect("partner", "waits", "rainier") if each["school_year"] == year]
    return {step["kind"]: step["reminder"] for step in waits["steps"] if step["reminder"]}


def test_training_and_accounts_that_were_never_begun(district: District) -> None:
    take_step(district, "dsa", "submitted", "2024-09-03")
    assert remind(district, "2024-09-09") == {}
    said = "training: not begun, and your data sharing agreement is since 2024-09-03"
    assert remind(district, "2024-09-10") == {"training": said}, "five business days after the agreement was submitted"
    pat = NewAccount("pat@partner.example", Role.PARTNER, "rainier", "a long enough password")
    add_account(open_program(district), pat, "test")
    reminded = remind(district, "2024-09-10")
    assert reminded["nua"] == "nua: not begun, and your data sharing agreement is since 2024-09-03"
    [waits] = district.expect("partner", "waits", "rainier")
    assert "1 person's account waits for your network use agreement" in waits["steps"][1]["words"]
    for kind in ("training", "nua"):
        take_step(district, kind, "active", "2024-09-11")
    assert set(remind(district, "2024-09-11")) <= {"dsa"}
    take_step(district, "dsa", "ended", "2024-09-12")
    take_step(district, "training", "ended", "2024-09-12")
    assert remind(district, "2024-10-12") == {}, "what somebody ended is not asked for"


def test_what_came_back_and_what_was_not_renewed(district: District) -> None:
    take_step(district, "dsa", "submitted", "2024-09-03")
    take_step(district, "dsa", "returned", "2024-09-06")
    assert remind(district, "2024-09-12") == {}
    assert remind(district, "2024-09-13") == {"dsa": "dsa: went back to you on 2024-09-06"}
    take_step(district, "dsa", "active", "2024-09-16")
    take_step(district, "nua", "active", "2024-09-16")
    district.today = "2025-05-01"
    district.expect("year", "open", "2025-26", "--as", "lea")
    assert remind(district, "2025-07-31", "2025-26") == {}
    assert remind(district, "2025-08-04", "2025-26") == {
        "dsa": "dsa: not renewed, and the school year begins on 2025-09-01"
    }
    take_step(district, "dsa", "submitted", "2025-08-05", "2025-26")
    assert remind(district, "2025-08-12", "2025-26")["nua"].startswith("nua: not begun")


def test_a_list_is_to_be_confirmed_for_each_term(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up(forms=False)
    for kind in ("is", "training"):
        take_step(district, kind, "active", "2024-09-01")
    listed = district.write_rows([district.make_row("1000001")])
    district.expect("submit", "--partner", "rainier", "--basis", "is", "--list", str(listed), "--by", "Pia Alvarez")
    settle(district)

    def find(day: str) -> list[str]:
        district.today = day
        told = district.call("partner", "waits", "rainier", "--reminders", json_out=False).out
        return [line.partition("Cedar Grove Elementary: ")[2] for line in told.splitlines() if "Cedar Grove" in line]

    assert find("2025-01-31") == []
    near = ["the list is to be confirmed for the second semester by 2025-02-20"]
    assert find("2025-02-03") == near and find("2025-02-20") == near
    assert find("2025-02-21") == ["the list is not confirmed for the second semester: nobody on it may be viewed"]
    district.expect("partner", "confirm-term", "rainier", *YEAR, "--as", "Pia Alvarez")
    assert find("2025-02-21") == []
    [waits] = district.expect("partner", "waits", "rainier")
    assert waits["lists"] == []
    assert find("2025-06-23") == ["the list is to be confirmed for the summer by 2025-07-05"]


def test_one_trained_person_is_the_partners_training_unless_somebody_ended_it(district: District) -> None:
    def find() -> str:
        [waits] = district.expect("partner", "waits", "rainier")
        return next(str(step["status"]) for step in waits["steps"] if step["kind"] == "training")

    name = ("partner", "name", "rainier", "--kind", "training", *YEAR, "--name", "Pat Partner", "--as", "lea")
    take_step(district, "dsa", "active", "2024-09-03")
    assert find() == "not_begun"
    district.expect(*name)
    assert find() == "active"
    district.expect(*name)
    take_step(district, "training", "ended", "2024-10-01")
    district.expect(*name)
    assert find() == "ended"
    told = [(step["what"], step["by"]) for step in district.expect("partner", "history", "rainier", *YEAR)]
    assert told.count(("active", "lea")) == 1 and told.count(("trained", "")) == 3
