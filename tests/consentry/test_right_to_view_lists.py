"""Right-to-view lists: the school's students only, under a name, confirmed each term, never mixed with consent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.student_lists import StudentRow
from tests.consentry.conftest import CHILDREN, District
from tests.consentry.settling_here import settle

YEAR = ("--school-year", "2024-25")
CEDAR = ("1000001", "1000002", "1000005")
PRINCIPAL = "Pia Alvarez"


@pytest.fixture
def listed(make_district: Callable[[], District]) -> District:
    """A district with a designated partner, and no blank form at all."""
    district = make_district()
    district.set_up(forms=False)
    designate(district)
    return district


def designate(district: District, status: str = "active", on: str = "2024-09-01") -> None:
    district.expect("partner", "agreement", "rainier", "--kind", "is", *YEAR, "--status", status, "--on", on)


def send(district: District, file: Path, *more: str, code: int = 0) -> dict[str, Any]:
    offered = ("--basis", "is", "--list", str(file), "--by", PRINCIPAL, *more)
    receipt = district.expect("submit", "--partner", "rainier", *offered, code=code)
    settle(district)
    status: dict[str, Any] = district.expect("status", receipt["submission_id"])
    return status


def access_of(district: District) -> list[tuple[str, str]]:
    return [(row["student_id"], row["basis"]) for row in district.expect("access", "rainier")]


def test_a_list_gives_its_own_schools_students_and_no_others(listed: District) -> None:
    """Another school's student, a made-up one and an uncertain one: neutral code, or a person; nothing granted."""
    rows = [listed.make_row(number) for number in CEDAR[:2]]
    rows += [
        listed.make_row("1000003"),  # names another school
        listed.make_row("1000004", school="Cedar Grove Elementary"),  # says the list's school, is enrolled at another
        StudentRow("Nobody", "Known", "2012-01-01", "Cedar Grove Elementary"),
        StudentRow("Nakamuro", "Ester", "2014-08-05", "Cedar Grove Elementary"),
    ]
    status = send(listed, listed.write_rows(rows))
    told = [(row["state"], row["reasons"]) for row in status["rows"]]
    assert told[:4] == [("granted", []), ("granted", []), *[("returned", ["CANNOT_CONFIRM"])] * 2]
    assert [state for state, _ in told[4:]] == ["in_review", "in_review"]
    assert access_of(listed) == [("1000001", "IS_LIST"), ("1000002", "IS_LIST")]
    assert len(listed.expect("queue", "list")) == 2
    assert listed.call("ledger", "verify").code == 0
    out = listed.folder / "report.csv"
    listed.expect("report", status["submission_id"], "--out", str(out))
    report = out.read_text("utf-8-sig")
    assert "Harbor View" in report.splitlines()[3], "the partner's own value"
    assert "Harbor View" not in report.splitlines()[4], "never the district's"


def test_a_person_accepts_only_students_of_the_school(listed: District) -> None:
    row = StudentRow("Nakamuro", "Ester", "2014-08-05", "Cedar Grove Elementary")
    send(listed, listed.write_rows([row]))
    [case] = listed.expect("queue", "list")
    decide = ("queue", "decide", case["case_id"], "--action", "accept", "--reason", "principal called", "--as")
    wrong = listed.call(*decide, "ana", "--student", "1000004")
    assert wrong.code == 2 and "not at the school" in wrong.err
    assert listed.call(*decide, PRINCIPAL, "--student", "1000005").code == 2, "who submits does not decide"
    first = listed.expect(*decide, "ana", "--student", "1000005")
    if first["second_person_needed"]:
        listed.expect(*decide, "bo", "--student", "1000005")
    assert access_of(listed) == [("1000005", "IS_LIST")]
    [grant] = listed.expect("access", "rainier")
    traced = listed.expect("trace", "--grant", grant["grant_id"])
    assert grant["form_id"] in str(traced)
    assert listed.expect("audit", "list") == [], "there is no paper to key blindly"
    assert listed.call("ledger", "verify").code == 0


def test_a_list_waits_for_agreement_and_designation(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up(forms=False)
    status = send(district, district.write_rows([district.make_row("1000001")]))
    assert [row["state"] for row in status["rows"]] == ["held"] and access_of(district) == []
    [waits] = district.expect("partner", "waits", "rainier")
    words = {step["kind"]: step["words"] for step in waits["steps"]}
    assert words["is"] == (
        "1 row of a list waits for your institutional service designation, which was not submitted yet."
    )
    designate(district)
    settle(district)
    assert access_of(district) == [("1000001", "IS_LIST")]
    designate(district, "ended", "2024-10-05")
    district.today = "2024-10-05"
    assert access_of(district) == []
    assert district.call("ledger", "verify").code == 0


def test_a_student_who_leaves_the_school_drops_out_and_comes_back(listed: District) -> None:
    send(listed, listed.write_rows([listed.make_row("1000001"), listed.make_row("1000002")]))
    assert len(access_of(listed)) == 2

    def load(as_of: str, school: str) -> None:
        lines = ["student_id,first,last,birth_date,school,grade,guardians"]
        for number, (first, last, born, own) in CHILDREN.items():
            lines.append(f"{number},{first},{last},{born},{school if number == '1000002' else own},5,")
        file = listed.folder / "moved.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        listed.expect("enrollment", "load", str(file), "--as-of", as_of)

    listed.today = "2024-10-10"
    load("2024-10-09", "Harbor View Middle School")
    assert access_of(listed) == [("1000001", "IS_LIST")]
    assert [row["student_id"] for row in listed.expect("access", "rainier", "--on", "2024-10-05")] == [
        "1000001",
        "1000002",
    ]
    listed.today = "2024-10-12"
    load("2024-10-12", "Cedar Grove Elementary")
    assert len(access_of(listed)) == 2


def test_an_unconfirmed_list_lapses_by_the_years_file(listed: District) -> None:
    send(listed, listed.write_rows([listed.make_row("1000001")]))
    for day, held in (("2025-02-20", True), ("2025-02-21", False)):
        listed.today = day
        assert bool(access_of(listed)) is held, day
    confirm = ("partner", "confirm-term", "rainier", *YEAR, "--as")
    assert listed.call(*confirm, "Somebody Else").code == 2
    [given] = listed.expect(*confirm, PRINCIPAL)
    assert (given["term"], given["holds_until"]) == ("second semester", "2025-07-05")
    assert access_of(listed) == [("1000001", "IS_LIST")]
    listed.today = "2025-07-06"
    assert access_of(listed) == []


def test_the_same_list_with_one_row_changed(listed: District) -> None:
    """Nothing twice, nothing lost: the changed row is ruled on, the others are known."""
    unclear = StudentRow("Nakamuro", "Ester", "2014-08-05", "Cedar Grove Elementary")
    send(listed, listed.write_rows([listed.make_row("1000001"), unclear]))
    assert len(listed.expect("queue", "list")) == 1
    again = send(
        listed, listed.write_rows([listed.make_row("1000001"), listed.make_row("1000005"), unclear], name="again.xlsx")
    )
    assert [(row["state"], row["reasons"]) for row in again["rows"]][:2] == [
        ("returned", ["DUPLICATE"]), ("granted", []),
    ]  # fmt: skip
    assert len(listed.expect("queue", "list")) == 1, "the row that waits already opens no second case"
    assert access_of(listed) == [("1000001", "IS_LIST"), ("1000005", "IS_LIST")]


def test_a_row_to_remove_ends_the_right(listed: District) -> None:
    send(listed, listed.write_rows([listed.make_row("1000001"), listed.make_row("1000002")]))
    send(listed, listed.write_rows([listed.make_row("1000002", action="Remove")], name="removed.xlsx"))
    assert access_of(listed) == [("1000001", "IS_LIST")]
    assert listed.call("ledger", "verify").code == 0


def test_who_may_submit(listed: District) -> None:
    file = listed.write_rows([listed.make_row("1000001")])
    offered = ("submit", "--partner", "rainier", "--basis", "is", "--list", str(file))
    assert listed.call(*offered).code == 2, "a list has a name under it"
    assert listed.call(*offered, "--by", "x", str(listed.folder)).code == 2, "and no scans"
    named = ("--school", "Cedar Grove Elementary", *YEAR, "--as", "lea")
    listed.expect("partner", "designee", "Dora Designee", *named, "--role", "designee")
    refused = listed.call(*offered, "--by", PRINCIPAL)
    assert (refused.code, "not on record" in refused.err) == (2, True)
    listed.expect(*offered, "--by", "dora  designee")
    listed.expect("partner", "designee", "Dora Designee", *named, "--status", "ended")
    listed.expect(*offered, "--by", PRINCIPAL)
