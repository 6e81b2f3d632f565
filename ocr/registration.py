"""Lays a page over the templates: which of them lie on it, if any, and where each point of a blank lies on the page.

Decides by the number of features that agree on one plane, by how many of the blank's printed patches are found again and by
how much of its ink is where it should be. Versions of one layout (years, languages) are told apart by the code that stands
where the blank prints its own, or by their looks where none can be read; a code of an unknown version is no form that we
know. A page of another form, a letter or a cover sheet gives none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.beside import has_room, leave_out
from ocr.features import CLOSE_FEATURES, CLOSE_PIXELS, Features, find_features
from ocr.flattening import Homography, shrink_blank, soften
from ocr.page_map import PageMap
from ocr.printed_codes import find_printed_code, read_code_at
from ocr.refinement import ShrunkPage, refine_map, shrink_page
from ocr.template import Template
from ocr.template_index import TemplateIndex, index_templates, match_features

FEWEST_INLIERS = 25
LEAST_AGREEMENT = 0.30
LEAST_FOUND, LEAST_FOUND_INSIDE = 0.3, 0.6
MOST_FORMS = 4
_TRIED = 3
_PLENTY, _PLAINLY_FOUND = 120, 0.8
_FEWEST_VOTES = 6
_RIVALS = 5
_RIVAL_VOTES = 0.5
_RIVAL_AGREEMENT = 0.6
_COMPARE_SCALE = 0.5
_AGREEMENT_SCALE = 0.25
_SHARP_BLUR = 0.8  # a year's digit is six pixels wide: more blur and two years look alike
_LEAST_BLOCK_FIT = 0.5
_LEAST_LEAD = 0.03  # two years of one form, all kinds of scans: 0.085 to 0.117
_BLOCK, _LEAST_BLOCK, _LEAST_CONTRAST, _LEAST_DIFFERENCE = 24, 40, 0.04, 0.025


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a blank lies on a page. `inliers` features agree on it; `found_share` of the blank's patches were found again, 0
    to 1, and `found_inside` of those that lie in the picture; `agreement` is the correlation, -1 to 1, of the blank's printed
    ink with the page; `version_unsure`: nothing that is left on the page tells this blank from another that we know.
    """

    template: Template
    page_map: PageMap
    inliers: int
    found_share: float
    found_inside: float
    agreement: float
    version_unsure: bool = False

    @property
    def homography(self) -> Homography:
        """Template units to pixels of the straightened page."""
        return self.page_map.homography

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The blank's four corners in page pixels, clockwise from its upper left."""
        return tuple((float(x), float(y)) for x, y in self.page_map.locate_page(self.template.page.shape))

    @property
    def is_sure(self) -> bool:
        """Whether enough of the blank was found to say that it lies here; what lies in the picture has to be there."""
        return (
            self.inliers >= FEWEST_INLIERS
            and self.found_share >= LEAST_FOUND
            and self.found_inside >= LEAST_FOUND_INSIDE
            and self.agreement >= LEAST_AGREEMENT
        )


def register_page(page: NDArray[np.uint8], templates: Sequence[Template]) -> Registration | None:
    """The template that fits a grey page (H x W uint8) best and how it lies; None if none fits."""
    return next(_find_forms(page, templates), None)


def register_forms(page: NDArray[np.uint8], templates: Sequence[Template]) -> list[Registration]:
    """All forms in a picture (H x W uint8), at most `MOST_FORMS`: in reading order, from the upper left."""
    found = [entry for entry, _ in zip(_find_forms(page, templates), range(MOST_FORMS), strict=False)]
    return sorted(found, key=_place_in_reading)


def _place_in_reading(entry: Registration) -> tuple[float, float]:
    corners = np.array(entry.corners)
    tall = float(np.ptp(corners[:, 1]))
    return round(float(corners[:, 1].mean()) / max(tall, 1.0)), float(corners[:, 0].mean())


def _find_forms(page: NDArray[np.uint8], templates: Sequence[Template]) -> Iterator[Registration]:
    if not templates or min(page.shape) < 200:
        return
    index = index_templates(templates)
    found: list[Registration] = []
    for closely in (False, True):
        if closely and found and not has_room(page, [entry.corners for entry in found]):
            return
        features = find_features(page, CLOSE_PIXELS, CLOSE_FEATURES) if closely else find_features(page)
        for known in found:
            features = leave_out(features, known.corners)
        while len(features.points) >= FEWEST_INLIERS:
            registration = _register(page, features, index)
            if registration is None:
                break
            found.append(registration)
            yield registration
            features = leave_out(features, registration.corners)


def _register(page: NDArray[np.uint8], features: Features, index: TemplateIndex) -> Registration | None:
    votes = index.count_votes(features)
    order = [int(place) for place in np.argsort(-votes, kind="stable") if votes[place] >= _FEWEST_VOTES]
    planes: list[Plane] = []
    for place in order[:_TRIED]:
        plane = find_plane(page, features, index.pages[place])
        if plane is None:
            continue
        if plane.inliers >= _PLENTY and (laid := lay_over(page, plane)).is_plain:
            return _tell_version(page, features, laid, _list_rivals(laid, votes, order, index), index)
        planes.append(plane)
    for plane in sorted(planes, key=lambda plane: -plane.inliers):
        laid = lay_over(page, plane)
        if laid.registration.is_sure:
            return _tell_version(page, features, laid, _list_rivals(laid, votes, order, index), index)
    return None


def _list_rivals(laid: Laid, votes: NDArray[np.int64], order: Sequence[int], index: TemplateIndex) -> list[Template]:
    """Blanks that the page's features speak for nearly as much as for the one laid over it."""
    template = laid.registration.template
    own = votes[index.pages.index(template)]
    return [
        index.pages[place]
        for place in order
        if index.pages[place] is not template and votes[place] >= _RIVAL_VOTES * own
    ]


@dataclass(frozen=True, slots=True)
class Plane:
    """A blank laid over by features alone: points of the blank (N x 2, template units) seen at places of the page (N x 2
    pixels), the plane through most of them, and how many agree on it.
    """

    template: Template
    homography: Homography
    points: NDArray[np.float64]
    seen: NDArray[np.float64]
    inliers: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A registration, and the reduced page that it was refined on."""

    registration: Registration
    shrunk: ShrunkPage

    @property
    def is_plain(self) -> bool:
        """Whether so much of the blank was found that no other need be tried; which version of it lies here is told later."""
        return self.registration.is_sure and self.registration.found_share >= _PLAINLY_FOUND


def find_plane(page: NDArray[np.uint8], features: Features, template: Template) -> Plane | None:
    """How one blank lies by its features; None if too few of them agree on a plane that a camera can see."""
    pairs = match_features(features, template.features)
    if len(pairs) < FEWEST_INLIERS // 2:
        return None
    points, seen = template.features.points[pairs[:, 1]], features.points[pairs[:, 0]]
    tolerance = 2.5 / features.scale
    homography, mask = cv2.findHomography(points, seen, cv2.USAC_MAGSAC, tolerance, maxIters=5000, confidence=0.999)
    if homography is None or mask.sum() < FEWEST_INLIERS or not _is_plausible(homography, template, page):
        return None
    plane = np.asarray(homography, np.float64)
    return Plane(template, plane, points.astype(np.float64), seen.astype(np.float64), int(mask.sum()))


def lay_over(page: NDArray[np.uint8], plane: Plane) -> Laid:
    """Lays a blank exactly where its features say roughly."""
    page_map = PageMap(plane.homography)
    shrunk = shrink_page(page, page_map.measure_unit(plane.template.page.shape))
    laid = _refine(shrunk, page_map, plane.template, plane.points, plane.seen, plane.inliers)
    return Laid(laid, shrunk)


def _refine(
    shrunk: ShrunkPage,
    page_map: PageMap,
    template: Template,
    points: NDArray[np.float64],
    seen: NDArray[np.float64],
    inliers: int,
) -> Registration:
    refined = refine_map(shrunk, page_map, template, points, seen)
    agreement = _measure_agreement(shrunk, refined.page_map, template)
    return Registration(template, refined.page_map, inliers, refined.found_share, refined.found_inside, agreement)


def _is_plausible(homography: Homography, template: Template, page: NDArray[np.uint8]) -> bool:
    height, width = template.page.shape
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
    weights = corners.reshape(4, 2) @ homography[2, :2] + homography[2, 2]
    if weights.min() <= 0.2 * weights.max():
        return False
    quad = cv2.perspectiveTransform(corners, homography).reshape(4, 2)
    if not cv2.isContourConvex(quad.astype(np.float32)):
        return False
    area = float(cv2.contourArea(quad.astype(np.float32), oriented=True))
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    lengthened = sides / np.array([width, height, width, height])
    inside = ((quad > -1.3 * np.array(page.shape[::-1])) & (quad < 2.3 * np.array(page.shape[::-1]))).all()
    return bool(area > 0.04 * page.size and lengthened.min() > 0.25 * lengthened.max() and inside)


def _measure_agreement(shrunk: ShrunkPage, page_map: PageMap, template: Template) -> float:
    return _compare(_flatten_small(shrunk, page_map, template), template)


@dataclass(frozen=True, slots=True)
class _Flat:
    """A page laid flat at a quarter of template units, softened, and where the picture reaches."""

    picture: NDArray[np.float32]
    in_picture: NDArray[np.bool_]


def _flatten_small(shrunk: ShrunkPage, page_map: PageMap, template: Template) -> _Flat:
    small_map, size = page_map.shrink(shrunk.scale), template.page.shape
    picture = soften(small_map.flatten(shrunk.picture, size, _AGREEMENT_SCALE))
    return _Flat(picture, small_map.flatten(np.zeros_like(shrunk.picture), size, _AGREEMENT_SCALE) == 0)


def _compare(flat: _Flat, template: Template) -> float:
    blank, printed = _draw_small(template)
    looked_at = printed & flat.in_picture
    return _correlate(flat.picture[looked_at], blank[looked_at])


@lru_cache(maxsize=256)
def _draw_small(template: Template) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    blank = soften(shrink_blank(template.page, _AGREEMENT_SCALE))
    return blank, cv2.dilate((blank < 0.8).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _tell_version(
    page: NDArray[np.uint8], features: Features, laid: Laid, rivals: Sequence[Template], index: TemplateIndex
) -> Registration | None:
    """Which version of the layout it is: by the code in the blank's place for it, else by the printing that differs."""
    best = laid.registration
    code = find_printed_code(best.template)
    text = read_code_at(page, best.page_map, code.box) if code is not None else None
    if code is not None and text is not None:
        if _says(text, code.text):
            return best
        return _lay_named(page, features, laid, text, index)
    flat, closest = _flatten_small(laid.shrunk, best.page_map, best.template), False
    for rival in [
        rival
        for rival in rivals
        if rival.page.shape == best.template.page.shape and _compare(flat, rival) >= _RIVAL_AGREEMENT * best.agreement
    ][:_RIVALS]:
        entry = _refine(laid.shrunk, best.page_map, rival, *_no_points(), best.inliers)
        if not entry.is_sure:
            continue
        lead = _measure_lead(laid.shrunk, entry, best)
        unsure = lead is not None and abs(lead) < _LEAST_LEAD
        if lead is not None and lead > 0:
            best, closest = entry, unsure
        else:
            closest = closest or unsure
    return replace(best, version_unsure=closest)


def _says(text: str, printed: str) -> bool:
    """Whether a code read says at least what the blank's own code says, word for word."""
    return set(printed.casefold().split()) <= set(text.casefold().split())


def _lay_named(
    page: NDArray[np.uint8], features: Features, laid: Laid, text: str, index: TemplateIndex
) -> Registration | None:
    for template in index.pages:
        code = find_printed_code(template)
        if code is None or not _says(text, code.text):
            continue
        if template.page.shape == laid.registration.template.page.shape:
            named = _refine(laid.shrunk, laid.registration.page_map, template, *_no_points(), laid.registration.inliers)
            if named.is_sure:
                return named
        plane = find_plane(page, features, template)
        again = lay_over(page, plane).registration if plane is not None else None
        return again if again is not None and again.is_sure else None
    return None


def _no_points() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.zeros((0, 2)), np.zeros((0, 2))


def _measure_lead(shrunk: ShrunkPage, rival: Registration, best: Registration) -> float | None:
    """By how much closer (-2 to 2) the rival's blank is to the page where the two blanks differ: block by block, so that a hole
    or a hand over one of them doesn't outweigh the others. Nought where nothing that differs is left; None for equal blanks.
    """
    size = best.template.page.shape
    one, other = (_sharpen(shrink_blank(entry.template.page, _COMPARE_SCALE)) for entry in (rival, best))
    differs = _find_differing_blocks(one, other)
    if not differs.any():
        return None
    flat_rival, flat_best = (
        _sharpen(entry.page_map.shrink(shrunk.scale).flatten(shrunk.picture, size, _COMPARE_SCALE))
        for entry in (rival, best)
    )
    gain, looked_at = 0.0, 0
    for y in range(0, differs.shape[0], _BLOCK):
        for x in range(0, differs.shape[1], _BLOCK):
            block = (slice(y, y + _BLOCK), slice(x, x + _BLOCK))
            chosen = differs[block]
            if chosen.sum() < _LEAST_BLOCK or flat_best[block][chosen].std() < _LEAST_CONTRAST:
                continue  # nothing is printed there any more: torn off, covered or faded
            fits = (
                _correlate(flat_rival[block][chosen], one[block][chosen]),
                _correlate(flat_best[block][chosen], other[block][chosen]),
            )
            if max(fits) < _LEAST_BLOCK_FIT:
                continue  # what stands there is neither's print
            looked_at += int(chosen.sum())
            gain += float(chosen.sum()) * (fits[0] - fits[1])
    return gain / looked_at if looked_at else 0.0


def _sharpen(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture for comparing small print: softened by less than a pixel, 0 (ink) to 1 (paper)."""
    sharp: NDArray[np.float32] = cv2.GaussianBlur(picture, (0, 0), _SHARP_BLUR).astype(np.float32) / 255.0
    return sharp


def _find_differing_blocks(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    apart = cv2.boxFilter(np.abs(one - other), -1, (9, 9))
    differing: NDArray[np.bool_] = (
        cv2.dilate((apart > _LEAST_DIFFERENCE).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    )
    return differing


def _correlate(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.size < 2:
        return 0.0
    left, right = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / norm if norm > 0 else 0.0
