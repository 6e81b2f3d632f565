"""Writes a report as csv or xlsx: the same rows give the same bytes, and no cell can act as a formula.

csv: UTF-8 with a byte order mark, every cell quoted; text that a spreadsheet could take for a formula stands behind an
apostrophe. xlsx: a small workbook written here, since what libraries write holds the time of writing: every text is an inline
string (a formula needs another kind of cell), only columns that the registry calls numbers hold numbers; a second sheet has
the redisclosure notice.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from access.adr_registry import KEY_COLUMNS
from access.adr_reports import ReportTable

_FORMULA_STARTS = frozenset("=+-@|%＝＋－＠")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_PASSED_OVER = re.compile(r"^[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
"""What a spreadsheet may pass over before it looks at the first letter of a cell."""

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?")
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_LONGEST_CELL = 32_767
_WIDEST = 40


def write_csv(table: ReportTable) -> bytes:
    """The report as csv."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(table.columns)
    disarmed = {cell: disarm(cell) for cell in {cell for row in table.rows for cell in row}}  # most stand many times
    writer.writerows([disarmed[cell] for cell in row] for row in table.rows)
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(table: ReportTable, notice: Sequence[str]) -> bytes:
    """The report as a workbook of two sheets: the rows, and the lines of `notice`."""
    numbers = frozenset(
        place
        for place, column in enumerate(table.columns)
        if column in table.spec.numbers and place >= len(KEY_COLUMNS)
    )
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _ROOT_RELATIONS,
        "xl/workbook.xml": _WORKBOOK.format(name=escape(_name_sheet(table))),
        "xl/_rels/workbook.xml.rels": _WORKBOOK_RELATIONS,
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": "".join(_write_sheet(table.columns, table.rows, numbers)),
        "xl/worksheets/sheet2.xml": "".join(_write_notice(notice)),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            book.writestr(entry, text.encode())
    return stream.getvalue()


def disarm(text: str, has_numbers: bool = True) -> str:
    """`text` as a csv cell that no spreadsheet takes for a formula; a plain number stays one, where there are numbers."""
    clean = _UNSEEN.sub(" ", text)
    start = _PASSED_OVER.sub("", clean)[:1]
    if start in _FORMULA_STARTS and start and not (has_numbers and _NUMBER.fullmatch(clean)):
        return f"'{clean}"
    return clean


def _name_sheet(table: ReportTable) -> str:
    return f"{table.spec.number} {table.spec.name}"[:31].rstrip()


def _write_sheet(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int]) -> Iterator[str]:
    letters = [_letter(place) for place in range(len(columns))]
    held = list(rows)
    widths = [
        min(_WIDEST, max([len(name), *(len(row[place]) for row in held[:200])]) + 3)
        for place, name in enumerate(columns)
    ]
    yield _SHEET_START
    yield '<sheetViews><sheetView workbookViewId="0" tabSelected="1">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
    for place, width in enumerate(widths, start=1):
        yield f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
    yield '</cols><sheetData><row r="1">'
    yield from (_write_text(f"{letter}1", name, 1) for letter, name in zip(letters, columns, strict=True))
    yield "</row>"
    for number, row in enumerate(held, start=2):
        yield f'<row r="{number}">'
        for place, text in enumerate(row):
            if text and place in numbers and _NUMBER.fullmatch(text):
                yield f'<c r="{letters[place]}{number}"><v>{text}</v></c>'
            elif text:
                yield _write_text(f"{letters[place]}{number}", text, 2)
        yield "</row>"
    yield f'</sheetData><autoFilter ref="A1:{letters[-1]}{len(held) + 1}"/></worksheet>'


def _write_notice(lines: Sequence[str]) -> Iterator[str]:
    yield _SHEET_START + '<cols><col min="1" max="1" width="120" customWidth="1"/></cols><sheetData>'
    for number, line in enumerate(lines, start=1):
        yield f'<row r="{number}">{_write_text(f"A{number}", line, 3)}</row>'
    yield "</sheetData></worksheet>"


def _write_text(place: str, text: str, style: int) -> str:
    clean = escape(_UNSEEN.sub(" ", text)[:_LONGEST_CELL])
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'


def _letter(place: int) -> str:
    first, last = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)


_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_START = f'{_DECLARATION}<worksheet xmlns="{_SHEETS}">'
_CONTENT_TYPES = (
    f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
)
_ROOT_RELATIONS = (
    f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_WORKBOOK = (
    f'{_DECLARATION}<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="rId1"/><sheet name="Notice" sheetId="2" r:id="rId2"/></sheets></workbook>'
)
_WORKBOOK_RELATIONS = (
    f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (
    f'{_DECLARATION}<styleSheet xmlns="{_SHEETS}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font></fonts><fills count="3">'
    '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF1F3A5F"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
    '<alignment wrapText="1" vertical="top"/></xf></cellXfs></styleSheet>'
)
