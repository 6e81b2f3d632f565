"""Draws printed sheets: each child's values over the blank's own pages, with the sheet's code in its place.

The blank stays as the district made it and is put into the file once; its form fields are left out, since a sheet is to be
printed. Text is set in Noto, which has all scripts of the forms, and is made smaller where it is long. Decides nothing about
what is printed.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pikepdf
import segno

from consentry.errors import CommandError
from ocr import Template, TemplateBox, find_sheet_code_place
from ocr.blank_pdfs import DOTS_PER_INCH

_POINTS = 72 / DOTS_PER_INCH
_USUAL_SIZE, _SMALLEST_SIZE, _HEIGHT_SHARE = 13.5, 6.5, 0.62
_PADDING = 4.0
_RIGHT_TO_LEFT = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one child's sheet: values by field, and the text of its code."""

    printed: Mapping[str, str]
    code: str


class BlankPrinter:
    """Prints sheets on one blank. `CommandError` where it has no room for a code."""

    def __init__(self, blank: bytes, template: Template) -> None:
        self._blank, self._template = blank, template
        self._cells = _find_cells(blank)
        self._places = {page.page_number: find_sheet_code_place(page) for page in template.pages if page.boxes}
        if None in self._places.values():
            code = template.identity.code
            raise CommandError(f"the blank {code} has no free square of 15 mm for the code of a sheet: leave one")

    def print_sheets(self, packet: pikepdf.Pdf, sheets: Sequence[Sheet]) -> list[list[pikepdf.Page]]:
        """The pages of each sheet, made in `packet` but not put into it: their order is the caller's."""
        pages = self._template.pages
        with pikepdf.open(io.BytesIO(self._blank)) as blank, pikepdf.open(io.BytesIO(self._set_texts(sheets))) as texts:
            under = [packet.copy_foreign(page.as_form_xobject()) for page in blank.pages]
            over = [packet.copy_foreign(page.as_form_xobject()) for page in texts.pages]
            areas = [pikepdf.Array(list(page.cropbox)) for page in blank.pages]
        made = []
        for number, sheet in enumerate(sheets):
            made.append(
                [
                    self._make_page(packet, page, sheet, areas[at], under[at], over[number * len(pages) + at])
                    for at, page in enumerate(pages)
                ]
            )
        return made

    def _make_page(
        self,
        packet: pikepdf.Pdf,
        page: Template,
        sheet: Sheet,
        area: pikepdf.Array,
        under: pikepdf.Object,
        over: pikepdf.Object,
    ) -> pikepdf.Page:
        left, top = float(area[0]), max(float(area[1]), float(area[3]))
        bottom = min(float(area[1]), float(area[3]))
        place = self._places.get(page.page_number)
        code = _draw_code(sheet.code, place, left, top) if place is not None else b""
        drawn = b"q /Blank Do Q q 1 0 0 1 %.3f %.3f cm /Values Do Q %s" % (left, bottom, code)
        return pikepdf.Page(
            packet.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Page,
                    MediaBox=area,
                    Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Blank=under, Values=over)),
                    Contents=packet.make_stream(drawn),
                )
            )
        )

    def _set_texts(self, sheets: Sequence[Sheet]) -> bytes:
        from weasyprint import HTML  # loads for seconds, and only what prints needs it

        direction = "rtl" if self._template.identity.language in _RIGHT_TO_LEFT else "ltr"
        body = "".join(self._set_page(page, sheet, direction) for sheet in sheets for page in self._template.pages)
        height, width = self._template.page.shape
        style = _STYLE.format(width=width * _POINTS, height=height * _POINTS, chinese=self._name_chinese_font())
        return bytes(HTML(string=f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}").write_pdf())

    def _name_chinese_font(self) -> str:
        return "Noto Sans CJK TC" if self._template.identity.language == "zh-Hant" else "Noto Sans CJK SC"

    def _set_page(self, page: Template, sheet: Sheet, direction: str) -> str:
        parts = [
            self._set_value(text, box, self._cells.get(name, 0), direction)
            for name, text in sheet.printed.items()
            if (box := page.boxes.get(name)) is not None
        ]
        return f"<section>{''.join(parts)}</section>"

    def _set_value(self, text: str, box: TemplateBox, cells: int, direction: str) -> str:
        left, top, wide, tall = (n * _POINTS for n in (box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0))
        if cells and len(text) <= cells:
            return "".join(
                _place(letter, left + number * wide / cells, top, wide / cells, tall, _USUAL_SIZE, "center")
                for number, letter in enumerate(text)
            )
        room = wide - 2 * _PADDING
        size = min(_USUAL_SIZE, tall * _HEIGHT_SHARE)
        size = max(min(size, room / max(_measure(text), 0.1)), _SMALLEST_SIZE)
        return _place(text, left + _PADDING, top, room, tall, size, "start", direction)


def _place(
    text: str, left: float, top: float, wide: float, tall: float, size: float, align: str, direction: str = "ltr"
) -> str:
    where = f"left:{left:.2f}pt;top:{top:.2f}pt;width:{wide:.2f}pt;height:{tall:.2f}pt;line-height:{tall:.2f}pt"
    look = f"font-size:{size:.2f}pt;text-align:{align};direction:{direction}"
    return f'<div style="{where};{look}"><bdi style="direction:{_find_direction(text)}">{escape(text)}</bdi></div>'


def _find_direction(text: str) -> str:
    """The direction of a text by its first letter that has one."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return "rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "ltr"


def _measure(text: str) -> float:
    """An upper bound of a text's width in ems."""
    return sum(_measure_letter(letter) for letter in text)


def _measure_letter(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in ("W", "F"):
        return 1.02
    if unicodedata.combining(letter):
        return 0.0
    if 0x1200 <= ord(letter) <= 0x139F:
        return 0.95
    if letter in "mwMW@%":
        return 0.98
    return 0.78 if letter.isupper() else 0.62


def _find_cells(blank: bytes) -> dict[str, int]:
    """How many cells a field of the blank is ruled into, of those that are."""
    with pikepdf.open(io.BytesIO(blank)) as pdf:
        form = pdf.Root.get("/AcroForm")
        return {str(field.T): int(field.MaxLen) for field in _list_fields(form) if "/MaxLen" in field and "/T" in field}


def _list_fields(form: pikepdf.Object | None) -> Iterator[pikepdf.Object]:
    waiting = list(form.Fields) if form is not None else []
    while waiting:
        field = waiting.pop()
        yield field
        waiting += list(field.get("/Kids", ()))


def _draw_code(text: str, place: TemplateBox, page_left: float, page_top: float) -> bytes:
    """A code as PDF drawing, modules run by run, in its place."""
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    module = (place.x1 - place.x0) * _POINTS / len(matrix)
    left, top = page_left + place.x0 * _POINTS, page_top - place.y0 * _POINTS
    drawn = [
        f"{left + run.start * module:.3f} {top - (line + 1) * module:.3f} {len(run) * module:.3f} {module:.3f} re"
        for line, row in enumerate(matrix)
        for run in _find_runs(row)
    ]
    return f"q 0 g {' '.join(drawn)} f Q".encode()


def _find_runs(row: Sequence[int]) -> Iterator[range]:
    begun: int | None = None
    for place, dark in enumerate((*row, 0)):
        if dark and begun is None:
            begun = place
        elif not dark and begun is not None:
            yield range(begun, place)
            begun = None


_STYLE = """
@page {{ size: {width:.2f}pt {height:.2f}pt; margin: 0; }}
body {{ margin: 0; font-family: "Noto Sans", "Noto Sans Ethiopic", "Noto Sans Arabic", "{chinese}", sans-serif;
  color: #000; line-height: 1.15; }}
section {{ position: relative; width: 100%; height: {height:.2f}pt; break-after: page; overflow: hidden; }}
section:last-child {{ break-after: auto; }}
section div {{ position: absolute; overflow: hidden; white-space: nowrap; }}
"""
