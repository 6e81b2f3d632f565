"""Rows of a partner's student list, read inside the child: the task `read_list`.

Finds the sheet and the header row, reads each row into the columns of our template, and says what is wrong with a cell.
A row with a fault is still handed over; only blank rows, notes and repeated headings are left out. Whether a student
exists, or is the right one, is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ingest.birth_cells import BirthColumn, read_date_cell
from ingest.cell_frames import Frame, Json
from ingest.cell_text import CellValue, drop_placeholder, read_student_id, show_cell
from ingest.drawing import Refused
from ingest.examine import recognise_kind
from ingest.headers import SEARCHED_ROWS, TEMPLATE_HEADINGS, is_header, map_columns
from ingest.person_names import split_full_name
from ingest.sheets import NumberedRow, Sheet, open_sheets

LIST_FIELDS = (
    "last_name", "first_name", "middle_name", "other_name", "birth_date", "student_id", "school", "grade",
    "parent_name", "consent_date", "program", "school_year", "partner_name", "scan_file", "scan_page", "action", "notes",
    "form_language",
)  # fmt: skip
"""Text fields of a row in the order in which the child sends them."""
_NAME_FIELDS = {"last_name", "first_name", "parent_name"}
_IDENTITY = ("last_name", "first_name", "full_name", "birth_date", "student_id")
_NEEDED = ("last_name", "first_name", "birth_date", "school")
_FRAME_ROWS = 1000
_NOTE = re.compile(r"(total|count|note|nota|example|ejemplo|please|\*|#|\()", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with its header row found: columns by our names, and the rows below the header."""

    columns: dict[str, int]
    rows: list[NumberedRow]
    from_1904: bool


@dataclass(frozen=True, slots=True)
class _Fault:
    column: str
    reason: str
    words: str


def read_list(document: BinaryIO, arguments: Mapping[str, Json]) -> Iterator[Frame]:
    """Task: frames of `rows`, each [row number, fields, birth date readings, faults]; or one refusal."""
    limits = {name: int(str(value)) for name, value in arguments.items()}
    start = document.read(4096)
    kind = recognise_kind(start, document)
    document.seek(0)
    try:
        if kind not in ("xlsx", "xls", "text"):
            raise Refused(_REFUSED_KINDS.get(kind, kind))
        table, other_sheets = _choose_table(
            open_sheets(kind, document.read(), limits["workbook_unpacked_bytes"]), limits
        )
    except Refused as refused:
        yield Frame(refused.header())
        return
    missing = _missing_columns(table.columns)
    if missing:
        yield Frame({"missing_columns": list(missing)})
        return
    birth_column = BirthColumn.learn(
        (_cell(cells, table.columns["birth_date"]) for _, cells in table.rows), table.from_1904
    )
    rows: list[Json] = [_read_row(row, table, birth_column) for row in table.rows]
    if not rows:
        yield Frame(Refused("no_rows").header())
        return
    for at in range(0, len(rows), _FRAME_ROWS):
        yield Frame({"rows": rows[at : at + _FRAME_ROWS], "other_sheets": other_sheets})


_REFUSED_KINDS = {
    "zip": "zip_as_list", "pdf": "scan_as_list", "tiff": "scan_as_list", "jpeg": "scan_as_list", "png": "scan_as_list",
    "heic": "scan_as_list", "jpeg_2000": "scan_as_list", "unknown_type": "not_a_list", "office_document": "not_a_list",
    "empty": "empty_list",
}  # fmt: skip


def _choose_table(sheets: Sequence[Sheet], limits: Mapping[str, int]) -> tuple[_Table, int]:
    """The sheet with the best header, and how many other visible sheets hold a list too."""
    found: list[tuple[tuple[bool, int, bool], _Table]] = []
    anything = False
    for sheet in sheets:
        table, has_rows = _find_table(sheet, limits)
        anything = anything or has_rows
        if table is not None:
            complete = not _missing_columns(table.columns)
            found.append(
                ((sheet.visible and bool(table.rows), len(table.columns) if complete else 0, sheet.visible), table)
            )
    if not found:
        raise Refused("no_header" if anything else "empty_list")
    best = max(found, key=lambda entry: entry[0])
    others = sum(1 for rank, _ in found if rank[0] and rank[1]) - 1
    return best[1], max(others, 0)


def _find_table(sheet: Sheet, limits: Mapping[str, int]) -> tuple[_Table | None, bool]:
    top: list[tuple[int, dict[str, int], list[CellValue]]] = []
    rows: list[NumberedRow] = []
    counted = 0
    reading = sheet.read_rows()
    for number, cells in reading:
        if sum(1 for cell in cells if cell != "") > limits["workbook_columns"]:
            raise Refused("too_many_columns", limits["workbook_columns"])
        counted += 1
        if counted > limits["workbook_rows"] + SEARCHED_ROWS:
            raise Refused("too_many_rows", limits["workbook_rows"])
        rows.append((number, cells))
        if counted <= SEARCHED_ROWS:
            top.append((number, map_columns([show_cell(cell) for cell in cells]), cells))
    header = max((entry for entry in top if is_header(entry[1])), key=lambda entry: len(entry[1]), default=None)
    if header is None:
        return None, counted > 0
    columns = header[1]
    headings = {name: show_cell(_cell(header[2], column)) for name, column in columns.items()}
    below = [row for row in rows if row[0] > header[0] and _is_student(row[1], columns, headings)]
    if len(below) > limits["workbook_rows"]:
        raise Refused("too_many_rows", limits["workbook_rows"])
    return _Table(columns, below, sheet.from_1904), True


def _cell(cells: Sequence[CellValue], column: int | None) -> CellValue:
    return cells[column] if column is not None and column < len(cells) else ""


def _is_student(cells: Sequence[CellValue], columns: Mapping[str, int], headings: Mapping[str, str]) -> bool:
    """False for a row without anything of a student, for a note, and for headings repeated."""
    shown = {name: drop_placeholder(show_cell(_cell(cells, column))) for name, column in columns.items()}
    filled = {name: text for name, text in shown.items() if text}
    if not filled.keys() & set(_IDENTITY):
        return False
    if len(filled) >= 2:
        return any(text.casefold() != headings[name].casefold() for name, text in filled.items())
    only = next(iter(filled.values()))
    return not (_NOTE.match(only) or ":" in only or len(only.split()) > 4)


def _missing_columns(columns: Mapping[str, int]) -> tuple[str, ...]:
    has_name = {"last_name", "first_name"} if "full_name" in columns else set()
    has_school = {"school"} if "school_code" in columns else set()
    return tuple(TEMPLATE_HEADINGS[name] for name in _NEEDED if name not in columns.keys() | has_name | has_school)


def _read_row(row: NumberedRow, table: _Table, birth_column: BirthColumn) -> Json:
    number, cells = row
    values = {
        name: drop_placeholder(show_cell(_cell(cells, column)), is_name=name in _NAME_FIELDS)
        for name, column in table.columns.items()
    }
    _fill_in(values)
    faults: list[_Fault] = []
    birth_cell = _cell(cells, table.columns["birth_date"])
    readings = birth_column.read(birth_cell)
    if readings:
        values["birth_date"] = readings[0]
    elif values["birth_date"]:
        faults.append(_Fault("DateOfBirth", "ILLEGIBLE",
                             f"The birth date in row {number} can't be read; write it as MM/DD/YYYY."))  # fmt: skip
    values["student_id"], well_formed = _read_id(cells, table.columns)
    if not well_formed:
        faults.append(_Fault("SPSStudentID", "ID_FORMAT",
                             f"The student ID in row {number} is no 7-digit SPS ID; correct or empty it."))  # fmt: skip
    faults += [_missing_value(name, number) for name in _NEEDED if not values.get(name)]
    consent = read_date_cell(_cell(cells, table.columns.get("consent_date")), from_1904=table.from_1904)
    if consent:
        values["consent_date"] = consent[0]
    fields: list[Json] = [values.get(name, "") for name in LIST_FIELDS]
    told: list[Json] = [[fault.column, fault.reason, fault.words] for fault in faults]
    return [number, fields, list(readings), told]


def _missing_value(name: str, number: int) -> _Fault:
    shown = {"last_name": "last name", "first_name": "first name", "birth_date": "birth date", "school": "school"}[name]
    return _Fault(
        TEMPLATE_HEADINGS[name], "ILLEGIBLE", f"Row {number} has no {shown}; fill it in and send the list again."
    )


def _fill_in(values: dict[str, str]) -> None:
    """Fields that stand in several columns, or in one column for several."""
    if values.get("full_name") and not (values.get("last_name") and values.get("first_name")):
        name = split_full_name(values["full_name"])
        values["last_name"] = values.get("last_name") or name.last
        values["first_name"] = values.get("first_name") or name.first
        values["middle_name"] = values.get("middle_name") or name.middle
    values["school"] = values.get("school") or values.get("school_code", "")
    parent = " ".join(part for part in (values.get("parent_first", ""), values.get("parent_last", "")) if part)
    values["parent_name"] = values.get("parent_name") or parent or values.get("signed_by", "")
    if values.get("second_parent"):
        values["parent_name"] = ";".join(part for part in (values["parent_name"], values["second_parent"]) if part)


def _read_id(cells: Sequence[CellValue], columns: Mapping[str, int]) -> tuple[str, bool]:
    """The first ID that is there: SPS ID, username, state ID; the SPS ID decides whether the form is right."""
    for name in ("student_id", "username", "state_id"):
        value, well_formed = read_student_id(_cell(cells, columns.get(name)))
        if value:
            return value, well_formed
    return "", True


TASKS = {"read_list": read_list}
