"""A list row as the matcher and the rules need it: the query it makes, its birth dates, its faults."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import Query
from review_queue import Reason
from store.tables import ListedStudent

_QUERY_FIELDS = {
    "student_first": "first_name",
    "student_middle": "middle_name",
    "student_last": "last_name",
    "other_name": "other_name",
    "student_id": "student_id",
    "birth_date": "birth_date",
    "school": "school",
    "grade": "grade",
    "parent_name": "parent_name",
}


def query_row(row: ListedStudent) -> Query:
    """The row's typed values as a query; empty cells are left out."""
    return {field: text for field, cell in _QUERY_FIELDS.items() if (text := str(row.cells.get(cell, "")))}


def find_birth_dates(row: ListedStudent) -> list[date]:
    """Every day that the row's birth date may mean, best first; empty where it says none."""
    readings = row.cells.get("birth_date_readings")
    return [date.fromisoformat(str(text)) for text in readings] if isinstance(readings, list) else []


def find_faults(row: ListedStudent) -> tuple[Reason, ...]:
    """The reason codes of the row's own faults, each once."""
    faults = row.cells.get("faults")
    assert isinstance(faults, list)  # noqa: S101 - written by receiving
    return tuple(dict.fromkeys(Reason(str(fault["reason"])) for fault in faults if isinstance(fault, dict)))


def load_rows(session: Session, submission_id: str) -> list[ListedStudent]:
    """The rows of a submission's list that ask for a student to be added, in file order."""
    rows = session.scalars(
        select(ListedStudent).where(ListedStudent.submission_id == submission_id).order_by(ListedStudent.row_number)
    )
    return [row for row in rows if str(row.cells.get("action", "")).casefold() != "remove"]
