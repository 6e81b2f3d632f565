"""Where each point of a blank lies on a page: a plane, and for paper that won't lie flat a bend before it.

Lays the page flat over the blank and straightens a curled page so that a plane fits it. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.bending import Bend, Points
from ocr.flattening import Homography

Grey = NDArray[np.uint8]
_GRID = 16


@dataclass(frozen=True, slots=True)
class PageMap:
    """A blank's points on a page: shifted by the `bend` if there is one, then taken by the `homography`."""

    homography: Homography
    bend: Bend | None = None

    def locate(self, points: NDArray[np.floating]) -> Points:
        """Page pixels (N x 2) of points in template units (N x 2)."""
        bent = np.asarray(points, np.float64).reshape(-1, 2)
        if self.bend is not None:
            bent = bent + self.bend.shift(bent)
        found: Points = cv2.perspectiveTransform(bent[:, None], self.homography).reshape(-1, 2)
        return found

    def locate_page(self, size: tuple[int, int]) -> Points:
        """The four corners of a blank of `size` (height, width), clockwise from the upper left, in page pixels: 4 x 2."""
        height, width = size
        return self.locate(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))

    def measure_unit(self, size: tuple[int, int]) -> float:
        """How many page pixels a template unit measures about the middle of a blank of `size` (height, width)."""
        middle = np.array([size[1] / 2, size[0] / 2])
        steps = cv2.perspectiveTransform(
            (middle + np.array([[0, 0], [100.0, 0], [0, 100.0]]))[:, None], self.homography
        ).reshape(-1, 2)
        return float(np.linalg.norm(steps[1:] - steps[0], axis=1).mean()) / 100.0

    def shrink(self, scale: float) -> PageMap:
        """The same map onto the page resized by `scale`."""
        rest = (scale - 1) / 2  # of pixel middles, as resizing has it
        return PageMap(np.array([[scale, 0, rest], [0, scale, rest], [0, 0, 1.0]]) @ self.homography, self.bend)

    def flatten(self, page: Grey, size: tuple[int, int], scale: float) -> Grey:
        """The page in template units times `scale`; `size` is the blank's height and width. Outside the scan it is white."""
        rest = (scale - 1) / 2
        flat_size = (round(size[1] * scale), round(size[0] * scale))
        if self.bend is None:
            shrink = np.array([[scale, 0, rest], [0, scale, rest], [0, 0, 1.0]])
            to_flat = shrink @ np.linalg.inv(self.homography)
            flat: Grey = cv2.warpPerspective(page, to_flat, flat_size, flags=cv2.INTER_LINEAR, borderValue=255)
            return flat
        return _sample(page, flat_size, lambda places: self.locate((places - rest) / scale))

    def straighten(self, page: Grey) -> Grey:
        """The page as it would look if its paper lay flat: the plane alone fits it then."""
        if self.bend is None:
            return page
        back = np.linalg.inv(self.homography)
        return _sample(
            page,
            page.shape[::-1],
            lambda places: self.locate(cv2.perspectiveTransform(places[:, None], back).reshape(-1, 2)),
        )


def _sample(page: Grey, size: tuple[int, ...], find_source: Callable[[Points], Points]) -> Grey:
    """A picture of `size` (width, height) whose pixels come from where `find_source` says, known on a coarse grid."""
    width, height = size
    down, across = np.mgrid[0 : height + _GRID : _GRID, 0 : width + _GRID : _GRID]
    sources = find_source(np.stack([across.ravel(), down.ravel()], 1).astype(np.float64))
    grow = np.array([[_GRID, 0, 0], [0, _GRID, 0]], np.float64)
    maps = [
        cv2.warpAffine(sources[:, axis].reshape(across.shape).astype(np.float32), grow, (width, height))
        for axis in (0, 1)
    ]
    sampled: Grey = cv2.remap(page, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=255)
    return sampled
