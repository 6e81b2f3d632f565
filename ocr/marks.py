"""Tells by ink alone whether a box is ticked and whether somebody signed. Never reads, never guesses.

A tick is ink of some extent in or across its box: tick, cross, filled, circled. A signature is a hand's ink: long, curved,
of some height. A stray line, specks and the bleed of a neighbouring line are neither; what lies between is UNSURE.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.specks import drop_specks, drop_streaks
from ocr.types import Mark

EMPTY_TICK, SURE_TICK = 0.018, 0.055
_TICK_EXTENT = 0.38
_SIGNATURE_WIDTH, _SIGNATURE_HEIGHT = 50.0, 11.0
_FAINT_SIGNATURE_WIDTH, _FAINT_SIGNATURE_HEIGHT = 16.0, 5.0
_LINE_BREADTH, _SINGLE_STROKE = 9.0, 1.2
_SLIVER_HEIGHT, _SLIVER_SHAPE = 5.0, 4.0


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
    ink = drop_streaks(drop_specks(_drop_rests_of_rules(crop), crop.unit), crop.unit)
    rows, columns = np.nonzero(ink)
    if not len(rows):
        return MarkReading(Mark.EMPTY, 0.995)
    width, height = (np.ptp(columns) + 1) / crop.unit, (np.ptp(rows) + 1) / crop.unit
    if width < _FAINT_SIGNATURE_WIDTH or height < _FAINT_SIGNATURE_HEIGHT:
        return MarkReading(Mark.EMPTY, 0.9)
    if width < _SIGNATURE_WIDTH or height < _SIGNATURE_HEIGHT or _is_stray_line(ink, crop.unit):
        return MarkReading(Mark.UNSURE, 0.5)
    return MarkReading(Mark.MARKED, float(np.clip(0.9 + width * height / 60_000, 0.9, 0.995)))


def _drop_rests_of_rules(crop: FieldCrop) -> NDArray[np.uint8]:
    """The ink without flat slivers: where a photo's curl leaves the blank's rule a pixel off, slivers of it remain."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(crop.ink, connectivity=8)
    kept = np.ones(count, np.uint8)
    kept[0] = 0
    for number in range(1, count):
        wide, tall = stats[number][2], stats[number][3]
        kept[number] = tall > _SLIVER_HEIGHT * crop.unit or wide < _SLIVER_SHAPE * tall
    remaining: NDArray[np.uint8] = kept[labels]
    return remaining


def _is_stray_line(ink: NDArray[np.uint8], unit: float) -> bool:
    """Whether all ink is one stroke along one line, a ruler's or a slip of the pen: a hand goes up and down, and crosses."""
    rows, columns = np.nonzero(ink)
    points = np.column_stack([columns, rows]).astype(np.float32)
    _, (one, other), _ = cv2.minAreaRect(points)
    if min(one, other) < _LINE_BREADTH * unit:
        return True
    starts = (np.diff(ink.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0)
    strokes_a_column = float(starts[starts > 0].mean())
    return min(one, other) < 2 * _LINE_BREADTH * unit and strokes_a_column < _SINGLE_STROKE


def _squash(share: float, sure: float, least: float) -> float:
    return float(sure - (sure - least) * np.clip(share, 0.0, 1.0))
