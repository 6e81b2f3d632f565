"""Lays the cut of a tick box or a signature box out as a small picture of fixed scale, for the recognisers of marks.

Decides what they are shown: the ink, what stands out of the paper within the box be it too faint for ink, and where the box is.
A tick box is laid out by its side, a signature by the size of the paper, since hands don't grow with the boxes, and of its wide
box only the part where something stands. Judges nothing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.faint_ink import measure_columns

TICK_SIDE, TICK_SIZE = 22, 66
SIGNATURE_SCALE, SIGNATURE_ROWS = 0.5, 96  # picture pixels a template unit (1/200 inch)
STRIDE = 16
_WIDEST = 640
_BESIDE, _SEEN, _CALM = 12, 0.25, 2.0
_EDGE = 0.13
_DEPTH = 0.5  # of the paper's grey: what is darker by this is ink for certain

Ink = NDArray[np.uint8]
Picture = NDArray[np.float32]


def picture_tick(crop: FieldCrop) -> Picture:
    """The cut of a tick box, 3 x TICK_SIZE x TICK_SIZE: ink, darkness, box; its middle in the picture's."""
    scale = TICK_SIDE / max(1, min(crop.x1 - crop.x0, crop.y1 - crop.y0))
    return _lay_out(crop, crop.ink, scale, TICK_SIZE, TICK_SIZE)


def picture_signature(crop: FieldCrop, ink: Ink) -> Picture:
    """The cut of a signature box with its cleaned `ink`, 3 x SIGNATURE_ROWS x W, W a multiple of STRIDE: the columns in which
    anything stands in the box, and a little beside.
    """
    scale = SIGNATURE_SCALE / crop.unit
    width = min(_WIDEST, round(crop.ink.shape[1] * scale))
    whole = _lay_out(crop, ink, scale, SIGNATURE_ROWS, max(STRIDE, width))
    seen = np.maximum(whole[0], cv2.GaussianBlur(whole[1], (0, 0), _CALM)) * whole[2]
    columns = np.flatnonzero(seen.max(axis=0) > _SEEN)
    start, end = (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (width // 2, width // 2)
    part = whole[:, :, max(0, start - _BESIDE) : end + _BESIDE]
    return np.pad(part, ((0, 0), (0, 0), (0, -part.shape[2] % STRIDE)))


def _lay_out(crop: FieldCrop, ink: Ink, scale: float, rows: int, columns: int) -> Picture:
    box = np.zeros_like(ink)
    box[max(0, crop.y0) : crop.y1, max(0, crop.x0) : crop.x1] = 1
    layers = (ink.astype(np.float32), _measure_darkness(crop), box.astype(np.float32))
    x, y = (crop.x0 + crop.x1) / 2 * scale, (crop.y0 + crop.y1) / 2 * scale
    picture: Picture = np.stack([_place(layer, scale, round(rows / 2 - y), round(columns / 2 - x), rows, columns)
                                 for layer in layers])  # fmt: skip
    return picture


def _measure_darkness(crop: FieldCrop) -> Picture:
    """How far the paper is darkened within the box, its own edges and what a streak darkens left aside."""
    paper = crop.paper.astype(np.float32)
    level = max(1.0, float(np.median(paper[::2, ::2])))
    levels = np.minimum(level, measure_columns(paper))
    edge = round(_EDGE * min(crop.x1 - crop.x0, crop.y1 - crop.y0))
    rows, columns = slice(max(0, crop.y0 + edge), crop.y1 - edge), slice(max(0, crop.x0 + edge), crop.x1 - edge)
    dark = np.zeros(crop.paper.shape, np.float32)
    dark[rows, columns] = np.clip((levels - paper) / (_DEPTH * level), 0, 1)[rows, columns]
    return dark


def _place(layer: Picture, scale: float, top: int, left: int, rows: int, columns: int) -> Picture:
    size = (max(1, round(layer.shape[1] * scale)), max(1, round(layer.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(layer, size, interpolation=way)
    placed = np.zeros((rows, columns), np.float32)
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(rows, top + small.shape[0]), min(columns, left + small.shape[1])
    if y1 > y0 and x1 > x0:
        placed[y0:y1, x0:x1] = small[y0 - top : y1 - top, x0 - left : x1 - left]
    return placed
