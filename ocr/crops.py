"""Cuts a field out of the page in the scan's own resolution and leaves nothing but the ink that was written.

The blank's own printing (labels, rules, comb lines, box edges) is laid over the cut and taken away, with tolerance; strokes
that cross a rule are mended. What belongs to neighbouring lines is dropped, ink that runs out of its box is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.flattening import Homography, even_out, find_peak
from ocr.template import Template, TemplateBox
from ocr.types import PixelBox

INK_LEVEL = 190
_LEAST_CONTRAST, _DARKEST_LEVEL, _LIGHTEST_LEVEL = 45.0, 130.0, 205.0
PRINT_LEVEL = 215
_SIDE_MARGIN = 14
_LINE_MARGIN = 0.45
_LARGEST_LINE_MARGIN = 26
_WIDE_MARGIN, _LARGEST_WIDE_MARGIN = 1.0, 45  # of marks, whose ink may run out of the box, and a neighbour's into it
_WINDOW, _MARK_WINDOW = 40, 90  # wider than the broadest ink: strokes; a box scribbled over
_SHIFT = 7
_UNIT_STEP = 0.05
_LEAST_SHIFT_FIT = 0.45
_SMALLEST_SPECK = 9
_BOX_EDGE = 0.2
_BARE = 0.002
_SHADES = np.arange(256, dtype=np.float64)
_SPARSE = 2  # every second pixel tells the grey of the paper as well as all

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FieldCrop:
    """A field's cut: `grey` with printing and strange ink made white, `ink` where something was written (uint8 0 or 1).

    `x0, y0, x1, y1` is the field's box within the cut; `unit` cut pixels make a template unit (1/200 inch); `darkness` is the
    share of the box that is dark as it was scanned; `paper` is the cut evened out with nothing removed, or `grey` again where
    the blank prints inside the box.
    """

    grey: Grey
    ink: Grey
    paper: Grey
    x0: int
    y0: int
    x1: int
    y1: int
    unit: float
    darkness: float = 0.0

    @property
    def ink_box(self) -> PixelBox | None:
        """The tight box around all ink, None where there is none."""
        rows, columns = np.flatnonzero(self.ink.any(axis=1)), np.flatnonzero(self.ink.any(axis=0))
        if not len(rows):
            return None
        return PixelBox(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def cut_field(
    page: Grey, homography: Homography, template: Template, box: TemplateBox, keep_outside: bool
) -> FieldCrop:
    """Cuts one field. `keep_outside`: ink beyond the box stays in the cut, for signatures and ticks to be judged by."""
    unit = _measure_unit(homography, box)
    blank = _cut_blank(template, box, unit, keep_outside)
    cut = _cut_page(page, homography, blank)
    evened = even_out(cut, max(15, round((_MARK_WINDOW if keep_outside else _WINDOW) * unit)) | 1)
    evened = _align(evened, blank, unit)
    ink = (evened < _find_ink_level(evened)).astype(np.uint8)
    written = _mend_strokes(ink, blank.printed, unit)
    inner = list(blank.inner)
    written = _drop_strange_ink(written, inner, unit, keep_outside)
    halo = cv2.dilate(written, np.ones((3, 3), np.uint8))
    grey = np.where(halo > 0, evened, 255).astype(np.uint8)
    paper = grey if blank.prints_inside else evened
    return FieldCrop(grey, written, paper, inner[0], inner[1], inner[2], inner[3], unit, _measure_darkness(cut, inner))


@dataclass(frozen=True, slots=True)
class _BlankCut:
    """What the blank prints at a field. `to_cut` takes template units to the cut's pixels; `size` is its width and height,
    `inner` the box within it; `printed` is 1 where it prints, a little widened; `sought` is what its print looks like in
    small, None where it prints nothing that a cut can be moved by.
    """

    to_cut: NDArray[np.float64]
    size: tuple[int, int]
    inner: tuple[int, int, int, int]
    printed: Grey
    prints_inside: bool
    sought: Grey | None


@lru_cache(maxsize=1024)
def _cut_blank(template: Template, box: TemplateBox, unit: float, keep_outside: bool) -> _BlankCut:
    margin_x, margin_y = _measure_margins(box, keep_outside)
    outer = TemplateBox(box.x0 - margin_x, box.y0 - margin_y, box.x1 + margin_x, box.y1 + margin_y)
    to_cut = np.array([[unit, 0, -outer.x0 * unit], [0, unit, -outer.y0 * unit], [0, 0, 1.0]])
    size = (max(8, round((outer.x1 - outer.x0) * unit)), max(8, round((outer.y1 - outer.y0) * unit)))
    blank = cv2.warpPerspective(template.page, to_cut, size, flags=cv2.INTER_CUBIC, borderValue=255)
    x0, y0, x1, y1 = (round((edge - start) * unit) for edge, start in zip(box, (outer.x0, outer.y0) * 2, strict=True))
    reach = _find_reach(unit)
    inside = blank[reach:-reach, reach:-reach]
    bare = min(inside.shape) < 8 or inside.min() > PRINT_LEVEL
    sought = None if bare else _shrink(cv2.GaussianBlur(inside, (0, 0), unit))
    inner = (x0, y0, x1, y1)
    return _BlankCut(to_cut, size, inner, _find_printing(blank, unit), _prints_inside(blank, list(inner)), sought)


def _measure_margins(box: TemplateBox, keep_outside: bool) -> tuple[float, float]:
    height = box.y1 - box.y0
    if keep_outside:
        return (min(_WIDE_MARGIN * height, _LARGEST_WIDE_MARGIN),) * 2
    return _SIDE_MARGIN, min(_LINE_MARGIN * height, _LARGEST_LINE_MARGIN)


def _cut_page(page: Grey, homography: Homography, blank: _BlankCut) -> Grey:
    cut: Grey = cv2.warpPerspective(
        page,
        blank.to_cut @ np.linalg.inv(homography),
        blank.size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cut


def _prints_inside(blank: Grey, inner: list[int]) -> bool:
    """Whether the blank prints anything (a label, comb lines) within the box, its own edges and rule left aside."""
    edge = round(_BOX_EDGE * (inner[3] - inner[1]))
    inside = blank[max(0, inner[1]) + edge : inner[3] - edge, max(0, inner[0]) + edge : inner[2] - edge]
    return bool((inside < PRINT_LEVEL).mean() > _BARE) if inside.size else False


def _measure_darkness(cut: Grey, inner: list[int]) -> float:
    box = cut[max(inner[1], 0) : inner[3], max(inner[0], 0) : inner[2]]
    paper = float(np.percentile(cut[::_SPARSE, ::_SPARSE], 95))
    return float((box < 0.6 * paper).mean()) if box.size else 0.0


def _measure_unit(homography: Homography, box: TemplateBox) -> float:
    centre = np.array([[[(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]]])
    steps = cv2.perspectiveTransform(centre + np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]]), homography)
    lengths = np.linalg.norm(steps[1:, 0] - steps[0, 0], axis=1)
    return round(float(np.clip(lengths.max(), 0.5, 2.0)) / _UNIT_STEP) * _UNIT_STEP


def _find_reach(unit: float) -> int:
    """By how many pixels of a cut the print may miss the blank's; an even number."""
    return max(2, 2 * round(_SHIFT * unit / 2))


def _shrink(picture: Grey) -> Grey:
    smaller: Grey = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return smaller


def _align(cut: Grey, blank: _BlankCut, unit: float) -> Grey:
    """Moves the cut by the few pixels by which its printed lines miss the blank's: curl and lens leave such a rest. Looked for
    at half the size, placed to the pixel.
    """
    if blank.sought is None:
        return cut
    reach = _find_reach(unit) // 2
    fit = cv2.matchTemplate(_shrink(cv2.GaussianBlur(cut, (0, 0), unit)), blank.sought, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fit)
    if best < _LEAST_SHIFT_FIT or best < fit[reach, reach] + 0.02:
        return cut
    across, down = find_peak(fit, x, y) if 0 < x < fit.shape[1] - 1 and 0 < y < fit.shape[0] - 1 else (x, y)
    move = np.array([[1.0, 0, round(2 * (reach - across))], [0, 1.0, round(2 * (reach - down))]])
    moved: Grey = cv2.warpAffine(cut, move, cut.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return moved


def _find_ink_level(evened: Grey) -> int:
    """What is darker is ink: as far below the paper's grey as its grain doesn't reach, so that faint pencil counts."""
    shades = np.bincount(evened[::_SPARSE, ::_SPARSE].ravel(), minlength=_SHADES.size)
    paper = _find_median(_SHADES, shades)
    around = np.where(0.8 * paper < _SHADES, shades, 0)
    distance = np.abs(_SHADES - paper)
    order = np.argsort(distance, kind="stable")
    grain = 1.48 * _find_median(distance[order], around[order])
    return int(np.clip(paper - max(_LEAST_CONTRAST, 6 * grain), _DARKEST_LEVEL, _LIGHTEST_LEVEL))


def _find_median(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """The median of values, in order, that occur so many times each."""
    reached = np.cumsum(counts)
    total = int(reached[-1])
    middle = np.searchsorted(reached, [(total + 1) // 2, total // 2 + 1])
    return float(values[middle].mean()) if total else 0.0


def _find_printing(blank: Grey, unit: float) -> Grey:
    reach = 2 * max(1, round(1.3 * unit)) + 1
    printed: Grey = cv2.dilate((blank < PRINT_LEVEL).astype(np.uint8), np.ones((reach, reach), np.uint8))
    return printed


def _mend_strokes(ink: Grey, printed: Grey, unit: float) -> Grey:
    """Takes printing away; where a stroke ends on both sides of a rule, the ink between is given back."""
    outside = ink & (1 - printed)
    thick = round(7 * unit) | 1
    falling = np.eye(thick, dtype=np.uint8)
    kernels = (np.ones((thick, 1), np.uint8), np.ones((1, thick), np.uint8), falling, falling[::-1].copy())
    closed = np.zeros_like(ink)
    for kernel in kernels:
        closed |= cv2.morphologyEx(outside, cv2.MORPH_CLOSE, kernel)
    mended: Grey = outside | (closed & printed & ink)
    return mended


def _drop_strange_ink(written: Grey, inner: list[int], unit: float, keep_outside: bool) -> Grey:
    _, labels, stats, centroids = cv2.connectedComponentsWithStats(written, connectivity=8)
    top, width, height, area = stats[:, 1:].T
    kept = (area >= max(3.0, _SMALLEST_SPECK * unit * unit)) | (np.maximum(width, height) >= 5 * unit)
    if not keep_outside:
        x0, y0, x1, y1 = inner
        slack = 0.06 * (y1 - y0)
        across, down = centroids.T
        overlap = np.clip(np.minimum(top + height, y1) - np.maximum(top, y0), 0, None) / np.maximum(height, 1)
        kept &= (y0 - slack <= down) & (down <= y1 + slack) & (x0 - slack <= across) & (across <= x1 + slack)
        kept &= overlap > 0.4
    kept[0] = False
    remaining: Grey = kept.astype(np.uint8)[labels]
    return remaining
