"""Sheets of a table file as rows of cells: xlsx and xls by calamine, csv by Python's own reader, inside the child.

Row numbers are those that a spreadsheet program shows. Blank rows are left out but counted in the numbers. A workbook is
looked at as a zip before it is opened: what it says to unpack to is limited. Accepted limit: a sheet is held in memory
as a whole, a stray cell far below costs memory and may run into the child's limit.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import python_calamine

from ingest.cell_text import CellValue
from ingest.drawing import Refused
from ingest.headers import SEARCHED_ROWS, map_columns

_DELIMITERS = ",;\t|"
_RATIO, _RATIO_FROM_BYTES = 100, 50_000_000
_LONGEST_CELL = 100_000

NumberedRow = tuple[int, list[CellValue]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `read_rows()` gives row number (from 1) and cells of every row that holds something."""

    read_rows: Callable[[], Iterator[NumberedRow]]
    visible: bool = True
    from_1904: bool = False


def open_sheets(kind: str, content: bytes, unpacked_bytes: int) -> list[Sheet]:
    """Sheets of an xlsx, xls or text table, in their order. Raises Refused."""
    if kind == "text":
        return [read_text_table(content)]
    if kind == "xlsx":
        _check_workbook(content, unpacked_bytes)
        from_1904 = _counts_from_1904(content)
    else:
        from_1904 = _look_at_biff(content)
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise Refused("encrypted") from None
    except (python_calamine.CalamineError, ValueError, OSError):
        raise Refused("damaged") from None
    sheets = []
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ == python_calamine.SheetTypeEnum.WorkSheet:
            visible = about.visible == python_calamine.SheetVisibleEnum.Visible
            sheets.append(Sheet(_rows_of(workbook, index), visible, from_1904))
    return sheets


def read_text_table(content: bytes) -> Sheet:
    """A comma, semicolon, tab or bar separated table; the separator is the one under which most headings are known."""
    text = decode_text(content)
    lines = text.splitlines()[:SEARCHED_ROWS]
    delimiter = choose_delimiter(lines)

    def read_rows() -> Iterator[NumberedRow]:
        try:
            return iter(list(number_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))))
        except Refused:  # a stray quotation mark must not swallow the rows after it: each line on its own
            lines = (next(csv.reader([line], delimiter=delimiter), []) for line in io.StringIO(text))
            return number_rows(lines)

    return Sheet(read_rows)


def number_rows(rows: Iterator[list[str]]) -> Iterator[NumberedRow]:
    """Rows that hold something with their numbers. Raises Refused with the number of a row that breaks the format."""
    csv.field_size_limit(_LONGEST_CELL)
    number = 0
    while True:
        try:
            cells = next(rows, None)
        except csv.Error:
            raise Refused("broken_row", number + 1) from None
        if cells is None:
            return
        number += 1
        if any(cell and not cell.isspace() for cell in cells):
            yield number, list(cells)


def choose_delimiter(lines: list[str]) -> str:
    """The separator under which the first lines hold the most known headings; the comma if none does."""
    if lines and (stated := re.fullmatch(r"\ufeff?sep=(.)", lines[0].strip("\r\n"))):
        return stated[1]
    best, most = ",", 0
    for delimiter in _DELIMITERS:
        known = max((_count_headings(line, delimiter) for line in lines), default=0)
        if known > most:
            best, most = delimiter, known
    return best


def _count_headings(line: str, delimiter: str) -> int:
    try:
        return len(map_columns(next(csv.reader([line], delimiter=delimiter), [])))
    except csv.Error:
        return 0


def decode_text(content: bytes) -> str:
    """Text of a table: by its byte order mark, else UTF-8, else UTF-16 if it has many zero bytes, else Windows-1252."""
    return content.decode(guess_encoding(content), "replace")


def guess_encoding(content: bytes, *, is_start: bool = False) -> str:
    """Encoding of a text; `is_start`: the bytes may end within a character."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content[1:400:2].count(0) > 100 or content[1:40:2].count(0) > 10:
        return "utf-16-le"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if is_start and error.start > len(content) - 4 else "cp1252"
    return "utf-8"


def _rows_of(workbook: python_calamine.CalamineWorkbook, index: int) -> Callable[[], Iterator[NumberedRow]]:
    def read_rows() -> Iterator[NumberedRow]:
        try:
            sheet = workbook.get_sheet_by_index(index)
        except (python_calamine.CalamineError, ValueError, OSError):
            raise Refused("damaged") from None
        for number, cells in enumerate(sheet.iter_rows(), 1):  # it gives the empty rows above the first, too
            if any(cell != "" and not (isinstance(cell, str) and cell.isspace()) for cell in cells):
                yield number, list(cells)

    return read_rows


def _check_workbook(content: bytes, unpacked_bytes: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise Refused("damaged") from None
    if unpacked > unpacked_bytes or unpacked > max(_RATIO_FROM_BYTES, _RATIO * len(content)):
        raise Refused("workbook_too_large", unpacked_bytes // 1_000_000)


def _counts_from_1904(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts, parts.open("xl/workbook.xml") as part:
            return bool(re.search(rb"date1904\s*=\s*[\"'](1|true|on)[\"']", part.read(200_000)))
    except (KeyError, zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError, OSError):
        return False


def _look_at_biff(content: bytes) -> bool:
    """Whether an xls counts its days from 1904. Raises Refused if its first records say that it is encrypted.

    The records of the workbook start at a sector of the container, with a BOF record.
    """
    for start in range(512 if content.startswith(b"\xd0\xcf") else 0, min(len(content), 4_000_000), 512):
        if content[start : start + 2] == b"\x09\x08":
            return _walk_biff(content, start)
    return False


def _walk_biff(content: bytes, at: int) -> bool:
    while at + 4 <= len(content):
        record, length = struct.unpack_from("<HH", content, at)
        if record == 0x2F:  # FILEPASS
            raise Refused("encrypted")
        if record == 0x22 and length == 2 and at + 4 < len(content):  # DATEMODE
            return content[at + 4] == 1
        if record in (0x0A, 0x85):  # end of the globals, or their list of sheets
            return False
        at += 4 + length
    return False
