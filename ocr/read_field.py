"""Reads one field that was cut out already, without a template: remains of printing are told from writing by their looks.

Decides which line of the cut is the field's own: the tallest band of large ink; smaller print before or above it, pieces that
touch the upper or lower edge and long rules are dropped. Accepted limit: print as large as the writing is read with it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import INK_LEVEL, FieldCrop
from ocr.flattening import even_out
from ocr.own_line import find_own_line, show_own_ink
from ocr.pictures import to_grey
from ocr.reading import FieldReading
from ocr.reading_fields import CutField, read_cut_fields
from ocr.types import FieldKind, PixelBox

_SHORTEST = 64
_LINE_ROOM = 0.25

Grey = NDArray[np.uint8]


def read_field(image: NDArray[np.uint8], kind: FieldKind | str) -> FieldReading:
    """Reads a cropped field (H x W or H x W x 3 uint8). `ValueError` for no picture or no such kind."""
    field_kind = FieldKind(kind)
    grey = to_grey(image)
    if field_kind not in (FieldKind.CHECKBOX, FieldKind.SIGNATURE) and grey.shape[0] < _SHORTEST:
        grow = -(-_SHORTEST // grey.shape[0])
        grey = cv2.resize(grey, None, fx=grow, fy=grow, interpolation=cv2.INTER_CUBIC)
    height, width = grey.shape
    evened = even_out(grey, max(15, min(height, width) | 1)) if min(height, width) > 20 else grey
    ink = (evened < INK_LEVEL).astype(np.uint8)
    if field_kind is FieldKind.CHECKBOX:
        ink = _drop_frame(ink)
    top, bottom = 0, height
    shown = np.where(cv2.dilate(ink, np.ones((3, 3), np.uint8)) > 0, evened, 255).astype(np.uint8)
    if field_kind not in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        own = find_own_line(evened, ink, field_kind)
        ink, shown = own, show_own_ink(evened, ink, own)
        top, bottom = _measure_line(own)
    unit = 1.0 if field_kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE) else max(0.3, height / 70)
    crop = FieldCrop(shown, ink, shown, 0, top, width, bottom, unit)
    return read_cut_fields({"field": CutField(field_kind, crop, PixelBox(0, 0, width, height))})["field"]


def _measure_line(own: Grey) -> tuple[int, int]:
    """First and last row of a line with the room that a form's box leaves about it."""
    rows = np.flatnonzero(own.any(axis=1))
    if not len(rows):
        return 0, len(own)
    room = round(_LINE_ROOM * (rows[-1] + 1 - rows[0]))
    return max(0, int(rows[0]) - room), min(len(own), int(rows[-1]) + 1 + room)


def _drop_frame(ink: Grey) -> Grey:
    height, width = ink.shape
    rows = ink.sum(axis=1) > 0.8 * width
    columns = ink.sum(axis=0) > 0.8 * height
    if rows.mean() > 0.6:
        return ink
    kept = ink.copy()
    kept[cv2.dilate(rows.astype(np.uint8)[:, None], np.ones((3, 1), np.uint8))[:, 0] > 0, :] = 0
    kept[:, cv2.dilate(columns.astype(np.uint8)[:, None], np.ones((3, 1), np.uint8))[:, 0] > 0] = 0
    return kept
