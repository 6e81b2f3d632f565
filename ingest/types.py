"""What leaves intake: files told apart, pages drawn, rows of lists and of enrollment.

Nothing here decides whether a form is valid or whose it is. A thing that could not be taken in is a `Refusal`, never an
exception: it is named, given a reason code of the contract and a sentence, and the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np


class MediaType(StrEnum):
    """What a file is by its content; its name is never asked."""

    PDF = "application/pdf"
    TIFF = "image/tiff"
    JPEG = "image/jpeg"
    PNG = "image/png"
    HEIC = "image/heic"
    LIST = "list"
    """A table of rows: it has no page to draw."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that was not taken: `file` as the partner named it, a contract reason code, one sentence on what to do."""

    file: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """One scan file that can be drawn. `name` is what the partner called it (for a zip: `outer.zip/inner.pdf`)."""

    name: str
    content: bytes
    media_type: MediaType
    page_count: int


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page, drawn upright as its file states.

    `pixels` is uint8, H x W (grey) or H x W x 3 (RGB). `dots_per_inch` is what the file claims, None if it claims nothing.
    `typed_fields` are the values of AcroForm fields that a program filled in (name as in the contract, value as typed;
    a ticked box is "Yes", an unticked one "Off"); empty for a scan. `text` is the page's own text layer, "" for a scan.
    """

    pixels: np.ndarray
    dots_per_inch: float | None
    typed_fields: dict[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a partner's student list. Text as the cell showed it after tidying; "" where the cell was empty.

    `row_number` is the row in the partner's file, counted from 1 as Excel does, so that a report can point at it.
    Dates are YYYY-MM-DD where they could be read; `birth_date_readings` then holds every calendar day that the cell may
    mean (two for an ambiguous 03/04/2015), best first. `faults` are reason codes found in the row itself.
    """

    row_number: int
    last_name: str
    first_name: str
    middle_name: str = ""
    other_name: str = ""
    birth_date: str = ""
    birth_date_readings: tuple[str, ...] = ()
    student_id: str = ""
    school: str = ""
    grade: str = ""
    parent_name: str = ""
    consent_date: str = ""
    program: str = ""
    school_year: str = ""
    partner_name: str = ""
    scan_file: str = ""
    scan_page: str = ""
    action: str = ""
    notes: str = ""
    form_language: str = ""
    faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell: contract reason code, column name of the template, one sentence for the partner."""

    row_number: int
    column: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class StudentList:
    """A partner's list: its rows in file order, and the rows that could not be taken at all."""

    rows: tuple[ListRow, ...]
    faults: tuple[RowFault, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolledStudent:
    """One enrolled child, several source rows merged. Dates YYYY-MM-DD. Several names or guardians joined by `;`."""

    student_id: str
    first: str
    last: str
    birth_date: str
    school: str
    middle: str = ""
    preferred_first: str = ""
    other_names: str = ""
    grade: str = ""
    guardians: str = ""
    username: str = ""
    state_id: str = ""
    protected: bool = False
    """True for a student in the Address Confidentiality Program: always seen by a person."""


@dataclass(frozen=True, slots=True)
class EnrollmentExtract:
    """One snapshot of enrollment and the rows of the source that could not be used.

    `left_count` counts students that stand in the source but whose every enrollment ended before the day asked for.
    """

    students: tuple[EnrolledStudent, ...]
    faults: tuple[RowFault, ...] = ()
    left_count: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what uploads may ask of the machine. Sizes in bytes, times in seconds, pictures in pixels."""

    file_bytes: int = 25_000_000
    document_pages: int = 60
    image_pixels: int = 60_000_000
    image_side: int = 20_000
    drawn_page_pixels: int = 40_000_000
    zip_members: int = 500
    zip_unpacked_bytes: int = 200_000_000
    zip_ratio: int = 100
    workbook_bytes: int = 20_000_000
    workbook_unpacked_bytes: int = 200_000_000
    workbook_rows: int = 20_000
    workbook_columns: int = 60
    cell_memory_bytes: int = 1_500_000_000
    seconds_a_page: float = 20.0
    seconds_a_file: float = 120.0
    """For what holds many: a zip, an enrollment extract."""
    seconds_to_answer: float = 25.0
    """For a single scan file or a student list, so that each upload has its answer in 30 seconds."""
    draw_dots_per_inch: int = 200
    enrollment_bytes: int = 1_000_000_000
    enrollment_rows: int = 2_000_000


@dataclass(frozen=True, slots=True)
class UploadPath:
    """A path that a person named on the command line, and the name to show for it."""

    path: Path
    shown_name: str
