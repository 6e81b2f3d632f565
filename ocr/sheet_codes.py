"""The code that a printed sheet has beyond its blank's own: where it stands, and what it says on a page.

The place is found on the blank alone, the middle of the widest that neither print nor a field takes, so that whoever prints and
whoever reads come to the same one. A code elsewhere on the page says nothing. What the text means is not known here.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.page_map import PageMap
from ocr.printed_codes import read_code_at
from ocr.template import Template, TemplateBox

_LARGEST, _SMALLEST = 150.0, 112.0
_CLEARANCE, _PAPER_EDGE = 14, 60
_LIGHTEST_PRINT = 235


@lru_cache(maxsize=256)
def find_sheet_code_place(template: Template) -> TemplateBox | None:
    """The square for a sheet's code on a blank, its quiet margin outside; None where the blank has no room for one."""
    height, width = template.page.shape
    free = (template.page >= _LIGHTEST_PRINT).astype(np.uint8)
    for box in template.boxes.values():
        free[max(int(box.y0), 0) : int(box.y1) + 1, max(int(box.x0), 0) : int(box.x1) + 1] = 0
    inner = np.zeros_like(free)
    inner[_PAPER_EDGE : height - _PAPER_EDGE, _PAPER_EDGE : width - _PAPER_EDGE] = 1
    room = cv2.distanceTransform(free & inner, cv2.DIST_C, 3)
    y, x = (int(place) for place in np.unravel_index(int(room.argmax()), room.shape))
    narrower = np.flatnonzero(room[y, x:] < room[y, x])
    x += (int(narrower[0]) - 1) // 2 if narrower.size else 0
    side = min(2.0 * (float(room[y, x]) - _CLEARANCE), _LARGEST)
    if side < _SMALLEST:
        return None
    return TemplateBox(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def read_sheet_code(page: NDArray[np.uint8], page_map: PageMap, template: Template) -> str:
    """The text of the sheet's code on a page (H x W uint8); "" where none can be read."""
    place = find_sheet_code_place(template)
    return (read_code_at(page, page_map, place, _CLEARANCE - 2.0) or "") if place is not None else ""
