"""Features of a page's picture: where its corners and strokes are, described so that another picture of it is known again.

SIFT (Lowe 2004) with root normalisation (Arandjelović and Zisserman 2012), at a much reduced size: turned, skewed, scaled and
photographed pages all match. A closer look, at four times the pixels, is for pages that lie small in their picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GLANCE_PIXELS, GLANCE_FEATURES = 180_000, 800
CLOSE_PIXELS, CLOSE_FEATURES = 700_000, 2500


@dataclass(frozen=True, slots=True)
class Features:
    """`points` N x 2 float32 in full-size pixels, strongest first, `descriptors` N x 128 float32; `scale` is the reduction."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    scale: float

    def choose(self, kept: NDArray[np.bool_]) -> Features:
        """Some of the features, in the same order."""
        return Features(self.points[kept], self.descriptors[kept], self.scale)


def find_features(page: NDArray[np.uint8], pixels: int = GLANCE_PIXELS, most: int = GLANCE_FEATURES) -> Features:
    """The features of a grey page (H x W uint8), reduced to so many pixels; none for a page without structure."""
    scale = min(1.0, (pixels / (page.shape[0] * page.shape[1])) ** 0.5)
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else page
    detector = cv2.SIFT.create(nfeatures=most, contrastThreshold=0.03, nOctaveLayers=2)
    keypoints, descriptors = detector.detectAndCompute(cv2.GaussianBlur(small, (0, 0), 0.8), None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), scale)
    strongest = np.argsort([-keypoint.response for keypoint in keypoints], kind="stable")[:most]
    points = (np.array([keypoints[place].pt for place in strongest], np.float32) + 0.5) / scale - 0.5
    descriptors = descriptors[strongest]
    rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9))
    return Features(points.astype(np.float32), rooted.astype(np.float32), scale)
