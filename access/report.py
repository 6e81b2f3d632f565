"""The match-error report for a partner: its own values, a result, a code, what to do (domain rule 9).

Written as xlsx, csv or html. No cell can act as a formula: text that would start one is shown behind an apostrophe in csv
and kept as text in xlsx; html is escaped. Nothing in it comes from enrollment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from access.adr_files import disarm
from access.types import ReportLine, Result

COLUMNS = (
    "Row",
    "StudentLastName",
    "StudentFirstName",
    "DateOfBirth",
    "SPSStudentID",
    "School",
    "ScanFileName",
    "ScanPage",
    "Result",
    "Code",
    "WhatToDo",
)
_WIDTHS = (6, 20, 20, 13, 14, 24, 30, 10, 15, 24, 70)
_TINTS = {
    Result.ACCEPTED: "E3F3E6",
    Result.TO_MEND: "FBE3DD",
    Result.IN_PROGRESS: "FFF4D6",
    Result.NOTHING_TO_DO: "EEEEEE",
}


def write_report_csv(title: str, lines: Sequence[ReportLine]) -> bytes:
    """The report as UTF-8 csv with a byte order mark, so that Excel shows accents; `title` isn't in it."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([disarm(text, has_numbers=False) for text in _cells(line)])
    return stream.getvalue().encode("utf-8-sig")


def write_report_xlsx(title: str, lines: Sequence[ReportLine]) -> bytes:
    """The report as a workbook: `title` above, one line a form or row, the header kept in view."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has a sheet
    sheet.title = "Match report"
    sheet["A1"] = strip_controls(title)
    sheet["A1"].data_type = "s"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = "What to mend stands in the last column. Mended rows and new scans can be sent the usual way."
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True), start=1):
        head = sheet.cell(row=4, column=column, value=name)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", start_color="1F3A5F")
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, line in enumerate(lines, start=5):
        for column, text in enumerate(_cells(line), start=1):
            cell = sheet.cell(row=number, column=column, value=strip_controls(text))
            cell.data_type = "s"  # else text that starts with = would be a formula
            cell.fill = PatternFill("solid", start_color=_TINTS[line.result])
            cell.alignment = Alignment(wrap_text=column == len(COLUMNS), vertical="top")
    sheet.freeze_panes = "A5"
    sheet.auto_filter.ref = f"A4:{get_column_letter(len(COLUMNS))}{max(len(lines) + 4, 4)}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def write_report_html(title: str, lines: Sequence[ReportLine]) -> bytes:
    """The report as one page without script or outside parts."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
    body = "\n".join(
        f'<tr class="{line.result.name.lower()}">'
        + "".join(f"<td>{escape(text)}</td>" for text in _cells(line))
        + "</tr>"
        for line in lines
    )
    counts = ", ".join(f"{sum(line.result is result for line in lines)} {result.value}" for result in Result)
    page = _PAGE.format(title=escape(title), counts=escape(counts), head=head, body=body)
    return page.encode()


def _cells(line: ReportLine) -> list[str]:
    return [
        "" if line.row_number is None else str(line.row_number),
        line.last_name,
        line.first_name,
        line.birth_date,
        line.student_id,
        line.school,
        line.file,
        "" if line.page_number is None else str(line.page_number),
        line.result.value,
        "" if line.code is None else line.code.value,
        line.what_to_do,
    ]


def strip_controls(text: str) -> str:
    """`text` without the characters that no workbook may hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.4 "Noto Sans", system-ui, sans-serif; margin: 2rem; color: #1b2430; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d5dbe3; }}
th {{ background: #1f3a5f; color: #fff; }}
.accepted {{ background: #e3f3e6; }} .to_mend {{ background: #fbe3dd; }}
.in_progress {{ background: #fff4d6; }} .nothing_to_do {{ background: #eee; }}
@page {{ size: landscape; margin: 12mm; }}
@media print {{
  body {{ margin: 0; font-size: 10px; }} h1 {{ font-size: 15px; }}
  th {{ background: none; color: #000; border-bottom: 2px solid #000; font-size: 8px; }}
  th, td {{ padding: .2rem .3rem; }}
  td:nth-child(4), td:nth-child(5), td:nth-child(9) {{ white-space: nowrap; }}
  td:nth-child(7), td:nth-child(10) {{ overflow-wrap: anywhere; }}
  td:last-child {{ min-width: 20em; }}
  tr {{ break-inside: avoid; }}
}}
</style>
<h1>{title}</h1>
<p>{counts}</p>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</html>
"""
