"""Finds what stands out of the paper though it is too faint for ink: pencil, a pen that runs dry.

Decides by contrast and the paper's own grain. What darkens most of a column of a cut is a scanner's streak and counts as paper.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.types import PixelBox

_CONTRAST, _GRAINS, _PAPER = 11.0, 3.5, 0.9
_STREAKED = 75  # per cent of a column that a streak has to darken


def find_faint_ink(crop: FieldCrop, box: PixelBox) -> NDArray[np.uint8]:
    """What stands out of the paper within a box (H x W of the whole cut, 0 or 1), too faint for ink or not."""
    faint = np.zeros_like(crop.ink)
    rows, columns = slice(max(0, box.y0), box.y1), slice(max(0, box.x0), box.x1)
    calm = cv2.GaussianBlur(crop.paper, (0, 0), 1.5 * crop.unit).astype(np.float32)
    level = float(np.median(calm))
    grain = 1.48 * float(np.median(np.abs(calm[calm > _PAPER * level] - level)))
    levels = np.minimum(level, measure_columns(calm))
    faint[rows, columns] = (calm < levels - max(_CONTRAST, _GRAINS * grain))[rows, columns]
    return faint


def measure_columns(paper: NDArray[np.float32]) -> NDArray[np.float32]:
    """The grey of each column's paper: where a scanner's streak darkens most of a column, the streak's."""
    found: NDArray[np.float32] = np.percentile(paper[::2], _STREAKED, axis=0)[None, :].astype(np.float32)
    return found
