"""Takes off ink that no hand made: lone specks of dirt and the straight streaks that a scanner draws down or across a page.

Ink is judged in groups of neighbours, so that the dot of an i or a comma stays with its word. Accepted limit: a lone dot of
a pen goes with the dirt.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop

_NEIGHBOUR = 9
_SPECK = 8.0
_STREAK_BREADTH, _STREAK_LENGTH = 4.0, 24.0
_RULE_BREADTH, _RULE_LENGTH = 7.0, 40.0
_ACROSS = 0.9

Grey = NDArray[np.uint8]


def clean_crop(crop: FieldCrop, is_mark: bool = False) -> FieldCrop:
    """The cut without lone specks and lone lines across the whole of it; in its picture they are white too. `is_mark`: a
    stroke down all of the box may be a hand's; a streak of the scanner's runs down all of the cut.
    """
    rows = slice(0, len(crop.ink)) if is_mark else slice(crop.y0, crop.y1)
    ink = drop_specks(_wipe_columns(crop, rows), crop.unit)
    if not is_mark:
        ink = _drop_lines(ink, crop.unit, _RULE_BREADTH, _RULE_LENGTH, flat=True)
    if int(ink.sum()) == int(crop.ink.sum()):
        return crop
    halo = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    return replace(crop, ink=ink, grey=np.where(halo > 0, crop.grey, 255).astype(np.uint8))


def drop_specks(ink: Grey, unit: float) -> Grey:
    """The ink (H x W, 0 or 1) without groups of which no piece is longer than a speck."""
    if not ink.any():
        return ink
    groups = find_groups(ink, unit)
    inked = ink > 0
    kept = np.zeros(int(groups.max()) + 1, bool)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    group_of = np.zeros(count, np.int32)
    group_of[pieces[inked]] = groups[inked]
    kept[group_of[stats[:, 2:4].max(axis=1) >= _SPECK * unit]] = True
    kept[0] = False
    remaining: Grey = (kept[groups] & inked).astype(np.uint8)
    return remaining


def drop_streaks(ink: Grey, unit: float) -> Grey:
    """The ink without groups that lie along one straight, thin line."""
    return _drop_lines(ink, unit, _STREAK_BREADTH, _STREAK_LENGTH, flat=False)


def _wipe_columns(crop: FieldCrop, rows: slice) -> Grey:
    """The ink without a thin streak that runs straight down all these rows, whatever lies beside it. Letters end sooner."""
    reach, breadth = 2 * round(_NEIGHBOUR * crop.unit) + 1, max(1, round(_STREAK_BREADTH * crop.unit / 2))
    closed = cv2.morphologyEx(crop.ink, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    streaky = (closed[rows].mean(axis=0) >= _ACROSS).astype(np.uint8)[None, :]
    if not streaky.any() or cv2.erode(streaky, np.ones((1, 2 * breadth + 1), np.uint8)).any():
        return crop.ink
    wiped: Grey = crop.ink * (1 - cv2.dilate(streaky, np.ones((1, 3), np.uint8)))
    return wiped


def _drop_lines(ink: Grey, unit: float, breadth: float, length: float, flat: bool) -> Grey:
    """The ink without groups within a strip of `breadth` and at least `length` long (template units), lying if `flat`."""
    if not ink.any():
        return ink
    groups = find_groups(ink, unit)
    remaining = ink.copy()
    for number in range(1, int(groups.max()) + 1):
        own = (groups == number) & (ink > 0)
        rows, columns = np.nonzero(own)
        if not len(rows) or (flat and np.ptp(rows) > np.ptp(columns)):
            continue
        _, sides, _ = cv2.minAreaRect(np.column_stack([columns, rows]).astype(np.float32))
        if min(sides) + 1 <= breadth * unit and max(sides) + 1 >= length * unit:
            remaining[own] = 0
    return remaining


def find_groups(ink: Grey, unit: float) -> NDArray[np.int32]:
    """The number of each pixel's group of ink that lies close together; 0 where no ink is near."""
    reach = 2 * round(_NEIGHBOUR * unit / 2) + 1
    near = cv2.dilate(ink, np.ones((reach, reach), np.uint8))
    groups: NDArray[np.int32] = cv2.connectedComponents(near, connectivity=8)[1]
    return groups
