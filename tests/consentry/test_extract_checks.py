"""P23: an extract that lost students or gives their IDs to others is refused until a lead says so; the old one stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from consentry.accounts import NewAccount, Role, add_account
from fixtures.district import District as Students
from fixtures.district import Student, make_district
from tests.consentry.conftest import District
from tests.consentry.granting import open_program

STUDENTS = make_district(1000, 3)


def lose(share: float) -> Sequence[Student]:
    return STUDENTS[: round(len(STUDENTS) * (1 - share))]


def renumber(count: int) -> Sequence[Student]:
    return [replace(one, student_id=f"99{n:05}") if n < count else one for n, one in enumerate(STUDENTS)]


def swap(count: int) -> Sequence[Student]:
    ids = [one.student_id for one in STUDENTS[:count]]
    return [
        replace(one, student_id=ids[(place + 1) % count]) if place < count else one
        for place, one in enumerate(STUDENTS)
    ]


def load(district: District, students: Sequence[Student], day: str, *more: str, code: int = 0) -> str:
    file = district.folder / "extract.csv"
    Students(students).write_enrollment_csv(file)
    result = district.call("enrollment", "load", str(file), "--as-of", day, *more)
    assert result.code == code, result.err
    return result.err


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lose(0.05), "50 of 1000 students are missing"),
        (lambda: renumber(10), "10 students stand under another ID"),
        (lambda: swap(10), "10 students stand under another ID"),
    ],
)
def test_a_poisoned_extract_waits_for_a_lead(tmp_path: Path, make: Callable[[], Sequence[Student]], words: str) -> None:
    district = District(tmp_path)
    district.expect("init")
    load(district, STUDENTS, "2024-09-15")
    before = district.expect("ledger", "head")["size"]
    assert words in load(district, make(), "2024-09-20", code=2)
    assert district.expect("ledger", "head")["size"] == before
    program = open_program(district)
    add_account(program, NewAccount("lena", Role.LEAD, None, "a long password"), "program")
    program.installation.engine.dispose()
    assert "only a lead" in load(district, make(), "2024-09-20", "--reason", "so told", "--as", "ana", code=2)
    assert "needs a lead" in load(district, make(), "2024-09-20", "--as", "lena", code=2)
    load(district, make(), "2024-09-20", "--reason", "a school moved", "--as", "lena")
    assert district.expect("ledger", "verify")["whole"]


def test_what_every_week_brings_passes(tmp_path: Path) -> None:
    district = District(tmp_path)
    district.expect("init")
    load(district, STUDENTS, "2024-09-15")
    load(district, [*lose(0.04), *renumber(0)[:5]], "2024-09-16")
    load(district, renumber(4), "2024-09-17")
    load(district, make_district(40, 9), "2024-08-01")  # of before the first: history, nothing to compare with
