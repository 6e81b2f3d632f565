"""Tells by ink alone whether a box is ticked and whether somebody signed. Never reads, never guesses.

A tick is ink of some extent in or across its box: tick, cross, filled, circled. A signature is a hand's ink: long, curved,
of some height. A stray line, specks and the bleed of a neighbouring line are neither; what lies between is UNSURE.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr.crops import FieldCrop
from ocr.types import Mark

EMPTY_TICK, SURE_TICK = 0.018, 0.055
_TICK_EXTENT = 0.38
_SIGNATURE_WIDTH, _SIGNATURE_HEIGHT = 50.0, 11.0
_FAINT_SIGNATURE_WIDTH, _FAINT_SIGNATURE_HEIGHT = 16.0, 5.0
_STRAIGHT_LINE = 0.09


@dataclass(frozen=True, slots=True)
class MarkReading:
    """What a box shows, and how sure that is (0 to 1)."""

    mark: Mark
    confidence: float


def read_tick(crop: FieldCrop) -> MarkReading:
    """Whether a tick box is marked."""
    area = max(1, (crop.x1 - crop.x0) * (crop.y1 - crop.y0))
    share = float(crop.ink.sum()) / area
    found = crop.ink_box
    if found is None or share < EMPTY_TICK:
        return MarkReading(Mark.EMPTY, _squash(share / EMPTY_TICK, 0.995, 0.85))
    side = min(crop.x1 - crop.x0, crop.y1 - crop.y0)
    extent = max(found.x1 - found.x0, found.y1 - found.y0) / max(side, 1)
    if share >= SURE_TICK and extent >= _TICK_EXTENT:
        return MarkReading(Mark.MARKED, _squash(SURE_TICK / share, 0.995, 0.85))
    return MarkReading(Mark.UNSURE, 0.5)


def read_signature(crop: FieldCrop) -> MarkReading:
    """Whether a person signed in the box. Sizes are judged in template units, 1/200 inch."""
    found = crop.ink_box
    if found is None:
        return MarkReading(Mark.EMPTY, 0.995)
    width, height = (found.x1 - found.x0) / crop.unit, (found.y1 - found.y0) / crop.unit
    if width < _FAINT_SIGNATURE_WIDTH or height < _FAINT_SIGNATURE_HEIGHT:
        return MarkReading(Mark.EMPTY, 0.9)
    if _is_straight_line(crop) or width < _SIGNATURE_WIDTH or height < _SIGNATURE_HEIGHT:
        return MarkReading(Mark.UNSURE, 0.5)
    return MarkReading(Mark.MARKED, float(np.clip(0.9 + width * height / 60_000, 0.9, 0.995)))


def _is_straight_line(crop: FieldCrop) -> bool:
    """Whether all ink lies along one line: a ruler's or a scanner's, no hand's."""
    rows, columns = np.nonzero(crop.ink)
    points = np.column_stack([columns, rows]).astype(np.float32)
    (_, _), (width, height), _ = cv2.minAreaRect(points)
    long, short = max(width, height), min(width, height)
    return bool(long > 0 and short / long < _STRAIGHT_LINE)


def _squash(share: float, sure: float, least: float) -> float:
    return float(sure - (sure - least) * np.clip(share, 0.0, 1.0))
