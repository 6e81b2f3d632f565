"""The fields of a case as a table: the page and place of each, what was read or keyed, the row's and each candidate's value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from consentry.desk.case_steps import find_row
from consentry.desk.letter_differences import Piece, mark_differences
from consentry.intake.held_enrollment import ShownStudent
from consentry.pipeline.form_pages import PageSource, find_source, list_sources
from consentry.pipeline.paper_facts import QUERY_FIELDS
from ocr import FIELD_KINDS
from store.tables import Form

_STUDENT_OF = {
    "student_first": "first",
    "student_middle": "middle",
    "student_last": "last",
    "other_name": "other_names",
    "parent_name": "guardians",
}
_ROW_OF = {"student_first": "first_name", "student_middle": "middle_name", "student_last": "last_name"}
_MARGIN = 6
_MARK = Markup("<mark>{}</mark>")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: which page of the form, counted from 1, and its box there."""

    page: int
    x: int
    y: int
    width: int
    height: int

    @property
    def view_box(self) -> str:
        """The box as an SVG has it."""
        return f"{self.x} {self.y} {self.width} {self.height}"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One field. Values of row and candidates come in pieces: what differs from the page is marked."""

    name: str
    place: Place | None
    read: str
    keyed: str
    row: tuple[Piece, ...]
    candidates: tuple[tuple[Piece, ...], ...]


def show_lines(
    session: Session,
    form: Form,
    keyed: dict[str, str],
    students: Sequence[ShownStudent],
    first: Collection[str] = (),
) -> tuple[ShownLine, ...]:
    """All fields of a form, those to look at first, else in the order of the contract; a list row's stand on no page."""
    row, sources = find_row(session, form), list_sources(form)
    lines = []
    for name in sorted(FIELD_KINDS, key=lambda name: name not in first):
        place = find_place(form, name, sources)
        field = form.fields.get(name)
        if not isinstance(field, dict) or (place is None and not field.get("value")):
            continue
        read = str(field.get("value") or "")
        seen = keyed.get(name) or read
        listed = str(row.cells.get(_ROW_OF.get(name, name), "") or "") if row and name in QUERY_FIELDS else ""
        values = [_value_of(student, name) for student in students]
        lines.append(
            ShownLine(
                name=name,
                place=place,
                read=read,
                keyed=keyed.get(name, ""),
                row=mark_differences(listed, seen),
                candidates=tuple(mark_differences(value, seen or listed) for value in values),
            )
        )
    return tuple(lines)


def draw_pieces(pieces: Sequence[Piece]) -> Markup:
    """A value with its letters that differ marked. A page has hundreds, so it is no macro of a template."""
    return Markup("").join(_MARK.format(one.text or "·") if one.differs else escape(one.text) for one in pieces)


def find_place(form: Form, name: str, sources: Sequence[PageSource]) -> Place | None:
    """Where a field stands on a form of these pages, None for one that has no box."""
    found = find_box(form, name, sources)
    if found is None:
        return None
    x0, y0, x1, y1 = found.box
    page = sources.index(found.page) + 1
    return Place(page, x0 - _MARGIN, y0 - _MARGIN, x1 - x0 + 2 * _MARGIN, y1 - y0 + 2 * _MARGIN)


@dataclass(frozen=True, slots=True)
class FieldBox:
    """A page and a box on it in page pixels: x0, y0, x1, y1."""

    page: PageSource
    box: tuple[int, ...]


def find_box(form: Form, name: str, sources: Sequence[PageSource]) -> FieldBox | None:
    """Where to cut a field out of a form of these pages; None for one that stands on no page."""
    field = form.fields.get(name)
    box = field.get("box") if isinstance(field, dict) else None
    if not isinstance(box, list):
        return None
    x0, y0, x1, y1 = (int(str(edge)) for edge in box)
    if x1 <= x0 or y1 <= y0:
        return None
    return FieldBox(find_source(field) or sources[0], (x0, y0, x1, y1))


def _value_of(student: ShownStudent, name: str) -> str:
    """Several names in one cell are parted by a semicolon: said with a space, so that a line can break there."""
    return str(getattr(student, _STUDENT_OF.get(name, name))).replace(";", "; ") if name in QUERY_FIELDS else ""
