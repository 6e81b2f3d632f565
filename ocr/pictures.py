"""Pictures for people: a page or a cut as PNG bytes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def write_png(image: NDArray[np.uint8]) -> bytes:
    """An H x W or H x W x 3 (RGB) uint8 array as PNG."""
    shown = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    written, content = cv2.imencode(".png", shown)
    if not written:
        raise ValueError("the image cannot be written as PNG")
    return content.tobytes()
