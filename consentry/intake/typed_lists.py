"""A right-to-view list typed on a page: made into the same file that somebody could have sent, so that it is taken as one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

MOST_ROWS = 200
FILE_NAME = "typed-list.csv"
_HEADINGS = (
    "StudentLastName",
    "StudentFirstName",
    "StudentMiddleName",
    "DateOfBirth",
    "SPSStudentID",
    "Grade",
    "School",
    "SubmittedBy",
)


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One student as typed."""

    last: str
    first: str
    middle: str
    birth_date: str
    student_id: str
    grade: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(
            text.strip() for text in (self.last, self.first, self.middle, self.birth_date, self.student_id, self.grade)
        )


def write_typed_list(rows: Sequence[TypedRow], school: str, submitted_by: str) -> bytes:
    """The list as CSV; rows in which nothing was typed are left out."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEADINGS)
    for row in rows:
        if not row.is_empty:
            typed = (row.last, row.first, row.middle, row.birth_date, row.student_id, row.grade)
            writer.writerow([*(text.strip() for text in typed), school, submitted_by])
    return stream.getvalue().encode()
