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
from ocr.read_page import to_grey
from ocr.reading import FieldReading
from ocr.reading_fields import CutField, read_cut_fields
from ocr.types import FieldKind, PixelBox

Grey = NDArray[np.uint8]


def read_field(image: NDArray[np.uint8], kind: FieldKind | str) -> FieldReading:
    """Reads a cropped field (H x W or H x W x 3 uint8). `ValueError` for no picture or no such kind."""
    field_kind = FieldKind(kind)
    grey = to_grey(image)
    height, width = grey.shape
    evened = even_out(grey, max(15, min(height, width) | 1)) if min(height, width) > 20 else grey
    ink = (evened < INK_LEVEL).astype(np.uint8)
    if field_kind is FieldKind.CHECKBOX:
        ink = _drop_frame(ink)
    elif field_kind is not FieldKind.SIGNATURE:
        ink = _keep_writing(ink)
    shown = np.where(cv2.dilate(ink, np.ones((3, 3), np.uint8)) > 0, evened, 255).astype(np.uint8)
    unit = 1.0 if field_kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE) else max(0.3, height / 70)
    crop = FieldCrop(shown, ink, 0, 0, width, height, unit)
    return read_cut_fields({"field": CutField(field_kind, crop, PixelBox(0, 0, width, height))})["field"]


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


def _keep_writing(ink: Grey) -> Grey:
    height, width = ink.shape
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(ink, connectivity=8)
    kept = np.zeros(count, np.uint8)
    for number in range(1, count):
        top, wide, tall, area = stats[number][1:]
        cut_off = (top == 0 or top + tall == height) and tall < 0.45 * height
        rule = (wide > 0.6 * width and tall < 0.12 * height) or (tall > 0.75 * height and wide < 0.03 * width)
        if area >= 4 and not cut_off and not rule:
            kept[number] = 1
    tall_ones = [stats[n][3] for n in range(1, count) if kept[n] and stats[n][3] >= 0.12 * height]
    if not tall_ones:
        return np.zeros_like(ink)
    reference = float(np.percentile(tall_ones, 75))
    line = float(np.median([centroids[n][1] for n in range(1, count) if kept[n] and stats[n][3] >= 0.7 * reference]))
    for number in range(1, count):
        if kept[number] and abs(centroids[number][1] - line) > 0.95 * reference:
            kept[number] = 0
    writing: Grey = kept[labels]
    return writing
