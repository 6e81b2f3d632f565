"""Takes the columns of an enrollment frame and checks them whole, before any index is built.

Decides whether a frame can be matched against. Never changes a value beyond making missing cells "". Messages name columns
and counts, never a child's data.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import pandas as pd

REQUIRED = ("student_id", "first", "last", "birth_date", "school")


@dataclass(frozen=True, slots=True)
class EnrollmentColumns:
    """The columns as lists of text, all of one length; "" where a cell or a whole column is missing."""

    student_id: list[str]
    first: list[str]
    last: list[str]
    birth_date: list[str]
    school: list[str]
    middle: list[str]
    preferred_first: list[str]
    other_names: list[str]
    grade: list[str]
    guardians: list[str]
    username: list[str]
    state_id: list[str]


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:
        return ""
    return str(cell).strip()


def take_columns(frame: pd.DataFrame) -> EnrollmentColumns:
    """The frame's columns as text; ValueError where a required column is missing or a student_id is empty or doubled."""
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        raise ValueError(f"enrollment lacks the columns {', '.join(missing)}")
    doubled_columns = [name for name in frame.columns[frame.columns.duplicated()]]
    if doubled_columns:
        raise ValueError(f"enrollment has these columns more than once: {', '.join(map(str, doubled_columns))}")
    empty = [""] * len(frame)
    columns = {
        field.name: [_text(cell) for cell in frame[field.name].tolist()] if field.name in frame.columns else list(empty)
        for field in fields(EnrollmentColumns)
    }
    taken = EnrollmentColumns(**columns)
    without_id = sum(1 for number in taken.student_id if not number)
    if without_id:
        raise ValueError(f"enrollment has {without_id:,} rows without a student_id")
    doubled = len(taken.student_id) - len(set(taken.student_id))
    if doubled:
        raise ValueError(f"enrollment has {doubled:,} rows whose student_id stands in an earlier row: merge them first")
    return taken
