"""Tells where writing was scribbled over or struck out: such a field is for a person, whatever can be read beneath.

Decides by coverage alone: a box mostly filled with ink, or a stroke along most of a word through its letters. Accepted
limits: a correction written above, or a single letter mended, is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.reading import FieldReading
from ocr.reading_fields import CutField
from ocr.types import FieldKind

_SCRIBBLED = 0.45
_STRUCK_LENGTH, _WIDEST_LETTER = 0.45, 1.3  # of the writing's length; of its height: an m's arches join too
# A lone short word is struck along most of it, since the feet of its letters join as well: of its length, of its height.
_STRUCK_WORD, _LONGEST_JOIN = 0.6, 2.2
_EDGE = 0.15
_WORD_SHAPE = 2.2
_UNDERLINE = 0.08
# Of the way from paper to ink; per cent of the ink that is darker than what counts as the pen's grey.
_PEN, _DARK = 0.4, 30
_WRITTEN = (FieldKind.NAME, FieldKind.DATE, FieldKind.STUDENT_ID, FieldKind.TEXT)


def find_alterations(cuts: Mapping[str, CutField], readings: Mapping[str, FieldReading]) -> Iterator[str]:
    """The names of written fields that were scribbled over or struck out."""
    for name, cut in cuts.items():
        struck_out = bool(readings[name].text) and _is_struck_out(cut.crop)
        if cut.kind in _WRITTEN and (struck_out or cut.crop.darkness > _SCRIBBLED):
            yield name


def _is_struck_out(crop: FieldCrop) -> bool:
    found = crop.ink_box
    if found is None:
        return False
    height, width = found.y1 - found.y0, found.x1 - found.x0
    if width < _WORD_SHAPE * height:
        return False
    # Rests of the blank's own rules lie at the edges of the box, and what lies under the word strikes nothing.
    inner = _EDGE * (crop.y1 - crop.y0)
    first = max(found.y0 + round(0.1 * height), round(crop.y0 + inner))
    last = min(found.y1 - round(_UNDERLINE * height), round(crop.y1 - inner))
    body = _find_dark_ink(crop)[first:last, found.x0 : found.x1]
    reach = max(1, round(2 * crop.unit))
    joined = min(_STRUCK_WORD * width, _LONGEST_JOIN * height)
    least = max(_STRUCK_LENGTH * width, _WIDEST_LETTER * height, joined)
    return bool(body.size) and _longest_run(_thicken(body, reach)) > least


def _find_dark_ink(crop: FieldCrop) -> NDArray[np.uint8]:
    """The ink that is about as dark as the pen's: in a coarse scan letters run together, but what joins them is lighter."""
    pen = float(np.percentile(crop.grey[crop.ink > 0], _DARK))
    dark: NDArray[np.uint8] = crop.ink & (crop.grey < 255 - _PEN * (255 - pen)).astype(np.uint8)
    return dark


def _thicken(body: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Each row with the ink within a few pixels of it: a stroke by hand is never quite level."""
    near: NDArray[np.uint8] = cv2.dilate(body, np.ones((2 * reach + 1, 1), np.uint8))
    return near


def _longest_run(rows: NDArray[np.uint8]) -> int:
    """The longest run of ink along any row (H x W, 0 or 1)."""
    edges = np.flatnonzero(np.diff(np.pad(rows, ((0, 0), (1, 1))).ravel()))
    return int((edges[1::2] - edges[::2]).max(initial=0))
