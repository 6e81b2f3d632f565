"""Tells by ink alone whether a person signed. Never reads, never guesses.

A signature is a hand's ink that belongs to its box: a path of some length that bends. Ink of the lines above and below, dirt,
a straight line, a slip of the pen, a stamp and a printed name are none; a signature that runs out of its box is one, and so is
a name in capitals by a hand. A lone cross is UNSURE: a person looks. Rules look at the ink and a recogniser at its picture;
what they don't agree on is UNSURE too, and where the rules can't tell, the recogniser has to be sure. It may not throw away
what could be writing: parents print their names as neatly as machines do, and an unsigned form goes back without a person.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.crops import FieldCrop
from ocr.faint_ink import find_faint_ink
from ocr.mark_pictures import picture_signature
from ocr.mark_recogniser import weigh_signature
from ocr.marks import UNSURE, Bars, MarkReading, weigh_together
from ocr.print_likeness import measure_print_likeness
from ocr.signature_traits import describe_ink, measure_traits
from ocr.specks import drop_specks, drop_streaks, find_groups
from ocr.types import Mark, PixelBox

_SLIVER_HEIGHT, _SLIVER_SHAPE = 5.0, 4.0
_OWN, _PERHAPS_OWN = 0.5, 0.35  # shares of a group's ink within the box
_SLACK = 0.08
_LEAST_PATH, _SURE_PATH, _PLAIN = 38.0, 95.0, 0.45
_MAIN = 0.12
_FULL, _BLOT, _BLOT_GAP, _SHORT = 0.58, 0.15, 2.0, 12.0
_STRAIGHT, _CROSSING, _CROSSING_BARE, _SMALL = 0.62, 0.64, 0.52, 75.0
_PERHAPS_SET = 0.4
_SOME_LETTERS, _FEW_LETTERS, _ALL, _TALL = 3, 4, 0.99, 15.0
_TAIL, _OUT, _IN = 4.0, 0.15, 0.5
_EDGE = 0.15
_BENT, _SURELY_BENT = 200.0, 300.0  # of a pen's way, what doesn't go along a long flourish
_BARS = Bars(marked=0.75, empty=0.6, alone=0.95)
_SIGNED, _NOT_SIGNED = MarkReading(Mark.MARKED, 0.99), MarkReading(Mark.EMPTY, 0.99)

Ink = NDArray[np.uint8]


def read_signature(crop: FieldCrop) -> MarkReading:
    """Whether a person signed in the box."""
    ink = clean_signature(crop)
    ruled = judge_signature(crop, ink)
    if ruled.mark is Mark.EMPTY and not ink.any():
        return ruled
    shares = weigh_signature(picture_signature(crop, ink), describe_ink(ink, crop.unit))
    answer = weigh_together(ruled, shares, _BARS)
    thrown_away = answer.mark is Mark.EMPTY and ruled.mark is Mark.UNSURE
    return UNSURE if thrown_away and _could_be_writing(_choose_own(ink, crop)[0], crop) else answer


def judge_signature(crop: FieldCrop, ink: Ink) -> MarkReading:
    """Whether a person signed, by the rules alone; `ink` is the cut's, cleaned. Sizes are in template units, 1/200 inch."""
    own, strange = _choose_own(ink, crop)
    judged = _judge(own, crop) if own.any() else _NOT_SIGNED
    if judged.mark is not Mark.EMPTY:
        return judged
    if strange.any() and _judge(strange, crop).mark is not Mark.EMPTY:
        return UNSURE
    little = not own.any() or measure_traits(own, crop.unit).path < _LEAST_PATH
    return UNSURE if little and _would_sign(_find_faint_writing(crop), crop) else _NOT_SIGNED


def clean_signature(crop: FieldCrop) -> Ink:
    """The cut's ink without dirt, straight streaks and rests of the blank's rules."""
    return drop_streaks(drop_specks(_drop_rests_of_rules(crop), crop.unit), crop.unit)


def _find_faint_writing(crop: FieldCrop) -> Ink:
    """Strokes in the box, be they too faint for ink; the box's own edges are left aside."""
    edge = round(_EDGE * (crop.y1 - crop.y0))
    inside = PixelBox(crop.x0 + edge, crop.y0 + edge, crop.x1 - edge, crop.y1 - edge)
    return drop_streaks(drop_specks(find_faint_ink(crop, inside), crop.unit), crop.unit)


def _could_be_writing(ink: Ink, crop: FieldCrop) -> bool:
    return bool(ink.any()) and measure_traits(ink, crop.unit).path >= _SURE_PATH


def _would_sign(ink: Ink, crop: FieldCrop) -> bool:
    return bool(ink.any()) and _judge(ink, crop).mark is not Mark.EMPTY


def _judge(ink: Ink, crop: FieldCrop) -> MarkReading:
    traits = measure_traits(ink, crop.unit)
    likeness = measure_print_likeness(traits) if traits.letters >= _FEW_LETTERS else 0.0
    drawn = _drop_blots(ink, crop.unit)
    bent = (1 - traits.straight) * traits.path
    lined = traits.straight >= _STRAIGHT and bent < _SURELY_BENT
    if lined and bent < _BENT:
        return _NOT_SIGNED
    path = measure_traits(drawn, crop.unit).path if drawn.any() else 0.0
    if path < (_LEAST_PATH if traits.straight < _PLAIN else _SURE_PATH):
        return UNSURE if traits.letters >= _SOME_LETTERS and traits.tall >= _TALL else _NOT_SIGNED
    rows, columns = np.nonzero(_keep_main(drawn, crop.unit))
    small = max(np.ptp(rows), np.ptp(columns)) < _SMALL * crop.unit
    doubtful = (
        lined,
        likeness >= _PERHAPS_SET,
        traits.letters >= _FEW_LETTERS and min(traits.footed, traits.headed) > _ALL,
        path < _SURE_PATH,
        small and traits.crossing >= (_CROSSING if _has_loop(ink) else _CROSSING_BARE),
        _stands_on_edge(rows, crop),
    )
    return UNSURE if any(doubtful) else _SIGNED


def _has_loop(ink: Ink) -> bool:
    return int(cv2.connectedComponents(1 - np.pad(ink, 1), connectivity=4)[0]) > 2


def _stands_on_edge(rows: NDArray[np.int64], crop: FieldCrop) -> bool:
    """Whether all ink lies about the upper or the lower edge of the box, as another line's does."""
    height = crop.y1 - crop.y0
    top, bottom = (np.percentile(rows, (_TAIL, 100 - _TAIL)) - crop.y0) / height
    return bool((top < -_OUT and bottom < _IN) or (bottom > 1 + _OUT and top > 1 - _IN))


def _drop_blots(ink: Ink, unit: float) -> Ink:
    """The ink without pieces that are short or broad for their length, and full: smudges and dirt."""
    reach = 2 * round(_BLOT_GAP * unit / 2) + 1
    whole = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    depth = cv2.distanceTransform(np.pad(whole, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    remaining = ink.copy()
    for number in range(1, count):
        x, y, wide, tall, area = stats[number]
        own = labels[y : y + tall, x : x + wide] == number
        rows, columns = np.nonzero(own)
        sides = cv2.minAreaRect(np.column_stack([columns, rows]).astype(np.float32))[1]
        length, across = max(sides) + 1, min(sides) + 1
        breadth = 2 * float(depth[y : y + tall, x : x + wide][own].max())
        if area >= _FULL * length * across and (breadth >= _BLOT * length or length < _SHORT * unit):
            remaining[y : y + tall, x : x + wide][own] = 0
    return remaining


def _keep_main(ink: Ink, unit: float) -> Ink:
    """The ink without groups that are small beside the largest."""
    groups = find_groups(ink, unit)
    sizes = np.bincount(groups[ink > 0], minlength=int(groups.max()) + 1)
    kept: Ink = ink * (sizes >= _MAIN * sizes.max())[groups]
    return kept


def _drop_rests_of_rules(crop: FieldCrop) -> Ink:
    """The ink without flat slivers: where a photo's curl leaves the blank's rule a pixel off, slivers of it remain."""
    labels, stats = cv2.connectedComponentsWithStats(crop.ink, connectivity=8)[1:3]
    wide, tall = stats[:, 2], stats[:, 3]
    kept = (tall > _SLIVER_HEIGHT * crop.unit) | (wide < _SLIVER_SHAPE * tall)
    kept[0] = False
    remaining: Ink = kept[labels].astype(np.uint8)
    return remaining


def _choose_own(ink: Ink, crop: FieldCrop) -> tuple[Ink, Ink]:
    """The ink of groups that lie in the box mostly, and that of those which may."""
    groups = find_groups(ink, crop.unit)
    slack = round(_SLACK * (crop.y1 - crop.y0))
    inside = np.zeros_like(ink)
    inside[max(0, crop.y0 - slack) : crop.y1 + slack, max(0, crop.x0) : crop.x1] = 1
    whole = np.bincount(groups[ink > 0], minlength=int(groups.max()) + 1)
    within = np.bincount(groups[(ink & inside) > 0], minlength=len(whole))
    share = within / np.maximum(whole, 1)
    own: Ink = ink * (share >= _OWN)[groups]
    perhaps: Ink = ink * ((share >= _PERHAPS_OWN) & (share < _OWN))[groups]
    return own, perhaps
