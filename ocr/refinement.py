"""Brings a rough registration to within a pixel: printed patches of the blank are looked for where they should be.

Features fix a page by where they happen to lie, which may be one corner; patches all over the page fix it everywhere, and show
whether its paper lies flat. First coarse patches over a wide reach, then fine ones over a small. It never takes a patch for
found that fits only along a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.bending import Bend, Points, fit_bend
from ocr.flattening import even_out, find_peak, shrink_blank, soften
from ocr.page_map import PageMap
from ocr.template import Template

_LEAST_FIT = 0.5
_FEWEST_PATCHES = 12
_FEWEST_FOR_BEND = 30
_LARGEST_BEND = 80.0
_LEAST_TEXTURE = 0.35
_MOST_PATCHES = 260
_TOLERANCE = 3.0
_ROUGH_SPREAD, _FINE_SPREAD = 5.0, 1.2
_PAGE_UNIT = 0.55
_PAPER_REACH = 25


@dataclass(frozen=True, slots=True)
class _Step:
    """One search: at `scale` of template units, patches of `size` pixels, each looked for within `reach` pixels."""

    scale: float
    size: int
    reach: int


STEPS = (_Step(0.25, 28, 5), _Step(0.5, 40, 4))


@dataclass(frozen=True, slots=True)
class Refined:
    """The map after refinement, and the share of the blank's patches that were found again, 0 to 1: of all, and of those that
    lie in the picture.
    """

    page_map: PageMap
    found_share: float
    found_inside: float


@dataclass(frozen=True, slots=True)
class _Patch:
    x: int
    y: int
    picture: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ShrunkPage:
    """A page at about half a pixel a template unit with its paper made white, and the reduction that made it."""

    picture: NDArray[np.uint8]
    scale: float


def shrink_page(page: NDArray[np.uint8], unit: float) -> ShrunkPage:
    """The page (H x W uint8) for refinement; `unit` page pixels make a template unit."""
    scale = min(1.0, _PAGE_UNIT / unit)
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 0.95 else page
    return ShrunkPage(even_out(np.ascontiguousarray(small), _PAPER_REACH), scale if scale < 0.95 else 1.0)


def refine_map(page: ShrunkPage, page_map: PageMap, template: Template, points: Points, seen: Points) -> Refined:
    """The map after refinement. `points` of the blank (N x 2, template units) were seen at `seen` (N x 2, page pixels) by
    features: enough of them give the first bend.
    """
    small_map = page_map.shrink(page.scale)
    if len(points) >= _FEWEST_FOR_BEND:
        on_plane = cv2.perspectiveTransform(seen[:, None], np.linalg.inv(page_map.homography)).reshape(-1, 2)
        small_map = PageMap(small_map.homography, _fit(points, on_plane - points, template, _ROUGH_SPREAD))
    share, share_inside = 0.0, 0.0
    for step in STEPS:
        nominal, found, inside = _find_patches(page, small_map, template, step)
        share = len(nominal) / max(len(cut_patches(template, step)), 1)
        share_inside = len(nominal) / max(inside, 1)
        if len(nominal) < _FEWEST_PATCHES:
            break
        small_map = _fit_map(small_map, nominal, found, template)
    return Refined(small_map.shrink(1 / page.scale), share, share_inside)


def _fit(points: Points, shifts: Points, template: Template, spread: float) -> Bend | None:
    near = np.linalg.norm(shifts, axis=1) < _LARGEST_BEND
    if near.sum() < _FEWEST_FOR_BEND:
        return None
    height, width = template.page.shape
    return fit_bend(points[near], shifts[near], width, height, spread).bend


def _fit_map(small_map: PageMap, nominal: Points, found: Points, template: Template) -> PageMap:
    """A new map through points of the blank that were found at `found`, in template units of the old map: the best plane
    first, then what it leaves.
    """
    on_plane = found if small_map.bend is None else found + small_map.bend.shift(found)
    correction, inside = cv2.findHomography(nominal, on_plane, cv2.USAC_MAGSAC, _TOLERANCE, maxIters=2000)
    if correction is None or inside.sum() < _FEWEST_PATCHES:
        return small_map
    rest = cv2.perspectiveTransform(on_plane[:, None], np.linalg.inv(correction)).reshape(-1, 2) - nominal
    return PageMap(small_map.homography @ correction, _fit(nominal, rest, template, _FINE_SPREAD))


def _find_patches(page: ShrunkPage, small_map: PageMap, template: Template, step: _Step) -> tuple[Points, Points, int]:
    """Where patches of the blank should be and where they are (both N x 2, template units of the map), of how many that lie
    in the picture.
    """
    flat = soften(small_map.flatten(page.picture, template.page.shape, step.scale))
    height, width = page.picture.shape
    patches = cut_patches(template, step)
    middles = np.array([[p.x + step.size / 2 - 0.5, p.y + step.size / 2 - 0.5] for p in patches]).reshape(-1, 2)
    units = (middles + 0.5) / step.scale - 0.5
    on_page = small_map.locate(units)
    inside = np.all((on_page > 4) & (on_page < np.array([width, height]) - 4), axis=1)
    nominal, found = [], []
    for patch, unit, is_inside in zip(patches, units, inside, strict=True):
        if not is_inside:
            continue
        shift = _find_shift(flat, patch, step)
        if shift is not None:
            nominal.append(unit)
            found.append(unit + shift / step.scale)
    return np.array(nominal).reshape(-1, 2), np.array(found).reshape(-1, 2), int(inside.sum())


def _find_shift(flat: NDArray[np.float32], patch: _Patch, step: _Step) -> NDArray[np.float64] | None:
    around = flat[patch.y - step.reach : patch.y + step.size + step.reach,
                  patch.x - step.reach : patch.x + step.size + step.reach]  # fmt: skip
    fit = cv2.matchTemplate(around, patch.picture, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(fit)
    if best < _LEAST_FIT or not (0 < x < fit.shape[1] - 1 and 0 < y < fit.shape[0] - 1):
        return None
    return find_peak(fit, x, y) - step.reach


@lru_cache(maxsize=256)
def cut_patches(template: Template, step: _Step) -> tuple[_Patch, ...]:
    """Patches all over the blank that can be found in both directions: where strokes run in more than one."""
    blank = soften(shrink_blank(template.page, step.scale))
    height, width = blank.shape
    gx, gy = cv2.Sobel(blank, cv2.CV_32F, 1, 0), cv2.Sobel(blank, cv2.CV_32F, 0, 1)
    across, down, both = (cv2.boxFilter(m, -1, (step.size, step.size)) for m in (gx * gx, gy * gy, gx * gy))
    weaker = (across + down) / 2 - np.sqrt(((across - down) / 2) ** 2 + both**2)
    margin, stride = step.reach, max(8, round(step.size * 0.75))
    places = [
        (float(weaker[y + step.size // 2, x + step.size // 2]), x, y)
        for y in range(margin, height - step.size - margin, stride)
        for x in range(margin, width - step.size - margin, stride)
    ]
    if not places:
        return ()
    least = _LEAST_TEXTURE * float(np.percentile([strength for strength, _, _ in places], 80))
    chosen = sorted((place for place in places if place[0] >= least), reverse=True)[:_MOST_PATCHES]
    return tuple(_Patch(x, y, np.ascontiguousarray(blank[y : y + step.size, x : x + step.size])) for _, x, y in chosen)
