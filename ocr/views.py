"""The picture of a field that the recogniser is shown.

A name or a text is shown as it stands on the paper: its line of the box, evened out, cut at the ends of its ink. Taking
all that isn't its own ink off costs more letters than it saves (`docs/reading.md`). Dates and IDs are shown as ink alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.types import FieldKind, PixelBox

Grey = NDArray[np.uint8]

_AS_ON_PAPER = (FieldKind.NAME, FieldKind.TEXT)
_ENDS = 0.3
_OVERLAP = 2
_BLUR = 0.8  # calms the grain of the scan, in template units


def make_view(crop: FieldCrop, kind: FieldKind) -> Grey:
    """The picture (H x W uint8) to be read for a field that has writing."""
    if kind not in _AS_ON_PAPER:
        return _frame(trim_to_ink(crop))
    found = _find_ink(crop)
    ends = round(_ENDS * (found.y1 - found.y0))
    top, bottom = max(0, min(crop.y0, found.y0) - _OVERLAP), max(crop.y1, found.y1) + _OVERLAP
    line = crop.paper[top:bottom, max(0, found.x0 - ends) : found.x1 + ends]
    calmed: Grey = cv2.GaussianBlur(line, (0, 0), _BLUR * crop.unit)
    return calmed


def trim_to_ink(crop: FieldCrop) -> Grey:
    """The ink alone (H x W uint8, dark on white), cut tight, of a field that has writing."""
    found = _find_ink(crop)
    return crop.grey[found.y0 : found.y1, found.x0 : found.x1]


def _find_ink(crop: FieldCrop) -> PixelBox:
    found = crop.ink_box
    assert found is not None  # noqa: S101  asked of cuts with writing only
    return found


def _frame(tight: Grey) -> Grey:
    height = tight.shape[0]
    pad_y, pad_x = max(2, round(0.12 * height)), max(4, round(_ENDS * height))
    framed: Grey = cv2.copyMakeBorder(tight, pad_y, pad_y, pad_x, pad_x, cv2.BORDER_CONSTANT, value=255)
    return framed
