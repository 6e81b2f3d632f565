"""Tells by ink alone whether a box is ticked. Never reads, never guesses.

A tick is ink of some extent that belongs to its box: tick, cross, filled, circled. Ink that belongs to a neighbour's mark but
runs through the box, a mark that was struck or scribbled out, and strokes too faint to be sure of are UNSURE: a person looks.
Rules look at the ink, and a recogniser looks at its picture: what they don't agree on is UNSURE, and where the rules can't
tell, the recogniser has to be very sure. Accepted limit: a mark blackened within the bounds of its box is taken as filled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.faint_ink import find_faint_ink
from ocr.mark_pictures import picture_tick
from ocr.mark_recogniser import MarkShares, weigh_tick
from ocr.types import Mark, PixelBox

_EDGE = 0.06  # of a box's side: within it the box's own printing leaves rests
_LEAST_INK, _SURE_INK = 0.012, 0.035  # shares of the box
_DOT, _SURE_EXTENT = 0.3, 0.36  # of a box's side
_RIM = 0.36  # of a box's side: what of another box's mark reaches no farther in only touches it
_NEAR = 0.75  # sides between a mark's middle and its box's
_ONE_STROKE, _BROADEST_STROKE = 2.0, 0.35  # breadths of a pen, sides of a box
_FLATTEST, _SLOPES, _STRIKE_REACH, _STRIKE_EDGE, _STRIKE_COVER = 0.35, 9, 0.75, 0.1, 0.85
_SCRIBBLE, _SCRIBBLE_STROKES, _BLACKENED = 0.25, 3.0, 0.6
_BESIDE, _BESIDE_COVER = (0.12, 0.35), 0.12
_LARGEST_DOT, _FULL, _TORN = 0.45, 0.6, 0.15
_SECTORS, _RING, _WIDEST_RING = 24, 0.8, 1.25
_FAINT_EXTENT, _FAINT_EDGE = 0.45, 0.12

Ink = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class MarkReading:
    """What a box shows, and how sure that is (0 to 1)."""

    mark: Mark
    confidence: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The shares that a recogniser has to give an answer: `marked` and `empty` where the rules say the same, `alone` where they
    can't tell. Where they say another, no share is enough.
    """

    marked: float
    empty: float
    alone: float


_TICKS = Bars(marked=0.6, empty=0.8, alone=0.97)
SURELY_MARKED, SURELY_EMPTY = MarkReading(Mark.MARKED, 0.995), MarkReading(Mark.EMPTY, 0.995)
UNSURE = MarkReading(Mark.UNSURE, 0.5)


def read_tick(crop: FieldCrop) -> MarkReading:
    """Whether a tick box is marked."""
    ruled = judge_tick(crop)
    if ruled.mark is Mark.EMPTY and not crop.ink.any():
        return ruled
    shares = weigh_tick(picture_tick(crop))
    if ruled.mark is Mark.EMPTY:  # the rules see what was taken back: what is left for a person is another box's mark
        shares = MarkShares(shares.marked, shares.empty + shares.person, 0.0)
    return weigh_together(ruled, shares, _TICKS)


def weigh_together(ruled: MarkReading, shares: MarkShares, bars: Bars) -> MarkReading:
    """The answer that rules and recogniser give together."""
    for mark, share, bar in ((Mark.MARKED, shares.marked, bars.marked), (Mark.EMPTY, shares.empty, bars.empty)):
        if ruled.mark is mark and share >= bar:
            return MarkReading(mark, 1 - (1 - ruled.confidence) * 2 * (1 - share))
        if ruled.mark is Mark.UNSURE and share >= bars.alone:
            return MarkReading(mark, share)
    return UNSURE


def judge_tick(crop: FieldCrop) -> MarkReading:
    """Whether a tick box is marked, by the rules alone."""
    box = _find_inside(crop, _EDGE)
    side = min(crop.x1 - crop.x0, crop.y1 - crop.y0)
    own = _choose_own(crop, side)
    inside = _measure_share(own, box)
    if _is_struck_out(crop, side) or _is_scribbled_out(crop, own, side):
        return UNSURE
    if _is_circled(crop, side):
        return SURELY_MARKED
    extent = _measure_extent(own) / side
    if inside >= _SURE_INK and extent >= _SURE_EXTENT:
        return UNSURE if _is_dot(own, side) or _is_torn(crop, own, box) else SURELY_MARKED
    others = crop.ink & (1 - own)
    strange = _measure_share(others, _find_inside(crop, _RIM))
    if inside >= _LEAST_INK and extent >= _DOT:
        return UNSURE
    if strange >= _LEAST_INK or _has_faint_stroke(crop, others, side):
        return UNSURE
    return SURELY_EMPTY


def _find_inside(crop: FieldCrop, edge_share: float) -> PixelBox:
    edge = math.ceil(edge_share * min(crop.x1 - crop.x0, crop.y1 - crop.y0))
    return PixelBox(crop.x0 + edge, crop.y0 + edge, crop.x1 - edge, crop.y1 - edge)


def _measure_share(ink: Ink, box: PixelBox) -> float:
    inside = ink[max(0, box.y0) : box.y1, max(0, box.x0) : box.x1]
    return float(inside.mean()) if inside.size else 0.0


def _measure_extent(ink: Ink) -> float:
    rows, columns = np.nonzero(ink)
    return float(max(np.ptp(rows), np.ptp(columns)) + 1) if len(rows) else 0.0


def _choose_own(crop: FieldCrop, side: int) -> Ink:
    """The pieces of ink whose middle lies near the box's, or which lie in it mostly, and don't just pass through."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(crop.ink, connectivity=8)
    inside = np.bincount(labels[max(0, crop.y0) : crop.y1, max(0, crop.x0) : crop.x1].ravel(), minlength=count)
    middle = stats[:, :2] + stats[:, 2:4] / 2
    away = np.abs(middle - ((crop.x0 + crop.x1) / 2, (crop.y0 + crop.y1) / 2)).max(axis=1) / side
    own = ((away < _NEAR) & (inside > 0)) | (inside > 0.5 * stats[:, 4])
    own[0] = False
    for number in np.flatnonzero(own):
        own[number] = not _passes_through(labels == number, crop, side)
    chosen: Ink = own[labels].astype(np.uint8)
    return chosen


def _is_dot(own: Ink, side: int) -> bool:
    """Whether the ink is one full spot, somewhat larger than a dot of the pen."""
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    spot = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return bool(max(spot.shape) < _LARGEST_DOT * side and spot.mean() >= _FULL)


def _is_torn(crop: FieldCrop, own: Ink, box: PixelBox) -> bool:
    """Whether far more stands out of the paper than was taken as ink: grain or a blackened box has eaten it."""
    halo = np.ones((2 * round(1.5 * crop.unit) + 1,) * 2, np.uint8)
    there = cv2.erode(find_faint_ink(crop, box), halo)
    lost = _measure_share(there & (1 - own), box)
    return lost > _TORN and lost > _measure_share(there & own, box)


def _passes_through(piece: NDArray[np.bool_], crop: FieldCrop, side: int) -> bool:
    """Whether a piece runs out of the cut and its part in the box is one straight stroke: the tail of another box's mark."""
    inside = piece[max(0, crop.y0) : crop.y1, max(0, crop.x0) : crop.x1].astype(np.uint8)
    if not (piece[0].any() or piece[-1].any()) or not inside.any():
        return False
    rows, columns = np.nonzero(inside)
    across = min(cv2.minAreaRect(np.column_stack([columns, rows]).astype(np.float32))[1]) + 1
    breadth = 2 * float(cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5).max())
    return bool(across < _ONE_STROKE * breadth and breadth < _BROADEST_STROKE * side)


def _is_circled(crop: FieldCrop, side: int) -> bool:
    """Whether ink goes around the box, nearly on all sides."""
    rows, columns = np.nonzero(crop.ink)
    down, across = rows - (crop.y0 + crop.y1) / 2, columns - (crop.x0 + crop.x1) / 2
    beyond = np.maximum(np.abs(down), np.abs(across)) > side / 2
    around = beyond & (np.hypot(down, across) < _WIDEST_RING * side)
    angles = np.arctan2(down[around], across[around])
    sectors = np.unique(np.floor((angles / np.pi + 1) * _SECTORS / 2))
    return len(sectors) >= _RING * _SECTORS


def _is_struck_out(crop: FieldCrop, side: int) -> bool:
    """Whether a stroke runs level, or nearly, right through the box and beyond it on both sides."""
    middle, reach = (crop.x0 + crop.x1) // 2, round(_STRIKE_REACH * side)
    left, right = middle - reach, middle + reach
    if left < 0 or right > crop.ink.shape[1]:
        return False
    thick, edge = 2 * max(1, round(2.5 * crop.unit)) + 1, round(_STRIKE_EDGE * side)
    ink = cv2.dilate(crop.ink, np.ones((thick, 1), np.uint8))
    for slope in np.linspace(-_FLATTEST, _FLATTEST, _SLOPES):
        level = np.array([[1, 0, 0], [slope, 1, -slope * middle]], np.float32)
        sheared = cv2.warpAffine(ink, level, ink.shape[::-1], flags=cv2.INTER_NEAREST)
        cover = sheared[crop.y0 + edge : crop.y1 - edge, left:right].mean(axis=1)
        if cover.size and cover.max() >= _STRIKE_COVER:
            return True
    return False


def _is_scribbled_out(crop: FieldCrop, own: Ink, side: int) -> bool:
    """Whether the box is full of ink that goes well beyond it on both sides."""
    near, far = (round(share * side) for share in _BESIDE)
    rows = slice(max(0, crop.y0), crop.y1)
    beside = (own[rows, max(0, crop.x0 - far) : max(0, crop.x0 - near)], own[rows, crop.x1 + near : crop.x1 + far])
    third = (crop.x1 - crop.x0) // 3
    middle = own[rows, crop.x0 + third : crop.x1 - third]
    strokes = float((np.diff(middle.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0).mean())
    full = middle.mean() >= _BLACKENED or (strokes >= _SCRIBBLE_STROKES and middle.mean() >= _SCRIBBLE)
    return bool(full) and all(part.size and part.mean() >= _BESIDE_COVER for part in beside)


def _has_faint_stroke(crop: FieldCrop, others: Ink, side: int) -> bool:
    """Whether something long is faint in the box, the soft edges of other boxes' marks left aside."""
    halo = np.ones((2 * round(2.5 * crop.unit) + 1,) * 2, np.uint8)
    faint = find_faint_ink(crop, _find_inside(crop, _FAINT_EDGE)) & (1 - cv2.dilate(others, halo))
    stats = cv2.connectedComponentsWithStats(faint, connectivity=8)[2]
    return float(stats[1:, 2:4].max(initial=0)) >= _FAINT_EXTENT * side
