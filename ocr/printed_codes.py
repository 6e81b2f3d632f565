"""The machine-readable code that a blank prints: what it says and where, and what stands in that place on a page.

A code elsewhere on the page (a scanner's separator, a sticker) says nothing of the form. What can't be read says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from ocr.page_map import PageMap
from ocr.template import Template, TemplateBox

_MARGIN = 24.0
_SCALES = (1.5, 2.5)
_SOFT_SCALE, _SOFTNESS = 2.0, 3.0
"""A fax drops lines and a bitonal scan frays edges: softened, the code can be told again."""


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A code's text and its box on the blank in template units."""

    text: str
    box: TemplateBox


@lru_cache(maxsize=256)
def find_printed_code(template: Template) -> PrintedCode | None:
    """The largest code on the blank; None if it has none."""
    found = []
    for code in zxingcpp.read_barcodes(template.page, try_rotate=False, try_invert=False):  # as on pages
        at = code.position
        corners = np.array([[c.x, c.y] for c in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], float)
        low, high = corners.min(axis=0), corners.max(axis=0)
        found.append((float((high - low).prod()), PrintedCode(code.text, TemplateBox(*low, *high))))
    return max(found, key=lambda entry: entry[0])[1] if found else None


def read_code_at(page: NDArray[np.uint8], page_map: PageMap, box: TemplateBox, margin: float = _MARGIN) -> str | None:
    """The text of the code that stands on a page (H x W uint8) where the blank has `box`, looked for with `margin` units
    around it; None if none can be read.
    """
    corners = [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]
    outward = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float) * margin
    seen = page_map.locate(np.array(corners, float) + outward).astype(np.float32)
    wide, tall = box.x1 - box.x0 + 2 * margin, box.y1 - box.y0 + 2 * margin
    for scale in _SCALES:
        if text := _read(_cut(page, seen, wide * scale, tall * scale)):
            return text
    softened = cv2.GaussianBlur(_cut(page, seen, wide * _SOFT_SCALE, tall * _SOFT_SCALE), (0, 0), _SOFTNESS)
    return _read(softened)


def _cut(page: NDArray[np.uint8], corners: NDArray[np.float32], wide: float, tall: float) -> NDArray[np.uint8]:
    """What lies between four corners of a page, clockwise from the upper left, laid flat in a size."""
    size = (round(wide), round(tall))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    cut: NDArray[np.uint8] = cv2.warpPerspective(
        page, cv2.getPerspectiveTransform(corners, target), size, flags=cv2.INTER_LINEAR, borderValue=255
    )
    return cut


def _read(picture: NDArray[np.uint8]) -> str | None:
    read = zxingcpp.read_barcodes(picture, try_rotate=False, try_invert=False)
    return str(read[0].text) if read else None
