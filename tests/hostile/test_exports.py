"""P16: no formula is live and no markup alive in any export, for every payload in every text field that a partner may write."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from access import ReportLine, Result, write_report_csv, write_report_html, write_report_xlsx
from access.adr_files import write_csv, write_xlsx
from access.adr_registry import parse_registry, read_own_registry
from access.adr_reports import ReportTable
from access.family_account import DisclosureLine, FamilyAccount, Way, load_texts, write_account_csv, write_account_html
from access.incident import Leak, _write_list
from access.list_template import TemplateTerms, write_list_template
from access.staag import Feed, write_feed
from review_queue.types import Reason
from tests.hostile.payloads import PAYLOADS, looks_live

DAY = date(2025, 1, 2)
REPORT_LINES = [
    ReportLine(3, text, text, text, text, text, text, 1, Result.TO_MEND, Reason.CANNOT_CONFIRM, "Check it.")
    for text in PAYLOADS
]


def make_table() -> ReportTable:
    spec = parse_registry(read_own_registry()).reports[3]
    columns = tuple(f"column {number}" for number in range(12))
    return ReportTable(spec, columns, tuple((text,) * 12 for text in PAYLOADS), {})


def make_account() -> FamilyAccount:
    texts = load_texts("en")
    assert texts is not None
    lines = tuple(DisclosureLine(Way.ADR, DAY, None, text, (text,), (text,), text, "form-1", DAY) for text in PAYLOADS)
    return FamilyAccount("1000001", DAY, lines, texts)


def make_leaks() -> list[Leak]:
    return [
        Leak("grant-1", "1000001", text, text, text, DAY, None, (text,), (text,), "del-1", 1, text) for text in PAYLOADS
    ]


CSV: dict[str, Callable[[], bytes]] = {
    "match report": lambda: write_report_csv(PAYLOADS[0], REPORT_LINES),
    "ADR": lambda: write_csv(make_table()),
    "family account": lambda: write_account_csv(make_account()),
    "incident": lambda: _write_list(make_leaks()),
    "feed": lambda: write_feed(
        Feed(tuple((text,) * 12 for text in PAYLOADS), {}, ()), datetime(2025, 1, 2, tzinfo=UTC)
    ),
}
XLSX: dict[str, Callable[[], bytes]] = {
    "match report": lambda: write_report_xlsx(PAYLOADS[0], REPORT_LINES),
    "ADR": lambda: write_xlsx(make_table(), PAYLOADS[:20]),
    "list template": lambda: write_list_template(TemplateTerms("=1+1", "2024-25", DAY, PAYLOADS, ("English",))),
}
HTML: dict[str, Callable[[], bytes]] = {
    "match report": lambda: write_report_html(PAYLOADS[0], REPORT_LINES),
    "family account": lambda: write_account_html(make_account()),
}


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"@{name}" for name, _ in attrs)}


def test_there_are_five_hundred() -> None:
    assert len(PAYLOADS) >= 500


@pytest.mark.parametrize("name", CSV)
def test_no_cell_of_a_csv_is_a_formula(name: str) -> None:
    content = CSV[name]().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert len(rows) >= len(PAYLOADS)
    assert len({len(row) for row in rows[1:]}) == 1, "a value broke out of its cell"
    assert [cell for row in rows for cell in row if looks_live(cell)] == []
    assert "\x00" not in content


@pytest.mark.parametrize("name", XLSX)
def test_no_cell_of_a_workbook_is_a_formula(name: str) -> None:
    content = XLSX[name]()
    kinds = {cell.data_type for sheet in load_workbook(io.BytesIO(content)).worksheets for cell in walk(sheet)}
    assert kinds <= {"s", "n", "inlineStr"}
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    texts = [cell for sheet in sheets for row in sheet for cell in row if isinstance(cell, str)]
    assert sum("1+1" in text for text in texts) >= 100


def walk(sheet: object) -> Iterator[object]:
    for row in sheet.iter_rows():  # type: ignore[attr-defined]
        yield from row


@pytest.mark.parametrize("payload", PAYLOADS[::40])
def test_no_title_of_a_workbook_is_a_formula(payload: str) -> None:
    for content in (
        write_report_xlsx(payload, REPORT_LINES[:1]),
        write_list_template(TemplateTerms(payload, "2024-25", DAY, (), ())),
    ):
        kinds = {cell.data_type for sheet in load_workbook(io.BytesIO(content)).worksheets for cell in walk(sheet)}
        assert kinds <= {"s", "n", "inlineStr"}


@pytest.mark.parametrize("name", HTML)
def test_no_value_is_an_element_of_a_page(name: str) -> None:
    page = HTML[name]().decode()
    honest = Elements()
    honest.feed(HTML[name]().decode().split("<tbody>")[0])
    elements = Elements()
    elements.feed(page)
    assert {"script", "img", "svg", "@onerror", "@onload"} & elements.found == set()
    assert elements.found - honest.found <= {"tbody", "tr", "td", "@dir", "@class", "p", "b", "footer"}
