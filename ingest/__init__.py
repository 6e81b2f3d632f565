"""Intake: what uploaded files are, what their pages and rows hold. Other folders use only the names listed here.

Scans, student lists and enrollment extracts come in; pages and rows, or a Refusal in words, go out. Nothing uploaded is
parsed outside a `Cell`.
"""

from ingest.cell import Cell, CellBroken
from ingest.dates import parse_written_date
from ingest.enrollment import read_enrollment
from ingest.pages import draw_page
from ingest.scans import take_in_scans
from ingest.student_list import read_student_list
from ingest.types import (
    EnrolledStudent,
    EnrollmentExtract,
    IncomingFile,
    Limits,
    ListRow,
    MediaType,
    PageImage,
    Refusal,
    RowFault,
    StudentList,
    UploadPath,
)

__all__ = [
    "Cell",
    "CellBroken",
    "EnrolledStudent",
    "EnrollmentExtract",
    "IncomingFile",
    "Limits",
    "ListRow",
    "MediaType",
    "PageImage",
    "Refusal",
    "RowFault",
    "StudentList",
    "UploadPath",
    "draw_page",
    "parse_written_date",
    "read_enrollment",
    "read_student_list",
    "take_in_scans",
]
