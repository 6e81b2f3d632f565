"""Pages of a scan file, counted, checked and drawn: the tasks `examine` and `draw_page` call in here, in the child.

Which reader serves which kind stands in one table. No reader is ever given a name or a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ingest import pdf_pages, picture_pages
from ingest.cell_frames import Frame, Json
from ingest.drawing import DrawLimits, DrawnPage, Refused

SCAN_KINDS = ("pdf", "tiff", "jpeg", "png", "heic")


def count_pages(kind: str, content: bytes, arguments: Mapping[str, Json]) -> int:
    """Pages of a scan, each of them checked. Raises Refused."""
    limits = DrawLimits.from_arguments(arguments)
    if kind == "pdf":
        return pdf_pages.count_pages(content, limits)
    return picture_pages.count_pages(kind, content, limits)


def draw_page(document: BinaryIO, arguments: Mapping[str, Json]) -> Iterator[Frame]:
    """Task: one page as raw pixels. Arguments: the limits, `kind`, `page_index`."""
    limits = DrawLimits.from_arguments(arguments)
    kind, page_index = str(arguments["kind"]), arguments["page_index"]
    if not isinstance(page_index, int):
        raise TypeError("page_index is no integer")
    try:
        if kind == "pdf":
            page = pdf_pages.draw_page(document.read(), page_index, limits)
        else:
            page = picture_pages.draw_page(kind, document.read(), page_index, limits)
    except Refused as refused:
        yield Frame(refused.header())
        return
    yield _frame_page(page)


def _frame_page(page: DrawnPage) -> Frame:
    fields: dict[str, Json] = dict(page.typed_fields.items())
    header: dict[str, Json] = {
        "shape": list(page.pixels.shape),
        "dots_per_inch": page.dots_per_inch,
        "typed_fields": fields,
        "text": page.text,
    }
    return Frame(header, (page.pixels.tobytes(),))


TASKS = {"draw_page": draw_page}
