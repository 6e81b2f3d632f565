"""A grant whose student's address becomes confidential stops at once, everywhere, until a person decides; 18th birthdays."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from access import Signer, make_grant
from consentry.risk.policy import read_built_in_policy, read_rulebook
from review_queue import SchoolYear
from store.tables import Decision, Form
from tests.consentry.conftest import CHILDREN, District
from tests.consentry.granting import grant, write_data


def load_enrollment(district: District, as_of: str, protected: str) -> None:
    lines = ["student_id,first,last,birth_date,school,grade,guardians,protected"]
    for number, (first, last, born, school) in CHILDREN.items():
        lines.append(f"{number},{first},{last},{born},{school},5,,{'Y' if number == protected else ''}")
    file = district.folder / f"enrollment-{as_of}.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    district.expect("enrollment", "load", str(file), "--as-of", as_of)


def list_students(district: District, *options: str) -> list[str]:
    return [row["student_id"] for row in district.expect("access", "rainier", *options)]


def deliver(district: District, out: str) -> list[str]:
    data = write_data(district.folder / "data")
    told = district.expect("adr", "rainier", "--data", str(data), "--out", str(district.folder / out))
    with next(Path(told["out"]).glob("01-*.csv")).open(encoding="utf-8-sig", newline="") as file:
        return [row["SPSStudentID"] for row in csv.DictReader(file)]


def test_a_newly_protected_student_is_in_no_output_until_a_person_confirms(district: District) -> None:
    paused, other = grant(district, "1000001"), grant(district, "1000002")
    assert list_students(district) == ["1000001", "1000002"]
    district.today = "2024-10-10"
    load_enrollment(district, "2024-10-10", protected="1000001")
    assert list_students(district) == ["1000002"]
    assert deliver(district, "before") == ["1000002"]
    assert [row["grant_id"] for row in district.expect("grants", "paused")] == [paused]
    assert "is not paused" in district.call("grants", "confirm", other, "--reason", "asked", "--as", "lea").err
    assert list_students(district, "--on", "2024-10-09") == ["1000001", "1000002"], "it was open then"
    district.today = "2024-10-14"
    district.expect("grants", "confirm", paused, "--reason", "the family wishes it", "--as", "lea")
    assert district.expect("grants", "paused") == []
    assert deliver(district, "after") == ["1000001", "1000002"]
    assert list_students(district, "--on", "2024-10-12") == ["1000002"], "nobody had decided then"
    assert list_students(district, "--on", "2024-10-14", "--known-on", "2024-10-13") == ["1000002"]
    assert district.expect("ledger", "verify")["whole"]


def test_a_person_who_knew_has_decided_already(make_district: Callable[[], District]) -> None:
    district = make_district()
    district.set_up()
    load_enrollment(district, "2024-09-20", protected="1000001")
    district.save(district.fill("1000001"), "a.png")
    status = district.take_in(district.write_list("1000001"))
    assert (status["forms"][0]["state"], status["forms"][0]["reasons"]) == ("in_review", ["PROTECTED"])
    case = district.expect("queue", "list")[0]["case_id"]
    accept = ("--action", "accept", "--student", "1000001", "--reason", "family asked in person", "--as", "lea")
    district.expect("queue", "decide", case, *accept)
    assert list_students(district) == ["1000001"]
    assert district.expect("grants", "paused") == []


def test_a_revocation_is_out_of_the_next_export_within_a_second(district: District) -> None:
    grant(district, "1000001")
    grant(district, "1000002")
    assert deliver(district, "first") == ["1000001", "1000002"]
    begun = time.monotonic()
    revoke = ("revoke", "--student", "1000001", "--partner", "rainier", "--on", "2024-10-01")
    district.expect(*revoke, "--reason", "asked", "--as", "ana")
    assert time.monotonic() - begun < 1
    assert deliver(district, "second") == ["1000002"]


def make_signed(lapses_at_18: bool) -> date | None:
    form = Form(form_id="f", partner_id="p")
    decision = Decision(decision_id="d", on_date=date(2024, 10, 1))
    signer = Signer(False, date(2007, 2, 14), lapses_at_18)
    year = SchoolYear("2024-25", date(2024, 9, 1), date(2025, 6, 1), date(2025, 8, 31))
    return make_grant(form, "1", ["attendance"], decision, year, signer, None).lapses_on  # type: ignore[arg-type]  # no time


def test_the_policy_says_whether_a_parents_consent_lapses_at_18() -> None:
    built_in = read_built_in_policy().decode()
    assert read_rulebook(built_in.encode()).lapses_at_18
    kept = read_rulebook(built_in.replace('consent_at_18 = "lapse"', 'consent_at_18 = "keep"').encode())
    assert not kept.lapses_at_18
    assert make_signed(True) == date(2025, 2, 14)
    assert make_signed(kept.lapses_at_18) is None
