from .cell import Cell, CellBroken
from .dates import parse_written_date
from .enrollment import read_enrollment
from .pages import draw_page
from .scans import take_in_scans
from .student_list import read_student_list
from .types import (
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
