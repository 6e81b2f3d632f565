"""Reads lines of hand-written digits with a small recogniser of our own, beside the large one: IDs and dates.

Decides nothing about a number: it gives probabilities of digits, the marks of dates and "some letter". It knows no letter
from another: what it takes for a letter counts for every letter alike, and the other recogniser tells which one it is.
`data/digit_lines.md` says what it was trained on; `tools/train_digits.py` trains it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.alphabet import INDEX_OF, SIZE
from ocr.ctc import Matrix
from ocr.own_models import open_own_model

HEIGHT = 40
STRIDE = 4
CLASSES = ("", *"0123456789/-. ", "?")
"""What each class of the recogniser stands for: nothing (CTC blank), a digit, a mark of dates, a wide gap, any letter."""
_MODEL = "digit_lines.onnx"
_NARROWEST, _WIDEST = 24, 900
_PAD = 0.08
_PAD_SIDES = 6
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Grey = NDArray[np.uint8]
Picture = NDArray[np.float32]


def prepare_line(tight: Grey) -> Picture:
    """A cut tight around its ink (H x W uint8, dark on white) as the recogniser wants it: HEIGHT x W, 0 paper, 1 ink."""
    ink = 255.0 - tight.astype(np.float32)
    dark = ink[ink > 40]
    ink /= max(60.0, float(np.percentile(dark, 80))) if dark.size else 255.0
    pad = max(1, round(_PAD * tight.shape[0]))
    ink = cv2.copyMakeBorder(ink, pad, pad, 0, 0, cv2.BORDER_CONSTANT, value=0.0)
    width = int(np.clip(round(ink.shape[1] * HEIGHT / ink.shape[0]), _NARROWEST, _WIDEST))
    way = cv2.INTER_AREA if ink.shape[0] > HEIGHT else cv2.INTER_CUBIC
    scaled = np.clip(cv2.resize(ink, (width, HEIGHT), interpolation=way), 0.0, 1.2)
    framed: Picture = cv2.copyMakeBorder(scaled, 0, 0, _PAD_SIDES, _PAD_SIDES, cv2.BORDER_CONSTANT, value=0.0)
    return framed


def stack_lines(lines: Sequence[Picture]) -> NDArray[np.float32]:
    """Prepared lines as one batch, N x 1 x HEIGHT x W, blank paper after the shorter ones."""
    widest = -(-max(line.shape[1] for line in lines) // STRIDE) * STRIDE
    batch = np.zeros((len(lines), 1, HEIGHT, widest), np.float32)
    for place, line in enumerate(lines):
        batch[place, 0, :, : line.shape[1]] = line
    return batch


def read_digit_lines(crops: Sequence[Grey]) -> list[Matrix]:
    """The CTC output of each cut (tight around its ink, dark on white) in the folded alphabet, T x SIZE; one batched call."""
    if not crops:
        return []
    lines = [prepare_line(crop) for crop in crops]
    probabilities = open_own_model(_MODEL).run(None, {"lines": stack_lines(lines)})[0]
    return [fold_output(rows[: -(-line.shape[1] // STRIDE)]) for rows, line in zip(probabilities, lines, strict=True)]


def fold_output(rows: NDArray[np.float32]) -> Matrix:
    """From the recogniser's classes to the folded alphabet; the share of letters is divided among them."""
    matrix = np.zeros((len(rows), SIZE), np.float32)
    matrix[:, 0] = rows[:, 0]
    for place, sign in enumerate(CLASSES[1:-1], start=1):
        matrix[:, INDEX_OF[sign]] = rows[:, place]
    for letter in _LETTERS:
        matrix[:, INDEX_OF[letter]] = rows[:, -1] / len(_LETTERS)
    return matrix
