"""Brings a rough registration to within a pixel or two: printed patches of the blank are looked for where they should be.

Features fix a page by where they happen to lie, which may be one corner; patches all over the page fix it everywhere. Each
pass lays the page flat, finds every patch's shift by correlation, and fits the plane anew to the shifts that agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.flattening import Homography, even_out, flatten_page, shrink_blank, soften
from ocr.template import Template

SCALE = 0.5
_PATCH = 56
_STEP = 60
_REACHES = (28, 12, 5)
_LEAST_FIT = 0.5
_LEAST_INK = 0.02
_FEWEST_PATCHES = 10
_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class _Patch:
    x: int
    y: int
    picture: NDArray[np.float32]


def refine_homography(page: NDArray[np.uint8], homography: Homography, template: Template) -> Homography:
    """The homography (template units to page pixels) after refinement; unchanged where too few patches are found."""
    patches = _cut_patches(template)
    for reach in _REACHES:
        shifts = _find_shifts(page, homography, template, patches, reach)
        if len(shifts) < _FEWEST_PATCHES:
            return homography
        nominal, found = shifts[:, 0], shifts[:, 1]
        correction, mask = cv2.findHomography(nominal, found, cv2.USAC_MAGSAC, _TOLERANCE / SCALE, maxIters=2000)
        if correction is None or mask.sum() < _FEWEST_PATCHES:
            return homography
        homography = homography @ correction
    return homography


def _cut_patches(template: Template) -> list[_Patch]:
    blank = soften(shrink_blank(template.page, SCALE))
    margin = max(_REACHES)
    height, width = blank.shape
    return [
        _Patch(x, y, picture)
        for y in range(margin, height - _PATCH - margin, _STEP)
        for x in range(margin, width - _PATCH - margin, _STEP)
        if ((picture := blank[y : y + _PATCH, x : x + _PATCH]) < 0.75).mean() >= _LEAST_INK
    ]


def _find_shifts(
    page: NDArray[np.uint8], homography: Homography, template: Template, patches: list[_Patch], reach: int
) -> NDArray[np.float64]:
    """Pairs (where a patch's middle should be, where it is) in template units, N x 2 x 2."""
    flat = soften(even_out(flatten_page(page, homography, template.page.shape, SCALE), 25))
    found = []
    for patch in patches:
        around = flat[patch.y - reach : patch.y + _PATCH + reach, patch.x - reach : patch.x + _PATCH + reach]
        fit = cv2.matchTemplate(around, patch.picture, cv2.TM_CCOEFF_NORMED)
        _, best, _, place = cv2.minMaxLoc(fit)
        if best < _LEAST_FIT:
            continue
        middle = np.array([patch.x + _PATCH / 2, patch.y + _PATCH / 2])
        shift = _find_peak(fit, place[0], place[1]) - reach
        found.append((middle / SCALE, (middle + shift) / SCALE))
    return np.array(found).reshape(-1, 2, 2)


def _find_peak(fit: NDArray[np.float32], x: int, y: int) -> NDArray[np.float64]:
    """The peak to a fraction of a pixel, by a parabola through its neighbours."""

    def offset(before: float, at: float, after: float) -> float:
        bend = before - 2 * at + after
        return 0.5 * (before - after) / bend if bend < 0 else 0.0

    height, width = fit.shape
    dx = offset(*(float(fit[y, x + step]) for step in (-1, 0, 1))) if 0 < x < width - 1 else 0.0
    dy = offset(*(float(fit[y + step, x]) for step in (-1, 0, 1))) if 0 < y < height - 1 else 0.0
    return np.array([x + dx, y + dy])
