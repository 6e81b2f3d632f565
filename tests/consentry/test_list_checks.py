"""The list template and what is told of a list on arrival."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from access.list_template import COLUMNS, TemplateTerms, write_list_template
from consentry.intake.list_checks import ListGround, find_list_faults
from fixtures.student_lists import StudentRow, write_student_list
from ingest import Cell, read_student_list
from ingest.types import Limits, Refusal, StudentList
from review_queue import SchoolYear
from tests.consentry.conftest import District

YEAR = SchoolYear("2024-25", date(2024, 9, 1), date(2025, 6, 1), date(2025, 8, 31))
GROUND = ListGround(YEAR, date(2024, 5, 1), "Rainier Youth Partners", date(2024, 10, 1))
TERMS = TemplateTerms("Rainier Youth Partners", "2024-25", YEAR.begins, ("Cedar Grove Elementary",), ("English",))


def read(content: bytes) -> StudentList | Refusal:
    cell = Cell(Limits())
    try:
        return read_student_list(content, "list.xlsx", cell, Limits())
    finally:
        cell.close()


def fill(file: Path, *rows: dict[str, str]) -> bytes:
    """The template with rows typed below its headings."""
    file.write_bytes(write_list_template(TERMS))
    book = load_workbook(file)
    for number, row in enumerate(rows, start=6):
        for name, value in row.items():
            book["Students"].cell(row=number, column=COLUMNS.index(name) + 1, value=value)
    book.save(file)
    return file.read_bytes()


def test_the_example_row_is_never_read_as_a_child(tmp_path: Path) -> None:
    empty = read(write_list_template(TERMS))
    assert isinstance(empty, Refusal) and "no students" in empty.words
    typed = {"StudentLastName": "Warsame", "StudentFirstName": "Amina", "DateOfBirth": "03/04/2012",
             "School": "Cedar Grove Elementary", "SPSStudentID": "0000001"}  # fmt: skip
    filled = read(fill(tmp_path / "list.xlsx", typed))
    assert isinstance(filled, StudentList)
    assert [(row.row_number, row.last_name, row.student_id) for row in filled.rows] == [(6, "Warsame", "0000001")]
    assert filled.faults == ()


def test_the_template_has_drop_downs_and_checks(tmp_path: Path) -> None:
    file = tmp_path / "template.xlsx"
    file.write_bytes(write_list_template(TERMS))
    book = load_workbook(file)
    checks = {str(check.sqref): check for check in book["Students"].data_validations.dataValidation}
    kinds = {COLUMNS[column]: checks[f"{letter}6:{letter}20005"].type for column, letter in
             ((0, "A"), (1, "B"), (7, "H"), (8, "I"), (9, "J"), (10, "K"), (14, "O"), (19, "T"))}  # fmt: skip
    assert kinds == {"SchoolYear": "list", "PartnerName": "list", "DateOfBirth": "date", "SPSStudentID": "textLength",
                     "School": "list", "Grade": "list", "FormLanguage": "list", "Action": "list"}  # fmt: skip
    assert book["Choices"].sheet_state == "hidden"
    assert len(file.read_bytes()) < 30_000
    listed = TemplateTerms("P", "2024-25", YEAR.begins, ("S",), (), is_right_to_view=True)
    assert {"SubmittedBy", "SubmittedDate"} <= set(listed.columns)
    assert not {"ConsentDate", "ConsentSignedBy", "FormLanguage"} & set(listed.columns)


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"birth_date": ""}, "DateOfBirth", "ILLEGIBLE"),
        ({"birth_date": "1950-02-03"}, "DateOfBirth", "FORM_ROW_MISMATCH"),
        ({"student_id": "12A4"}, "SPSStudentID", "ID_FORMAT"),
        ({"school_year": "2023-24"}, "SchoolYear", "WRONG_YEAR_FORM"),
        ({"partner": "Harbor Tutoring"}, "PartnerName", "WRONG_PARTNER"),
        ({"grade": "99"}, "Grade", "ILLEGIBLE"),
        ({"action": "Maybe"}, "Action", "ILLEGIBLE"),
        ({"consent_date": "2024-12-01"}, "ConsentDate", "DATE_FUTURE"),
        ({"consent_date": "2024-03-01"}, "ConsentDate", "DATE_BEFORE_FORM"),
    ],
)
def test_a_fault_is_told_by_row_and_column(tmp_path: Path, changes: dict[str, str], column: str, reason: str) -> None:
    good = {"last": "Warsame", "first": "Amina", "birth_date": "2012-03-04", "school": "Cedar Grove", "grade": "5"}
    file = tmp_path / "list.xlsx"
    write_student_list(file, [StudentRow(**good), StudentRow(**{**good, "first": "Bruno", **changes})])
    found = read(file.read_bytes())
    assert isinstance(found, StudentList)
    faults = find_list_faults(found, GROUND)
    assert [(fault.row_number, fault.column, fault.reason) for fault in faults] == [(3, column, reason)]
    assert "Bruno" not in faults[0].words


def test_the_same_student_twice_is_told(tmp_path: Path) -> None:
    row = StudentRow("Warsame", "Amina", "2012-03-04", "Cedar Grove")
    file = tmp_path / "list.xlsx"
    write_student_list(file, [row, row])
    found = read(file.read_bytes())
    assert isinstance(found, StudentList)
    assert [(fault.row_number, fault.reason) for fault in find_list_faults(found, GROUND)] == [(3, "DUPLICATE")]


def test_commands_tell_faults_before_any_scan_is_read(district: District) -> None:
    out = district.folder / "template.xlsx"
    made = district.expect("list", "template", "--partner", "rainier", "--out", str(out))
    assert made["school_year"] == "2024-25" and out.is_file()
    bad = district.write_list("1000001", student_id="12")
    checked = district.expect("list", "check", str(bad), "--partner", "rainier", code=1)
    assert [(fault["row"], fault["column"]) for fault in checked["faults"]] == [(2, "SPSStudentID")]
    district.save(district.fill("1000001"), "one.png")
    receipt = district.expect("submit", "--partner", "rainier", "--list", str(bad), str(district.folder / "scans"))
    assert receipt["list_faults"] == checked["faults"]
    assert district.expect("list", "check", str(district.write_list("1000002"))) == {"faults": []}
