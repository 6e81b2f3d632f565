"""The report in three formats: same cells, no live formula, no markup from a partner's values."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from access import ReportLine, Result, write_report_csv, write_report_html, write_report_xlsx
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
