"""Loads the digits that the recogniser of digit lines is trained on: pictures, pen paths, handwriting fonts.

Decides what is left out: digits equal or nearly equal to one that reading is measured on, and fonts too unlike a hand's digits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.digit_lines import Sources

TOO_NEAR = 6.0


def load_sources(mnist: Path | None, pen: Path | None, fonts: Path, shared: Path) -> Sources:
    """The digits to train on, by digit; a source that isn't named stays empty."""
    pictures: dict[str, list[np.ndarray]] = {}
    paths: dict[str, list[np.ndarray]] = {}
    if mnist:
        images = np.fromfile(mnist / "train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 28, 28)
        labels = np.fromfile(mnist / "train-labels-idx1-ubyte", np.uint8, offset=8)
        kept = leave_known_out(images, shared / "digits.npz")
        for image, label in zip(images[kept], labels[kept], strict=True):
            rows, columns = np.flatnonzero(image.max(axis=1) > 60), np.flatnonzero(image.max(axis=0) > 60)
            cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            pictures.setdefault(str(label), []).append(cut)
    if pen:
        rows = [line.split(",") for line in pen.read_text().splitlines() if line and not line.startswith("@")]
        for *numbers, label in rows:
            path = np.array(numbers, np.float32).reshape(8, 2) / 100
            path[:, 1] = 1 - path[:, 1]
            paths.setdefault(label.strip(), []).append(path)
    writing = [file for file in sorted(fonts.glob("*.ttf")) if file.stem not in ("rock-salt", "homemade-apple")]
    return Sources(pictures, paths, writing)


def leave_known_out(images: np.ndarray, known: Path) -> np.ndarray:
    """Places of the pictures that are not among those of `known`, nor within TOO_NEAR grey levels of one (root mean square)."""
    if not known.exists():
        return np.arange(len(images))
    with np.load(known) as packed:
        others = packed["images"].reshape(-1, 784).astype(np.float32)
    flat = images.reshape(-1, 784).astype(np.float32)
    sizes = (others**2).sum(axis=1)
    nearest = np.concatenate([((p**2).sum(1)[:, None] + sizes - 2 * p @ others.T).min(1) for p in np.split(flat, 60)])
    kept = np.flatnonzero(np.sqrt(np.maximum(nearest, 0) / 784) > TOO_NEAR)
    closest = np.sqrt(nearest[kept].min() / 784)
    print(f"left out as known: {len(images) - len(kept)}; nearest of the rest: {closest:.1f} levels")  # noqa: T201  a tool
    return kept
