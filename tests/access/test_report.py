"""The report in three formats: same cells, no live formula, no markup from a partner's values."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import datetime
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook
from openpyxl.styles import PatternFill

from access import ReportLine, Result, write_report_csv, write_report_html, write_report_xlsx
from ingest import Cell, read_student_list
from ingest.types import Limits, StudentList
from review_queue.types import Reason

PAYLOADS = [
    "=1+1",
    "+SUM(A1)",
    "-2",
    "@cmd",
    "\t=1",
    '=HYPERLINK("http://x")',
    "<script>alert(1)</script>",
    "Nuñez & Sons",
]


def line(text: str) -> ReportLine:
    return ReportLine(
        3, text, text, "2012-03-04", text, text, text, 1, Result.TO_MEND, Reason.CANNOT_CONFIRM, "Check it."
    )


LINES = [line(payload) for payload in PAYLOADS]


def test_xlsx_holds_text_only() -> None:
    sheet = load_workbook(io.BytesIO(write_report_xlsx("Report", LINES))).active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=5):
        for cell in row:
            assert cell.data_type in ("s", "n")
            assert cell.data_type != "n" or cell.value is None
    assert [row[1].value for row in sheet.iter_rows(min_row=5)] == PAYLOADS


def test_csv_starts_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(write_report_csv("Report", LINES).decode("utf-8-sig"))))
    for row in rows[1:]:
        assert all(not text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in row)


def test_html_has_no_element_of_a_partners() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.add(tag)

    parser = Tags()
    parser.feed(write_report_html("Report <b>", LINES).decode())
    assert parser.tags <= {"html", "meta", "title", "style", "h1", "p", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("write", [write_report_csv, write_report_xlsx, write_report_html])
def test_empty_report_is_written(write: object) -> None:
    assert callable(write)
    assert write("Report", [])


def save_as_spreadsheets_do(content: bytes, way: str) -> bytes:
    """The report, opened and saved: by Excel with typed dates and IDs as numbers, by LibreOffice with styles far out."""
    workbook = load_workbook(io.BytesIO(content))
    sheet = workbook.active
    assert sheet is not None
    if way == "excel":
        for row in sheet.iter_rows(min_row=5):
            born, number = row[3], row[4]
            if born.value:
                born.value, born.number_format = datetime.fromisoformat(str(born.value)), "m/d/yyyy"
            if number.value:
                number.value, number.number_format = int(str(number.value)), "General"
    if way == "libreoffice":
        for row in range(1, 120):
            for column in range(1, 81):
                sheet.cell(row, column).fill = PatternFill("solid", fgColor="FFFFFF")
    saved = io.BytesIO()
    workbook.save(saved)
    if way != "libreoffice":
        return saved.getvalue()
    far = io.BytesIO()
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(far, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:AMJ1048576"', part))
    return far.getvalue()


@pytest.mark.parametrize("way", ["openpyxl", "excel", "libreoffice"])
def test_a_report_reads_as_a_list_however_it_was_saved(way: str) -> None:
    row = ReportLine(
        2, "Nguyễn", "Bảo", "2014-01-02", "0100002", "Cedar Grove", "a.png", 1, Result.TO_MEND, None, "Mend it."
    )
    content = save_as_spreadsheets_do(write_report_xlsx("Left to do", [row]), way)
    with Cell(Limits()) as cell:
        read = read_student_list(content, "report.xlsx", cell, Limits())
    assert isinstance(read, StudentList), read
    [listed] = read.rows
    said = (listed.last_name, listed.first_name, listed.birth_date, listed.student_id, listed.school)
    assert said == ("Nguyễn", "Bảo", "2014-01-02", "0100002", "Cedar Grove")
