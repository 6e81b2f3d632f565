"""Returns and answers: a mended row, a new scan, what the family says; each finds its first, and what is left is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from pydantic import TypeAdapter
from sqlalchemy import select

from consentry.benches.year_paper import make_reading
from consentry.benches.year_script import Fault, FormScript
from consentry.desk.shown_fields import show_fields, show_signature
from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.pipeline.reading_pages import FORM_PAGE, PageRecord, record_reading
from fixtures.district import Student
from ingest import read_student_list
from ingest.types import MediaType, StudentList
from store.ids import derive_id
from store.tables import FormTemplate
from store.year_tables import Correction
from tests.consentry.conftest import CHILDREN, PARTNER_NAME, District
from tests.consentry.granting import open_program
from tests.consentry.settling_here import settle


def send_forms(district: District, listed: Path, forms: Sequence[tuple[str, Fault]]) -> dict[str, Any]:
    """Sends forms that were read as recorded, with a list; returns the submission's status."""
    program = open_program(district)
    with program.open_cell() as cell:
        rows = read_student_list(listed.read_bytes(), listed.name, cell, program.limits)
    assert isinstance(rows, StudentList)
    scan = f"{listed.name} {forms}".encode()
    stored = StoredFile(program.installation.documents.put(scan), "scan", len(scan))
    pages = tuple(IncomingPage(stored, MediaType.PDF, f"{listed.stem}.pdf", place) for place, _ in enumerate(forms))
    receipt = record_submission(program, "rainier", Incoming(pages, (), rows, stored, listed.name), None, "")
    with program.installation.writing() as session:
        template = session.scalars(select(FormTemplate)).one()
        for place, (number, fault) in enumerate(forms):
            first, last, born, school = CHILDREN[number]
            child = Student(number, first, last, born, school, grade="5", guardians="Maria Example")
            reading = make_reading(FormScript(child, fault, date(2024, 9, 12), None), PARTNER_NAME, template)
            kept = program.installation.documents.put(reading.to_bytes())
            shown = (show_fields(reading), show_signature(reading))
            page = TypeAdapter(PageRecord).dump_json(PageRecord(FORM_PAGE, template.template_id, kept, *shown))
            form_id = derive_id("form", receipt.submission_id, stored.sha256, str(place))
            record_reading(session, program, form_id, program.installation.documents.put(page))
    program.installation.engine.dispose()
    settle(district)
    status: dict[str, Any] = district.expect("status", receipt.submission_id)
    return status


def send_list(district: District, listed: Path) -> dict[str, Any]:
    receipt = district.expect("submit", "--partner", "rainier", "--list", str(listed))
    settle(district)
    status: dict[str, Any] = district.expect("status", receipt["submission_id"])
    return status


def list_corrections(district: District) -> list[tuple[str, list[Any]]]:
    program = open_program(district)
    with program.installation.reading() as session:
        found = [(each.kind, list(each.changes)) for each in session.scalars(select(Correction))]
    program.installation.engine.dispose()
    return found


def left(district: District) -> list[tuple[int | None, str]]:
    return [(line["row"], line["code"]) for line in district.expect("left-to-do", "rainier")["left_to_do"]]


def test_a_mended_row_takes_its_form_up_and_is_hinted_at_the_third_time(district: District) -> None:
    """No new scan is needed where only the row was wrong; the same mending thrice gives a hint."""
    numbers = ("1000001", "1000002", "1000003")
    bad = district.write_rows([district.make_row(number, birth_date="") for number in numbers])
    sent = send_forms(district, bad, [(number, Fault.NONE) for number in numbers])
    assert {form["state"] for form in sent["forms"]} == {"returned"}
    assert left(district) == [], "told at the times of release"
    district.expect("release", "--now", "--reason", "test", "--as", "lena")
    assert left(district) == [(2, "ILLEGIBLE"), (3, "ILLEGIBLE"), (4, "ILLEGIBLE")]
    mended = send_list(district, district.write_rows([*map(district.make_row, numbers)], name="mended.xlsx"))
    assert [(row["state"], row["reasons"]) for row in mended["rows"]] == [("granted", [])] * 3
    assert {row["student_id"] for row in district.expect("access", "rainier")} == set(numbers)
    change = {"field": "birth_date", "change": "filled in"}
    assert list_corrections(district) == [("row", [change])] * 3
    told = district.expect("left-to-do", "rainier", "--out", str(district.folder / "left.html"))
    assert told["left_to_do"] == []
    assert [(hint["column"], hint["times"]) for hint in told["hints"]] == [("DateOfBirth", 3)]
    assert "DateOfBirth was empty" in (district.folder / "left.html").read_text("utf-8")
    assert district.call("ledger", "verify").code == 0


def test_a_new_scan_finds_its_first(district: District) -> None:
    first = district.write_rows([district.make_row("1000001"), district.make_row("1000002")])
    sent = send_forms(district, first, [("1000001", Fault.UNSIGNED), ("1000002", Fault.NONE)])
    assert [form["state"] for form in sent["forms"]] == ["returned", "granted"]
    assert district.expect("status")["returned"] == {"share": 0.5, "by_reason": {"NO_SIGNATURE": 0.5}}
    assert left(district) == [(2, "NO_SIGNATURE")]
    again = send_forms(
        district, district.write_rows([district.make_row("1000001")], name="again.xlsx"), [("1000001", Fault.NONE)]
    )
    assert [form["state"] for form in again["forms"]] == ["granted"]
    assert list_corrections(district) == [("scan", [])]
    assert left(district) == []


def test_the_report_is_mended_and_sent_back_as_it_is(district: District) -> None:
    """What was accepted stays, what goes back for its paper stays told, the mended row is taken up."""
    numbers = ("1000001", "1000002", "1000003")
    wrong = district.make_row("1000003", first="Quirin", last="Xystus", birth_date="2010-10-10", student_id="")
    listed = district.write_rows([district.make_row("1000001"), district.make_row("1000002"), wrong])
    faults = (Fault.NONE, Fault.UNSIGNED, Fault.NONE)
    sent = send_forms(district, listed, list(zip(numbers, faults, strict=True)))
    report = district.folder / "report.xlsx"
    district.expect("report", sent["submission_id"], "--out", str(report))
    book = load_workbook(report)
    sheet = book["Match report"]
    headings = {str(cell.value): cell.column for cell in sheet[4]}
    mended = next(row for row in range(5, sheet.max_row + 1) if sheet.cell(row, 2).value == "Xystus")
    first, last, born, _ = CHILDREN["1000003"]
    values = {"StudentFirstName": first, "StudentLastName": last, "DateOfBirth": born, "SPSStudentID": "1000003"}
    for name, value in values.items():
        sheet.cell(mended, headings[name]).value = value
    book.save(report)
    back = send_list(district, report)
    states = sorted((row["state"], row["reasons"]) for row in back["rows"])
    assert states == [("granted", []), ("granted", []), ("returned", ["NO_SIGNATURE"])]
    assert {row["student_id"] for row in district.expect("access", "rainier")} == {"1000001", "1000003"}


def test_what_the_family_says_goes_before_a_person(district: District) -> None:
    sent = send_forms(district, district.write_rows([district.make_row("1000001")]), [("1000001", Fault.UNDATED)])
    [form] = sent["forms"]
    assert form["reasons"] == ["NO_DATE"]
    said = district.expect("answer", form["form_id"], "--says", "signed on 12 September", "--as", "pat")
    shown = district.expect("queue", "show", said["case_id"])
    assert shown["state"] == "in_review"
    assert shown["findings"][-1]["words"] == "the family says: signed on 12 September"
    assert left(district) == []
    again = district.call("answer", form["form_id"], "--says", "x", "--as", "pat")
    assert (again.code, again.err.count("\n")) == (2, 1)
    decided = ("--action", "accept", "--reason", "called back", "--as", "ana", "--student", "1000001")
    assert district.expect("queue", "decide", said["case_id"], *decided)["state"] == "granted"
    assert district.call("ledger", "verify").code == 0
