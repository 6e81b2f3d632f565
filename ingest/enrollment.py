"""An enrollment extract taken in: the outside of the task `read_enrollment`, and the merging of a student's rows.

The row of the current enrollment gives name, birth date, school and grade; names that other rows have go to
`other_names`, guardians are put together, protection holds if any row says so. Students whose every enrollment has
ended before the day asked for are counted and left out. Accepted limit: rows are merged by student ID alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ingest.cell import Cell, CellStopped
from ingest.cell_frames import Json
from ingest.enrollment_rows import ENROLLMENT_FIELDS
from ingest.refusals import refuse, refuse_by_answer, refuse_missing_columns, refuse_stopped
from ingest.scan_names import show_name
from ingest.types import EnrolledStudent, EnrollmentExtract, Limits, Refusal, RowFault

_STANDING_RANK = {"left": 0, "future": 1, "current": 2}


def read_enrollment(
    content_or_path: bytes | Path, shown_name: str, cell: Cell, limits: Limits, as_of: date
) -> EnrollmentExtract | Refusal:
    """Every student enrolled on `as_of` or later, merged from CSV or a OneRoster zip, or a Refusal of the whole.

    Raises OSError if a path can't be opened, CellBroken if no reading process can be started.
    """
    shown = show_name(shown_name)
    size = len(content_or_path) if isinstance(content_or_path, bytes) else content_or_path.stat().st_size
    if size > limits.enrollment_bytes:
        return refuse(shown, "too_large", limits.enrollment_bytes // 1_000_000)
    arguments: dict[str, Json] = {
        "as_of": as_of.isoformat(),
        "enrollment_rows": limits.enrollment_rows,
        "enrollment_bytes": limits.enrollment_bytes,
    }
    merger = _Merger()
    try:
        for frame in cell.run("read_enrollment", content_or_path, arguments, seconds=limits.seconds_a_file):
            refusal = refuse_by_answer(shown, frame.header)
            missing = frame.header.get("missing_columns")
            if refusal is None and isinstance(missing, list):
                refusal = refuse_missing_columns(shown, tuple(str(name) for name in missing))
            if refusal is not None:
                return refusal
            merger.take(frame.header.get("rows"), frame.header.get("faults"))
    except CellStopped as stopped:
        return refuse_stopped(shown, stopped, limits)
    except (TypeError, ValueError, KeyError):  # a row that is not of the form agreed on
        return refuse(shown, "damaged")
    extract = merger.finish()
    if not extract.students:
        return refuse(shown, "all_left" if extract.left_count else "no_student_ids")
    return extract


class _Rank(NamedTuple):
    """Of a student's rows the highest wins: the current enrollment, of those the one that began last."""

    standing: int
    starts: str
    ends: str


class _Merger:
    """Students by ID as their rows come in."""

    def __init__(self) -> None:
        self._students: dict[str, EnrolledStudent] = {}
        self._ranks: dict[str, _Rank] = {}
        self._faults: list[RowFault] = []
        self._known: dict[str, str] = {}

    def take(self, rows: Json, faults: Json) -> None:
        """Take a frame's rows and faults; raises TypeError or ValueError if they are not of the form agreed on."""
        if not isinstance(rows, list) or not isinstance(faults, list):
            raise TypeError("no rows")
        for row in rows:
            number, fields = _items(row)
            self._take_row(_whole(number), _texts(fields))
        for fault in faults:
            number, *told = _items(fault)
            column, words = _texts(told)
            self._faults.append(RowFault(_whole(number), column, "ILLEGIBLE", words))

    def finish(self) -> EnrollmentExtract:
        """The students that are or will be enrolled, in the order of their first rows."""
        kept = tuple(student for key, student in self._students.items() if self._ranks[key].standing > 0)
        return EnrollmentExtract(kept, tuple(self._faults), len(self._students) - len(kept))

    def _take_row(self, number: int, fields: Sequence[str]) -> None:
        values = dict(zip(ENROLLMENT_FIELDS, (self._known.setdefault(text, text) for text in fields), strict=True))
        rank = _Rank(_STANDING_RANK[values.pop("standing")], values.pop("starts"), values.pop("ends") or "9999")
        is_protected = values.pop("protected") == "yes"
        student = EnrolledStudent(protected=is_protected, **values)
        present = self._students.get(student.student_id)
        if present is None:
            self._students[student.student_id], self._ranks[student.student_id] = student, rank
            return
        wins = rank > self._ranks[student.student_id]
        if present.birth_date != student.birth_date:
            used = "this row" if wins else "an earlier row"
            words = f"Row {number} has another birth date than an earlier row of that student; {used} was used."
            self._faults.append(RowFault(number, "birth_date", "AMBIGUOUS", words))
        first, second = (student, present) if wins else (present, student)
        self._students[student.student_id] = _merge(first, second)
        if wins:
            self._ranks[student.student_id] = rank


def _merge(winner: EnrolledStudent, other: EnrolledStudent) -> EnrolledStudent:
    names = [*winner.other_names.split(";"), *other.other_names.split(";")]
    if (winner.first, winner.middle, winner.last) != (other.first, other.middle, other.last):
        names.append(" ".join(part for part in (other.first, other.middle, other.last) if part))
    return replace(
        winner,
        middle=winner.middle or other.middle,
        preferred_first=winner.preferred_first or other.preferred_first,
        other_names=_join_once(names),
        grade=winner.grade or other.grade,
        guardians=_join_once([*winner.guardians.split(";"), *other.guardians.split(";")]),
        username=winner.username or other.username,
        state_id=winner.state_id or other.state_id,
        protected=winner.protected or other.protected,
    )


def _join_once(names: Sequence[str]) -> str:
    return ";".join(dict.fromkeys(name.strip() for name in names if name.strip()))


def _whole(value: Json) -> int:
    if type(value) is not int:
        raise TypeError("no number")
    return value


def _items(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _texts(values: Json) -> list[str]:
    items = _items(values)
    texts = [value for value in items if isinstance(value, str)]
    if len(texts) != len(items):
        raise TypeError("no texts")
    return texts
