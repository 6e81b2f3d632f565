"""Makes a picture's paper white, reduces and softens pictures for comparing, and finds where they fit best."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Homography = NDArray[np.float64]
"""3 x 3, from template units (1/200 inch) to page pixels."""


def even_out(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The image with its paper made white: divided by the brightness of the paper around, which shadows change slowly."""
    shrink = max(1, size // 8)
    small = image[: image.shape[0] // shrink * shrink or 1, : image.shape[1] // shrink * shrink or 1]
    small = cv2.resize(small, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((size // shrink | 1,) * 2, np.uint8))
    paper = cv2.resize(cv2.blur(closed, (5, 5)), image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    evened: NDArray[np.uint8] = np.clip(image.astype(np.float32) * 255.0 / np.maximum(paper, 1), 0, 255).astype(
        np.uint8
    )
    return evened


def shrink_blank(blank: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The blank at a reduced size."""
    shrunk: NDArray[np.uint8] = cv2.resize(blank, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return shrunk


def soften(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The image blurred by a pixel and a half, 0 (ink) to 1 (paper)."""
    softened: NDArray[np.float32] = cv2.GaussianBlur(image, (0, 0), 1.5).astype(np.float32) / 255.0
    return softened


def find_peak(fit: NDArray[np.float32], x: int, y: int) -> NDArray[np.float64]:
    """The place (x, y) of a peak to a fraction of a pixel, by a parabola through its neighbours."""

    def offset(before: float, at: float, after: float) -> float:
        bend = before - 2 * at + after
        return 0.5 * (before - after) / bend if bend < 0 else 0.0

    across, down = fit[y, x - 1 : x + 2].tolist(), fit[y - 1 : y + 2, x].tolist()
    return np.array([x + offset(*across), y + offset(*down)])
