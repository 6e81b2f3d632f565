"""A partner's student list read: the outside of the task `read_list`.

A list that lacks a needed column, or holds no student, is refused as a whole with a sentence; anything wrong with a
single row is a fault of that row, and all faults of all rows are told at once.
"""

from __future__ import annotations

from ingest.cell import Cell, CellStopped
from ingest.cell_frames import Json
from ingest.list_rows import LIST_FIELDS
from ingest.refusals import refuse, refuse_by_answer, refuse_missing_columns, refuse_stopped
from ingest.scan_names import show_name
from ingest.types import Limits, ListRow, Refusal, RowFault, StudentList


def read_student_list(content: bytes, shown_name: str, cell: Cell, limits: Limits) -> StudentList | Refusal:
    """Rows of an xlsx, xls or csv list in their order, or a Refusal of the whole.

    Raises CellBroken if no reading process can be started; nothing else for any content.
    """
    shown = show_name(shown_name)
    if not content:
        return refuse(shown, "empty_list")
    if len(content) > limits.workbook_bytes:
        return refuse(shown, "list_too_large", limits.workbook_bytes // 1_000_000)
    arguments: dict[str, Json] = {
        name: getattr(limits, name) for name in ("workbook_rows", "workbook_columns", "workbook_unpacked_bytes")
    }
    rows: list[ListRow] = []
    other_sheets = 0
    try:
        for frame in cell.run("read_list", content, arguments, seconds=limits.seconds_to_answer):
            refusal = refuse_by_answer(shown, frame.header)
            missing = frame.header.get("missing_columns")
            if refusal is None and isinstance(missing, list):
                refusal = refuse_missing_columns(shown, tuple(str(name) for name in missing))
            sent = frame.header.get("rows")
            if refusal is not None or not isinstance(sent, list):
                return refusal or refuse(shown, "damaged")
            rows += [_take_row(row) for row in sent]
            other_sheets = 1 if frame.header.get("other_sheets") else 0
    except CellStopped as stopped:
        return refuse_stopped(shown, stopped, limits)
    except (TypeError, ValueError):  # a row that is not of the form agreed on
        return refuse(shown, "damaged")
    faults = (_OTHER_SHEETS,) if other_sheets else ()
    return StudentList(tuple(rows), faults)


_OTHER_SHEETS = RowFault(
    0, "", "BAD_FILE", "Another sheet of the list holds students too and was not read; put all students on one sheet."
)


def _take_row(row: Json) -> ListRow:
    if not isinstance(row, list):
        raise TypeError("no row")
    number, fields, readings, faults = row
    if type(number) is not int or not (
        isinstance(fields, list) and isinstance(readings, list) and isinstance(faults, list)
    ):
        raise TypeError("no row")
    values = dict(zip(LIST_FIELDS, map(_take_text, fields), strict=True))
    return ListRow(
        row_number=number,
        birth_date_readings=tuple(map(_take_text, readings)),
        faults=tuple(_take_fault(number, fault) for fault in faults),
        **values,
    )


def _take_fault(number: int, fault: Json) -> RowFault:
    if not isinstance(fault, list):
        raise TypeError("no fault")
    column, reason, words = map(_take_text, fault)
    return RowFault(number, column, reason, words)


def _take_text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
