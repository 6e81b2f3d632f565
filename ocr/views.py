"""The pictures of a field that the recogniser is shown.

A name is shown twice: with its slant taken out, and drawn a little narrower. Two looks that err differently are averaged in
the logarithm; of what was tried this pair paid, at one recogniser call more. Dates, IDs and other text are shown once, as cut.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.types import FieldKind

Grey = NDArray[np.uint8]

_SLANTS = np.linspace(-0.5, 0.5, 11)
_NARROWED = 0.8


def make_views(tight: Grey, kind: FieldKind) -> list[Grey]:
    """The pictures (H x W uint8) to be read for a field that is cut tight around its ink."""
    if kind is not FieldKind.NAME:
        return [_frame(tight, 0.3)]
    framed = _frame(tight, 0.3)
    narrow: Grey = cv2.resize(framed, (max(8, round(framed.shape[1] * _NARROWED)), framed.shape[0]))
    return [_frame(take_slant_out(tight), 0.05), narrow]


def take_slant_out(tight: Grey) -> Grey:
    """The writing sheared so that its strokes stand upright: where columns differ most from their neighbours."""
    ink = 255 - tight
    height, width = ink.shape
    best, best_contrast = ink, -1.0
    for slant in _SLANTS:
        shear = np.array([[1.0, slant, height * (0.5 - slant) / 2], [0.0, 1.0, 0.0]])
        sheared = cv2.warpAffine(ink, shear, (width + height // 2, height))
        contrast = float((np.diff(sheared.sum(axis=0, dtype=np.float64)) ** 2).sum())
        if contrast > best_contrast:
            best, best_contrast = sheared, contrast
    columns = np.flatnonzero(best.max(axis=0) > 40)
    if not len(columns):
        return tight
    upright: Grey = 255 - best[:, columns[0] : columns[-1] + 1]
    return upright


def _frame(tight: Grey, sides: float) -> Grey:
    height = tight.shape[0]
    pad_y, pad_x = max(2, round(0.12 * height)), max(4, round(sides * height))
    framed: Grey = cv2.copyMakeBorder(tight, pad_y, pad_y, pad_x, pad_x, cv2.BORDER_CONSTANT, value=255)
    return framed
