"""A year played through, May to the autumn after: forms, a late agreement, returns, grants, an 18th birthday, a revocation,
a departure, two parents who differ, renewal. The access set is checked on every day of it, as known then and as known now.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from access import KnownTime
from consentry.disclosing.access_sets import find_access_as_known
from consentry.program import Program
from consentry.settings import Settings
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER
from fixtures.filling import Value, fill_form
from tests.consentry.conftest import CHILDREN, CLEAR_HAND, PARTNER_NAME, District

NEXT_BLANK = FORMS_FOLDER / "consent-2024-25-en-b.pdf"
FIRST, LAST = date(2024, 5, 1), date(2025, 10, 15)
ADULT_SOON = ("Dmitri", "Volkov", "2007-02-14", "Harbor View Middle School")

SPANS = {
    "1000001": [(date(2024, 9, 20), date(2025, 4, 20))],
    "1000002": [(date(2024, 9, 20), date(2025, 1, 10))],
    "1000003": [(date(2024, 10, 15), date(2025, 9, 1)), (date(2025, 9, 10), LAST + timedelta(days=1))],
    "1000004": [(date(2024, 9, 20), date(2025, 2, 14))],
    "1000005": [(date(2024, 9, 20), date(2025, 3, 1))],
}
"""Each student's days of access: first, and first without."""

WITHOUT_AGREEMENT = (date(2025, 5, 1), date(2025, 5, 10))


def expect_access(day: date) -> list[str]:
    if WITHOUT_AGREEMENT[0] <= day < WITHOUT_AGREEMENT[1]:
        return []
    return [student for student, spans in SPANS.items() if any(first <= day < end for first, end in spans)]


def load_enrollment(district: District, as_of: str, without: str = "") -> None:
    lines = ["student_id,first,last,birth_date,school,grade,guardians"]
    kept = ((number, child) for number, child in CHILDREN.items() if number != without)
    lines += [f"{number},{first},{last},{born},{school},5," for number, (first, last, born, school) in kept]
    file = district.folder / f"enrollment-{as_of}.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    district.expect("enrollment", "load", str(file), "--as-of", as_of)


def set_agreement(district: District, year: str, status: str, on: str) -> None:
    kind = ("--kind", "dsa", "--school-year", year)
    district.expect("partner", "agreement", "rainier", *kind, "--status", status, "--on", on)


def add_blank(district: District, blank: Path, year: str, published: str) -> None:
    named = ("--code", f"SPS-CONSENT-{year}-EN", "--school-year", year, "--language", "en")
    district.expect("form", "add", str(blank), *named, "--published", published)


def send(district: District, *pages: tuple[str, np.ndarray]) -> dict[str, tuple[str, list[str]]]:
    """Sends one submission; states and reasons by student."""
    shutil.rmtree(district.folder / "scans", ignore_errors=True)
    for student, page in pages:
        district.save(page, f"{student}.png")
    students = sorted({student[:7] for student, _ in pages})
    status = district.take_in(district.write_list(*students))
    return {form["source"]["file"][6:-4]: (form["state"], form["reasons"]) for form in status["forms"]}


def play_first_summer(district: District) -> None:
    district.today = "2024-05-01"
    district.expect("init")
    load_enrollment(district, "2024-04-15")
    add_blank(district, FORMS_FOLDER / "consent-2024-25-en.pdf", "2024-25", "2024-05-01")
    district.expect("partner", "add", PARTNER_NAME, "--id", "rainier")
    district.today = "2024-08-20"
    set_agreement(district, "2024-25", "submitted", "2024-08-19")
    signed: dict[str, Value] = {"parent_date": "08/15/2024"}
    pages = [
        (number, district.fill(number, seed=int(number), **signed)) for number in ("1000001", "1000002", "1000004")
    ]
    pages.append(("1000003", district.fill("1000003", seed=3, parent_signature="", **signed)))
    pages.append(("1000005", district.fill("1000005", seed=5, **signed)))
    held = send(district, *pages)
    assert {state for state, _ in held.values()} == {"held"}
    district.today = "2024-09-20"
    set_agreement(district, "2024-25", "active", "2024-09-20")
    district.expect("work", "--drain")


def play_the_year(district: District) -> None:
    district.today = "2024-10-15"
    signed: dict[str, Value] = {"parent_date": "10/02/2024"}
    assert send(district, ("1000003", district.fill("1000003", seed=33, **signed))) == {"1000003": ("granted", [])}
    district.today = "2024-12-20"
    ending = district.expect("grants", "ending")
    assert [(end["student_id"], end["kind"], end["days_left"]) for end in ending] == [("1000004", "turns_18", 56)]
    district.today = "2025-01-15"
    revoke(district, "1000002", "2025-01-10")
    district.today = "2025-03-04"
    load_enrollment(district, "2025-03-01", without="1000005")
    assert {end["kind"] for end in district.expect("grants", "ending", "--within", "0")} == {"not_enrolled"}
    district.today = "2025-04-10"
    other_parent: dict[str, Value] = {"consent_yes": False, "consent_no": True, "parent_date": "04/05/2025"}
    refusal = district.fill("1000001", seed=11, parent_name="Omar Warsame", **other_parent)
    assert send(district, ("1000001", refusal)) == {"1000001": ("in_review", ["CONFLICTING_FORMS"])}
    assert "1000001" in {row["student_id"] for row in district.expect("access", "rainier")}
    district.today = "2025-04-20"
    revoke(district, "1000001", "2025-04-20")
    district.today = "2025-05-01"
    set_agreement(district, "2024-25", "ended", "2025-05-01")
    district.today = "2025-05-10"
    set_agreement(district, "2024-25", "active", "2025-05-10")


def revoke(district: District, student: str, on: str) -> None:
    named = ("revoke", "--student", student, "--partner", "rainier", "--on", on)
    district.expect(*named, "--reason", "family asked", "--as", "ana")


def play_renewal(district: District) -> None:
    """Nothing rolls over: last year's form goes back, this year's is taken."""
    district.today = "2025-09-10"
    load_enrollment(district, "2025-09-02", without="1000005")
    add_blank(district, NEXT_BLANK, "2025-26", "2025-05-01")
    set_agreement(district, "2025-26", "active", "2025-09-01")
    old = district.fill("1000003", seed=34, parent_date="09/03/2025")
    states = send(district, ("1000003-old", old), ("1000003", fill_next(district, "1000003")))
    assert states["1000003-old"][0] == "returned"
    assert set(states["1000003-old"][1]) & {"WRONG_YEAR_FORM", "PAST_DEADLINE"}
    assert states["1000003"] == ("granted", [])


def fill_next(district: District, student: str) -> np.ndarray:
    first, last, born, school = CHILDREN[student]
    blank = BlankForm.load(NEXT_BLANK)
    values: dict[str, Value] = {
        "partner": PARTNER_NAME,
        "student_first": first,
        "student_last": last,
        "student_id": student,
        "birth_date": f"{born[5:7]}/{born[8:]}/{born[:4]}",
        "school": school,
        "records_attendance": True,
        "consent_yes": True,
        "parent_name": f"Maria {last}",
        "parent_signature": f"Maria {last}",
        "parent_date": "09/03/2025",
    }
    known = {name: value for name, value in values.items() if name in blank.boxes}
    return fill_form(blank, known, CLEAR_HAND, np.random.default_rng(7))


@pytest.mark.slow
def test_a_year_with_the_access_set_of_every_day(
    make_district: Callable[[], District], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHILDREN, "1000004", ADULT_SOON)
    district = make_district()
    play_first_summer(district)
    play_the_year(district)
    play_renewal(district)
    program = Program.open(Settings(home=district.home, today=LAST))

    def find(day: date, known: KnownTime | None = None) -> list[str]:
        return [row.student_id for row in find_access_as_known(program, "rainier", day, known)]

    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    assert {day: find(day) for day in days} == {day: expect_access(day) for day in days}
    now = KnownTime(day=LAST)
    assert all(find(day, now) == expect_access(day) for day in days)

    revoked_later = date(2025, 1, 12)
    assert "1000002" in find(revoked_later, KnownTime(day=date(2025, 1, 14)))
    assert "1000002" not in find(revoked_later, KnownTime(day=date(2025, 1, 15)))
    left_unnoticed = date(2025, 3, 2)
    assert "1000005" in find(left_unnoticed, KnownTime(day=date(2025, 3, 3)))
    assert "1000005" not in find(left_unnoticed, KnownTime(day=date(2025, 3, 4)))
    assert find(date(2025, 1, 1), KnownTime(day=date(2024, 9, 19))) == []
    district.today = LAST.isoformat()
    late = district.expect("access", "rainier", "--on", "2025-01-12", "--known-on", "2025-01-14")
    assert "1000002" in {row["student_id"] for row in late}
    assert district.expect("ledger", "verify")["whole"]
