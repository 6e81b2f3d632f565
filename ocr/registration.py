"""Lays a page over the templates: which one it is, if any, and where each point of the blank lies on the page.

Decides by the number of features that agree on one plane and by how much of the blank's printed ink is found again where it
should be. Templates that differ in a few words only (years, languages of one layout) are told apart by exactly those words
or by the machine-readable code. A page of another form, a letter or a cover sheet gives None. Accepted limit: one form a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from ocr.features import Features, find_features
from ocr.flattening import Homography, even_out, flatten_page, shrink_blank, soften
from ocr.refinement import refine_homography
from ocr.template import Template

RATIO = 0.82
FEWEST_INLIERS = 30
LEAST_AGREEMENT = 0.30
_SHORTLIST = 4
_FIRST_LOOK = 300
_MATCHED = 1000
_COMPARE_SCALE = 0.5
_CODE_SCALE = 0.75


@dataclass(frozen=True, slots=True)
class Registration:
    """`homography` maps template units to page pixels. `inliers` agree on it; `agreement` is the correlation, -1 to 1, of
    the blank's printed ink with the page.
    """

    template: Template
    homography: Homography
    inliers: int
    agreement: float


def register_page(page: NDArray[np.uint8], templates: Sequence[Template]) -> Registration | None:
    """The template that fits a grey page (H x W uint8) and how it lies; None if none fits."""
    if not templates or min(page.shape) < 200:
        return None
    features = find_features(page)
    if len(features.points) < FEWEST_INLIERS:
        return None
    found = [
        registration
        for template in _shortlist(features, templates)
        if (registration := _lay_over(page, features, template)) is not None
    ]
    fitting = [entry for entry in found if entry.inliers >= FEWEST_INLIERS and entry.agreement >= LEAST_AGREEMENT]
    if not fitting:
        return None
    best = max(fitting, key=lambda entry: entry.inliers)
    rivals = [entry for entry in fitting if entry is not best and entry.inliers > 0.15 * best.inliers]
    return _tell_apart(page, best, rivals) if rivals else best


def match_features(features: Features, template: Features, count: int) -> NDArray[np.int64]:
    """Pairs (page feature, template feature), N x 2: of the page's `count` strongest, those with one clearly best partner."""
    descriptors = features.descriptors[:count]
    if len(descriptors) < 2 or len(template.descriptors) < 2:
        return np.zeros((0, 2), np.int64)
    likeness = descriptors @ template.descriptors.T  # of unit vectors: squared distance is 2 - 2 x likeness
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    closest = 2 - 2 * likeness[rows, best]
    likeness[rows, best] = -1.0
    second = 2 - 2 * likeness.max(axis=1)
    clear = np.flatnonzero(closest < RATIO**2 * second)
    return np.column_stack([clear, best[clear]])


def _shortlist(features: Features, templates: Sequence[Template]) -> list[Template]:
    if len(templates) <= _SHORTLIST:
        return list(templates)
    agree = [len(match_features(features, template.features, _FIRST_LOOK)) for template in templates]
    return [templates[place] for place in np.argsort(agree)[::-1][:_SHORTLIST]]


def _lay_over(page: NDArray[np.uint8], features: Features, template: Template) -> Registration | None:
    pairs = match_features(features, template.features, _MATCHED)
    if len(pairs) < FEWEST_INLIERS // 2:
        return None
    source = template.features.points[pairs[:, 1]]
    target = features.points[pairs[:, 0]]
    tolerance = 2.5 / features.scale
    homography, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, tolerance, maxIters=5000, confidence=0.999)
    if homography is None or not _is_plausible(homography, template, page):
        return None
    homography = refine_homography(page, homography, template)
    agreement = _measure_agreement(page, homography, template)
    return Registration(template, homography, int(mask.sum()), agreement)


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


def _measure_agreement(page: NDArray[np.uint8], homography: Homography, template: Template) -> float:
    flat = soften(even_out(flatten_page(page, homography, template.page.shape, _COMPARE_SCALE), 25))
    blank = soften(shrink_blank(template.page, _COMPARE_SCALE))
    printed = cv2.dilate((blank < 0.8).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    printed &= flatten_page(np.ones_like(page), homography, template.page.shape, _COMPARE_SCALE) == 1
    return _correlate(flat[printed], blank[printed])


def _tell_apart(page: NDArray[np.uint8], best: Registration, rivals: Sequence[Registration]) -> Registration:
    named = _find_named_template(page, [best, *rivals])
    if named is not None:
        return named
    for rival in rivals:
        if rival.template.page.shape == best.template.page.shape and _fits_better(page, rival, best):
            best = rival
    return best


def _find_named_template(page: NDArray[np.uint8], fitting: Sequence[Registration]) -> Registration | None:
    flat = flatten_page(page, fitting[0].homography, fitting[0].template.page.shape, _CODE_SCALE)
    codes = zxingcpp.read_barcodes(flat, try_rotate=False, try_invert=False)
    texts = [code.text.casefold() for code in codes]
    named = [
        entry for entry in fitting if any(entry.template.identity.code.casefold() in text.split() for text in texts)
    ]
    return named[0] if len(named) == 1 else None


def _fits_better(page: NDArray[np.uint8], rival: Registration, best: Registration) -> bool:
    """Whether the rival's blank is closer to the page in the blocks where the two blanks differ."""
    one, other = (
        soften(shrink_blank(rival.template.page, _COMPARE_SCALE)),
        soften(shrink_blank(best.template.page, _COMPARE_SCALE)),
    )
    differs = _find_differing_blocks(one, other)
    if not differs.any():
        return False
    flat_rival = soften(even_out(flatten_page(page, rival.homography, rival.template.page.shape, _COMPARE_SCALE), 25))
    flat_best = soften(even_out(flatten_page(page, best.homography, best.template.page.shape, _COMPARE_SCALE), 25))
    return _correlate(flat_rival[differs], one[differs]) > _correlate(flat_best[differs], other[differs])


def _find_differing_blocks(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    apart = cv2.boxFilter(np.abs(one - other), -1, (9, 9))
    differing: NDArray[np.bool_] = cv2.dilate((apart > 0.12).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return differing


def _correlate(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.size < 2:
        return 0.0
    left, right = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / norm if norm > 0 else 0.0
