"""What leaves reading: a form's fields with their evidence, still attached to the pixels.

A reading never says whose form it is and never becomes a "yes" by being absent. `confidence` is what the engine claims,
0 to 1. Boxes are page pixels, `[x0, y0, x1, y1]`, right and bottom exclusive.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FieldKind(StrEnum):
    """How a field is read."""

    NAME = "name"
    DATE = "date"
    STUDENT_ID = "student_id"
    TEXT = "text"
    CHECKBOX = "checkbox"
    SIGNATURE = "signature"


class PageKind(StrEnum):
    """What a page is when no template fits it."""

    BLANK = "blank"
    COVER_SHEET = "cover_sheet"
    OTHER_FORM = "other_form"
    UNREADABLE = "unreadable"


class TemplateIdentity(NamedTuple):
    """What tells one template from another."""

    code: str
    school_year: str
    language: str


class PixelBox(NamedTuple):
    """A box on a page in pixels of the scan; right and bottom are exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int


class Mark(StrEnum):
    """What a tick box shows. Anything but MARKED never counts as yes."""

    MARKED = "marked"
    EMPTY = "empty"
    UNSURE = "unsure"


FIELD_KINDS: dict[str, FieldKind] = {
    "student_first": FieldKind.NAME,
    "student_middle": FieldKind.NAME,
    "student_last": FieldKind.NAME,
    "student_suffix": FieldKind.TEXT,
    "other_name": FieldKind.NAME,
    "student_id": FieldKind.STUDENT_ID,
    "birth_date": FieldKind.DATE,
    "school": FieldKind.TEXT,
    "grade": FieldKind.TEXT,
    "partner": FieldKind.TEXT,
    "program": FieldKind.TEXT,
    "records_attendance": FieldKind.CHECKBOX,
    "records_discipline": FieldKind.CHECKBOX,
    "records_assessment": FieldKind.CHECKBOX,
    "records_demographics": FieldKind.CHECKBOX,
    "consent_yes": FieldKind.CHECKBOX,
    "consent_no": FieldKind.CHECKBOX,
    "parent_name": FieldKind.NAME,
    "relationship": FieldKind.TEXT,
    "contact": FieldKind.TEXT,
    "parent_signature": FieldKind.SIGNATURE,
    "parent_date": FieldKind.DATE,
    "student_signature": FieldKind.SIGNATURE,
    "student_date": FieldKind.DATE,
    "interpreter": FieldKind.TEXT,
}
