"""Takes the columns of an enrollment frame and checks them whole, before any index is built.

Decides whether a frame can be matched against. Never changes a value beyond making missing cells "" and trimming blanks.
Messages name columns and counts, never a child's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REQUIRED = ("student_id", "first", "last", "birth_date", "school")


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """One column: its distinct values and, for each child, (N,), which of them it is. Indexing gives a child's text."""

    values: tuple[str, ...]
    codes: NDArray[np.int32]

    def __getitem__(self, child: int) -> str:
        return self.values[int(self.codes[child])]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class EnrollmentColumns:
    """The columns as text, all of one length; "" where a cell or a whole column is missing."""

    student_id: TextColumn
    first: TextColumn
    last: TextColumn
    birth_date: TextColumn
    school: TextColumn
    middle: TextColumn
    preferred_first: TextColumn
    other_names: TextColumn
    grade: TextColumn
    guardians: TextColumn
    username: TextColumn
    state_id: TextColumn


def text_of_cell(cell: object) -> str:
    """A cell as text; "" for a missing one of any kind (None, NaN, NaT, NA)."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell is pd.NA:
        return ""
    unlike_itself = cell != cell
    return "" if isinstance(unlike_itself, bool | np.bool_) and unlike_itself else str(cell)


def as_column(cells: Sequence[object]) -> TextColumn:
    """Cells of any kind as a column of text, blanks around it trimmed. TypeError for cells that hold lists or tables."""
    array = np.empty(len(cells), dtype=object)
    array[:] = list(cells)
    codes, distinct = pd.factorize(array, use_na_sentinel=True)
    texts = [text_of_cell(cell).strip() for cell in distinct]
    places: dict[str, int] = {"": 0}
    place_of = np.array([places.setdefault(text, len(places)) for text in texts] + [0], dtype=np.int32)
    return TextColumn(tuple(places), place_of[codes])


def _take_column(frame: pd.DataFrame, name: str) -> TextColumn:
    try:
        return as_column(frame[name].tolist())
    except TypeError as error:
        raise ValueError(
            f"enrollment has lists or tables in cells of the column {name}: text alone is taken"
        ) from error


def take_columns(frame: pd.DataFrame) -> EnrollmentColumns:
    """The frame's columns as text; ValueError where a required column is missing or a student_id is empty or doubled."""
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"enrollment must be a pandas DataFrame, not {type(frame).__name__}")
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        raise ValueError(f"enrollment lacks the columns {', '.join(missing)}")
    doubled_columns = [name for name in frame.columns[frame.columns.duplicated()]]
    if doubled_columns:
        raise ValueError(f"enrollment has these columns more than once: {', '.join(map(str, doubled_columns))}")
    empty = TextColumn(("",), np.zeros(len(frame), dtype=np.int32))
    taken = EnrollmentColumns(
        **{
            field.name: _take_column(frame, field.name) if field.name in frame.columns else empty
            for field in fields(EnrollmentColumns)
        }
    )
    times = np.bincount(taken.student_id.codes, minlength=len(taken.student_id.values))
    without_id, doubled = int(times[0]), int(np.maximum(times[1:] - 1, 0).sum())
    if without_id:
        raise ValueError(f"enrollment has {without_id:,} rows without a student_id")
    if doubled:
        raise ValueError(f"enrollment has {doubled:,} rows whose student_id stands in an earlier row: merge them first")
    return taken
