"""One page of a scan drawn: the outside of the task `draw_page`.

Decides nothing about the page; what the child sends is checked for shape and size before it becomes a picture.
"""

from __future__ import annotations

import numpy as np

from ingest.cell import Cell, CellStopped
from ingest.cell_frames import Frame
from ingest.cell_text import tidy_text
from ingest.drawing import DrawLimits
from ingest.refusals import refuse, refuse_by_answer, refuse_stopped
from ingest.types import Limits, MediaType, PageImage, Refusal

_KINDS = {
    MediaType.PDF: "pdf",
    MediaType.TIFF: "tiff",
    MediaType.JPEG: "jpeg",
    MediaType.PNG: "png",
    MediaType.HEIC: "heic",
}


def draw_page(
    content: bytes, media_type: MediaType, page_index: int, cell: Cell, limits: Limits
) -> PageImage | Refusal:
    """Page `page_index` (from 0) as uint8 pixels, upright as the file states; a Refusal (its `file` is "") if it can't be.

    A PDF page is drawn at `limits.draw_dots_per_inch`, a page that is one scanned picture in that picture's own
    resolution up to 300. At most `limits.drawn_page_pixels`. Raises CellBroken if no reading process can be started.
    """
    if media_type not in _KINDS:
        return refuse("", "no_page")
    arguments = {**DrawLimits.as_arguments(limits), "kind": _KINDS[media_type], "page_index": page_index}
    try:
        frame = cell.run_for_one("draw_page", content, arguments, seconds=limits.seconds_a_page)
    except CellStopped as stopped:
        return refuse_stopped("", stopped, limits)
    return refuse_by_answer("", frame.header) or _take_page(frame, limits)


def _take_page(frame: Frame, limits: Limits) -> PageImage | Refusal:
    shape, fields = frame.header.get("shape"), frame.header.get("typed_fields")
    text, dots = frame.header.get("text"), frame.header.get("dots_per_inch")
    if not isinstance(shape, list) or not isinstance(fields, dict) or not isinstance(text, str):
        return refuse("", "damaged")
    sides = [side for side in shape if isinstance(side, int) and 0 < side <= limits.image_side]
    if len(sides) != len(shape) or len(shape) not in (2, 3) or shape[2:] not in ([], [3]) or len(frame.blobs) != 1:
        return refuse("", "damaged")
    if sides[0] * sides[1] > limits.drawn_page_pixels or len(frame.blobs[0]) != int(np.prod(sides)):
        return refuse("", "damaged")
    pixels = np.frombuffer(frame.blobs[0], np.uint8).reshape(sides)
    typed = {tidy_text(name): tidy_text(value) for name, value in fields.items() if isinstance(value, str)}
    lines = "\n".join(tidy_text(line) for line in text.split("\n"))
    return PageImage(pixels, float(dots) if isinstance(dots, int | float) else None, typed, lines)
