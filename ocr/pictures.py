"""Pictures as they come and as people see them: made grey for reading, written as PNG for eyes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey copy of an image; `ValueError` for what is no picture."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError("a page is an H x W or H x W x 3 array of uint8")
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    if image.shape[2] != 3:
        raise ValueError("a page is an H x W or H x W x 3 array of uint8")
    grey: NDArray[np.uint8] = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return grey


def write_png(image: NDArray[np.uint8]) -> bytes:
    """An H x W or H x W x 3 (RGB) uint8 array as PNG."""
    shown = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    written, content = cv2.imencode(".png", shown)
    if not written:
        raise ValueError("the image cannot be written as PNG")
    return content.tobytes()
