"""School years as data: drafts, faults all at once, opening with partners carried over, the hash on decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from consentry.errors import CommandError
from consentry.program_year.school_years import draft_year, read_year
from review_queue import SchoolYear
from tests.consentry.conftest import District

YEAR = SchoolYear("2026-27", date(2026, 9, 1), date(2027, 6, 1), date(2027, 8, 31))


def test_draft_is_a_year_without_fault() -> None:
    rules = read_year(draft_year(YEAR), "2026-27")
    assert rules.school_year == YEAR
    days = {holiday.day for holiday in rules.file.holidays}
    assert {date(2026, 11, 26), date(2027, 1, 18), date(2027, 7, 5)} <= days, (
        "Thanksgiving, King's day, the fourth as kept"
    )
    assert date(2026, 1, 1) not in days


def test_all_faults_are_told_at_once() -> None:
    text = draft_year(YEAR).decode()
    text = text.replace("dsa = 15", "dsa = 0").replace('"attendance", ', '"lunch", ')
    text = text.replace("due = 2027-06-01", "due = 2027-09-09").replace("data = 5", "data = 5\nspeed = 1")
    with pytest.raises(CommandError) as told:
        read_year(text.encode(), "2026-27")
    words = str(told.value)
    for fault in ("targets.dsa", "targets.speed", "no such category: lunch", "its days come in the order"):
        assert fault in words
    with pytest.raises(CommandError, match="this is the file of 2026-27, not of 2025-26"):
        read_year(draft_year(YEAR), "2025-26")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('begins = 2027-02-01', "begins = 2028-02-01", "begins outside the year"),
        ('confirm_by = 2027-02-20', "confirm_by = 2027-01-20", "to be confirmed before it begins"),
        ('name = "summer"', 'name = "first semester"', "two terms have one name"),
        ("day = 2026-11-26", "day = 2029-11-26", "2029-11-26 is no day of the year"),
        ('dsa = ["SCP", "Legal"]', 'dsa = ["SCP", "SCP"]', "names a department twice"),
        ("ends = 2027-08-31", "ends = 2026-08-31", "2026-27 begins in 2026 and ends in the year after"),
    ],
)  # fmt: skip
def test_a_fault_is_named(old: str, new: str, fault: str) -> None:
    text = draft_year(YEAR).decode()
    assert old in text
    with pytest.raises(CommandError, match=fault):
        read_year(text.replace(old, new).encode(), "2026-27")


def test_opening_a_year_carries_partners_over_as_not_renewed(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up(forms=False)
    district.expect("partner", "add", "Harbor Tutoring", "--id", "harbor")
    training = ("--kind", "training", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-02")
    district.expect("partner", "agreement", "rainier", *training)
    district.today = "2025-05-02"
    opened = district.expect("year", "open", "2025-26", "--as", "lea")
    assert (opened["partners_not_renewed"], opened["steps_not_renewed"]) == (1, {"dsa": 1, "training": 1})
    again = district.expect("year", "open", "2025-26", "--as", "lea")
    assert (again["partners_not_renewed"], again["new_file"]) == (0, False)
    shown = district.expect("year", "show", "2025-26")
    assert shown["partners"]["dsa"] == {"not_renewed": 1, "not begun": 1}
    assert shown["sha256"] == opened["sha256"]
    words = {step["kind"]: step["words"] for step in district.expect("partner", "waits", "rainier")[1]["steps"]}
    assert words["dsa"] == "Your data sharing agreement: nothing waits for it, which is not renewed yet."
    assert district.expect("year", "show")["school_year"] == "2024-25"
    assert district.call("ledger", "verify").code == 0


def test_own_file_of_the_home_holds_and_a_changed_one_is_a_new_version(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up(forms=False)
    own = district.home / "years" / "2026-27.toml"
    own.parent.mkdir()
    own.write_bytes(draft_year(YEAR).replace(b"due = 2027-06-01", b"due = 2027-06-15"))
    district.expect("year", "open", "2026-27", "--as", "lea")
    own.write_bytes(own.read_bytes().replace(b"dsa = 15", b"dsa = 10"))
    assert district.expect("year", "open", "2026-27", "--as", "lea")["new_file"]
    shown = district.expect("year", "show", "2026-27")
    assert (shown["file"]["school_year"]["due"], shown["file"]["targets"]["dsa"]) == ("2027-06-15", 10)
    assert [version["version"] for version in shown["versions"]] == [1, 2]
    own.write_bytes(b"[school_year]\n")
    refused = district.call("year", "open", "2026-27", "--as", "lea")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
