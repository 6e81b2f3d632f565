"""Pages of a PDF: counted and drawn by pdfium, inside the child.

A page that is one scanned picture is drawn in that picture's own resolution, up to 300 dots an inch, so that nothing is
lost or blown up; other pages at the resolution asked for. Form fields are drawn as they look. A PDF whose end is missing
is refused: what pdfium would rebuild from it may lack a page or show it empty. Accepted limit: a stream damaged in the
middle of a whole file is noticed only if the page then comes out empty.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from ingest.drawing import DrawLimits, DrawnPage, Refused, drop_false_colour
from ingest.typed_fields import read_typed_fields

_SCAN_DOTS_PER_INCH = 300
_COVERING_SHARE = 0.85
"""Share of the page that pictures cover to count as the scan of the page."""
_NOTABLE_SHARE = 0.1
"""Share of the page from which the resolution of pictures counts: a photo with margins, not a logo."""
_SPECK_SHARE = 0.005
"""Share of all pictures' area up to which one doesn't count; scanners cut a page into up to a hundred strips."""
_MOST_OBJECTS = 5000
"""A page of more objects is a drawing; they are not looked at one by one."""
_TEXT_CHARACTERS = 100_000
_END_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _ScanOnPage:
    """The finest picture of a page: its resolution, and whether pictures cover the page and nothing else is on it."""

    dots_per_inch: float
    covers_alone: bool


def count_pages(content: bytes, limits: DrawLimits) -> int:
    """Pages of a PDF that pdfium can open without a password. Raises Refused."""
    with _open(content) as document:
        count = len(document)
        if count > limits.document_pages:
            raise Refused("too_many_pages", limits.document_pages)
        if not any(_can_load(document, page_index) for page_index in range(count)):
            raise Refused("damaged")
        return count


def draw_page(content: bytes, page_index: int, limits: DrawLimits) -> DrawnPage:
    """One page upright as its /Rotate says, with its text layer and typed field values. Raises Refused."""
    with _open(content) as document:
        if not 0 <= page_index < len(document):
            raise Refused("no_page")
        has_form = bool(document.init_forms())
        try:
            page = document[page_index]
        except pypdfium2.PdfiumError:
            raise Refused("damaged") from None
        scan = _find_scan(page)
        dots_per_inch = _choose_resolution(page, scan, limits)
        pixels = drop_false_colour(_render(page, dots_per_inch))
        if scan is not None and pixels.min() == 255 and not _pictures_decode(page):
            raise Refused("damaged")
        text = _read_text(page)
    fields = read_typed_fields(content, page_index) if has_form else {}
    return DrawnPage(pixels, dots_per_inch, fields, text)


def _open(content: bytes) -> pypdfium2.PdfDocument:
    end = content.rstrip(b"\0 \t\r\n")[-_END_BYTES:]
    if b"%%EOF" not in end and b"startxref" not in end:
        raise Refused("cut_short")
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Refused("encrypted") from None
        repaired = _repair(content)
    try:
        return pypdfium2.PdfDocument(repaired)
    except pypdfium2.PdfiumError as error:
        raise Refused("no_pages" if error.err_code == pdfium.FPDF_ERR_SUCCESS else "damaged") from None


def _repair(content: bytes) -> bytes:
    """The file as qpdf writes it anew; it mends cross references that pdfium doesn't."""
    mended = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if not document.pages:
                raise Refused("no_pages")
            document.save(mended)
    except (pikepdf.PdfError, RuntimeError, ValueError):
        raise Refused("damaged") from None
    return mended.getvalue()


def _can_load(document: pypdfium2.PdfDocument, page_index: int) -> bool:
    try:
        document.get_page_size(page_index)
        document[page_index].close()
    except pypdfium2.PdfiumError:
        return False
    return True


def _choose_resolution(page: pypdfium2.PdfPage, scan: _ScanOnPage | None, limits: DrawLimits) -> float:
    wanted = float(limits.draw_dots_per_inch)
    if scan is not None and (scan.covers_alone or scan.dots_per_inch > wanted):
        wanted = min(scan.dots_per_inch, _SCAN_DOTS_PER_INCH)
    width, height = page.get_size()
    if not (width > 0 and height > 0 and math.isfinite(width * height)):
        raise Refused("damaged")
    by_area = math.sqrt(limits.drawn_page_pixels / (width * height)) * 72
    by_side = limits.image_side / max(width, height) * 72
    return float(min(wanted, by_area * 0.999, by_side * 0.999))


def _render(page: pypdfium2.PdfPage, dots_per_inch: float) -> np.ndarray:
    """The page with its form fields as RGB, on white, its sides rounded so that a scan's pixels are drawn one to one."""
    width, height = (max(round(side * dots_per_inch / 72), 1) for side in page.get_size())
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    placed = (bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER)
    pdfium.FPDF_RenderPageBitmap(*placed)
    if page.formenv:
        pdfium.FPDF_FFLDraw(page.formenv, *placed)
    pixels: np.ndarray = bitmap.to_numpy()
    return pixels


def _find_scan(page: pypdfium2.PdfPage) -> _ScanOnPage | None:
    """What the page's pictures tell of its resolution; None if they tell nothing."""
    if pdfium.FPDFPage_CountObjects(page) > _MOST_OBJECTS:
        return None
    try:
        return _look_at_pictures(page)
    except pypdfium2.PdfiumError:  # a picture without size or place
        return None


def _look_at_pictures(page: pypdfium2.PdfPage) -> _ScanOnPage | None:
    left, bottom, right, top = page.get_bbox()
    page_area = max((right - left) * (top - bottom), 1e-6)
    others = pdfium.FPDFPage_GetAnnotCount(page) > 0
    areas: list[tuple[float, float]] = []
    for shown in page.get_objects(max_depth=1):
        if shown.type == pdfium.FPDF_PAGEOBJ_TEXT:
            others = others or pdfium.FPDFTextObj_GetTextRenderMode(shown) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
            continue
        resolution = _picture_resolution(page, shown)
        if resolution is None:
            others = True
            continue
        x0, y0, x1, y1 = shown.get_bounds()
        area = max(min(x1, right) - max(x0, left), 0) * max(min(y1, top) - max(y0, bottom), 0)
        areas.append((area, resolution))
    covered = sum(area for area, _ in areas)
    if covered < _NOTABLE_SHARE * page_area:
        return None
    notable = [dots for area, dots in areas if area > _SPECK_SHARE * covered]
    if not notable:
        return None
    return _ScanOnPage(max(notable), covers_alone=not others and covered > _COVERING_SHARE * page_area)


def _picture_resolution(page: pypdfium2.PdfPage, shown: pypdfium2.PdfObject) -> float | None:
    """Dots an inch of a picture, also of the only picture within a form object; None for anything else."""
    if shown.type == pdfium.FPDF_PAGEOBJ_IMAGE:
        matrix = shown.get_matrix()
        across, down = math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d)
        width, height = shown.get_px_size()
        return float(max(width / across, height / down) * 72) if across > 0 and down > 0 else None
    if shown.type != pdfium.FPDF_PAGEOBJ_FORM:
        return None
    inside = list(page.get_objects(max_depth=2, form=shown))
    if len(inside) != 1 or inside[0].type != pdfium.FPDF_PAGEOBJ_IMAGE:
        return None
    width, height = inside[0].get_px_size()
    x0, y0, x1, y1 = shown.get_bounds()
    area = (x1 - x0) * (y1 - y0)
    return float(math.sqrt(width * height / area) * 72) if area > 0 else None


def _pictures_decode(page: pypdfium2.PdfPage) -> bool:
    pictures: Iterator[pypdfium2.PdfObject] = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
    for picture in pictures:
        try:
            picture.get_bitmap()
        except pypdfium2.PdfiumError:
            return False
    return True


def _read_text(page: pypdfium2.PdfPage) -> str:
    try:
        text: str = page.get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""
    return text[:_TEXT_CHARACTERS].replace("\r\n", "\n")
