"""Fits the curve of `ocr/print_likeness.py`: drawn stamps and printed names against drawn signatures and names by real hands.

Draws boxes of the development writers (`fixtures/mark_habits.py`), blurs, scales and thresholds them as scans do, prints the
weights and what comes of them with the writers for testing. Run `python -m tools.fit_print_likeness ../shared/handwriting`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

from fixtures.mark_habits import DEVELOPMENT, TESTING, MarkHabits
from fixtures.real_hands import RealHands
from fixtures.signed_boxes import Room, SignatureKind, draw_in_box
from ocr.print_likeness import describe_print
from ocr.signature_traits import measure_traits
from ocr.specks import drop_specks

_BOXES = ((977, 86), (451, 86), (502, 72), (634, 72), (499, 70))
_SCALES = (0.5, 0.75, 1.0, 1.0, 1.0, 1.5, 2.0)
_SET = (SignatureKind.STAMP, SignatureKind.PRINTED_NAME)
_WRITTEN = (
    *(SignatureKind.CURSIVE, SignatureKind.REAL_HAND, SignatureKind.REAL_HAND, SignatureKind.REAL_HAND),
    *(SignatureKind.UNDERLINED, SignatureKind.INITIALS, SignatureKind.SMALL, SignatureKind.FLAT),
)


def draw_examples(hands: RealHands, habits: MarkHabits, count: int, seed: int) -> Iterator[tuple[np.ndarray, bool]]:
    """What the curve weighs of `count` boxes, each with whether a machine set it."""
    rng = np.random.default_rng(seed)
    texts = habits.own_texts(hands.names())
    kinds = (*_WRITTEN, *_SET, *_SET)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        mask = draw_in_box(
            *_BOXES[int(rng.integers(len(_BOXES)))],
            Room(36, 40, 36, 40),
            kind,
            habits,
            lambda chance: hands.name_ink(str(chance.choice(texts)), chance).pixels,
            rng,
        )[0]
        unit = float(rng.choice(_SCALES))
        ink = drop_specks(scan_mask(mask, unit, rng), unit)
        if ink.any():
            yield describe_print(measure_traits(ink, unit)), kind in _SET


def scan_mask(mask: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    """The ink (0 or 1) that a scan of a drawn mask leaves."""
    soft = cv2.GaussianBlur(np.pad(mask, 20), (0, 0), float(rng.uniform(0.4, 1.2)))
    soft = cv2.resize(soft, None, fx=unit, fy=unit, interpolation=cv2.INTER_AREA if unit < 1 else cv2.INTER_CUBIC)
    tilt = np.array([[1, 0, 0], [np.deg2rad(rng.normal(0, 0.4)), 1, 0]])
    turned = cv2.warpAffine(soft, tilt, soft.shape[::-1]) * rng.uniform(0.6, 1)
    grainy = turned + rng.normal(0, rng.uniform(0, 0.1), turned.shape)
    return np.asarray(grainy > rng.uniform(0.25, 0.45), np.uint8)


def main(folder: Path) -> None:
    """Fits by maximum likelihood with a light pull to zero, prints."""
    hands = RealHands.load(folder)
    rows, machine = zip(*draw_examples(hands, DEVELOPMENT, 3600, 5), strict=True)
    table, outcome = np.array(rows), np.array(machine, float)

    def loss(weights: np.ndarray) -> float:
        odds = table @ weights
        return float((np.logaddexp(0, odds) - outcome * odds).sum() + 0.05 * (weights[1:] ** 2).sum())

    found = minimize(loss, np.zeros(table.shape[1]), method="L-BFGS-B").x
    print("_WEIGHTS =", tuple(np.round(found, 3).tolist()))  # noqa: T201  a tool that prints
    for name, habits, seed in (("development", DEVELOPMENT, 7), ("testing", TESTING, 8)):
        rows, machine = zip(*draw_examples(hands, habits, 1200, seed), strict=True)
        likeness, truth = 1 / (1 + np.exp(-np.array(rows) @ found)), np.array(machine)
        for level in (0.2, 0.5, 0.9, 0.97):
            caught, accused = (likeness[truth] > level).mean(), (likeness[~truth] > level).mean()
            print(f"{name}, above {level}: {caught:.3f} of print, {accused:.3f} of writing")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
