"""Tells whether something else with writing or print lies in a picture beside the forms that were found in it.

Decides nothing about what it is: a second form that can't be made out must reach a person, not vanish behind the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.features import CLOSE_FEATURES, CLOSE_PIXELS, Features, find_features
from ocr.pictures import to_grey

LEAST_ROOM = 0.45
_FEWEST_FEATURES = 150

Corners = Sequence[tuple[float, float]]
"""Four page points, clockwise from the upper left of what lies there."""


def lies_something_beside(image: NDArray[np.uint8], found: Sequence[Corners]) -> bool:
    """Whether a page (H x W or H x W x 3 uint8) has room for a form beside those at `found`, and something is there."""
    page = to_grey(image)
    if not found or not has_room(page, found):
        return False
    features = find_features(page, CLOSE_PIXELS, CLOSE_FEATURES)
    for corners in found:
        features = leave_out(features, corners)
    return len(features.points) >= _FEWEST_FEATURES


def has_room(page: NDArray[np.uint8], found: Sequence[Corners]) -> bool:
    """Whether the picture reaches so far beyond what was found that another form may lie there."""
    corners = np.array([point for quad in found for point in quad], np.float64)
    sides = np.linalg.norm(np.diff(corners[:4], axis=0), axis=1)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    height, width = page.shape
    room = float(max(left, width - right, top, height - bottom))
    return room > LEAST_ROOM * float(sides.min())


def leave_out(features: Features, corners: Corners) -> Features:
    """The features that lie outside a quadrilateral and its closest surroundings."""
    quad = np.array(corners, np.float64)
    middle = quad.mean(axis=0)
    around = (middle + (quad - middle) * 1.03).astype(np.float32)
    outside = [cv2.pointPolygonTest(around, (float(x), float(y)), False) < 0 for x, y in features.points]
    return features.choose(np.array(outside, bool))
