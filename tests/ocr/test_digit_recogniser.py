"""Lines of digits are read beside the large recogniser, whatever their number; letters are told from digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr.alphabet import INDEX_OF, SIZE
from ocr.digit_recogniser import read_digit_lines

DIGITS = [INDEX_OF[sign] for sign in "0123456789"]


def draw(text: str) -> np.ndarray:
    page = np.full((70, 40 + 40 * len(text)), 255, np.uint8)
    cv2.putText(page, text, (15, 52), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 40, 4, cv2.LINE_AA)
    rows, columns = np.flatnonzero((page < 200).any(axis=1)), np.flatnonzero((page < 200).any(axis=0))
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def spell(matrix: np.ndarray) -> str:
    best = matrix.argmax(axis=1)
    kept = best[np.insert(best[1:] != best[:-1], 0, True)]
    return "".join(str(DIGITS.index(place)) for place in kept if place in DIGITS)


@pytest.mark.parametrize("number", ["2750381", "10", "4096"])
def test_a_number_is_read_digit_by_digit(number: str) -> None:
    (matrix,) = read_digit_lines([draw(number)])
    assert matrix.shape[1] == SIZE
    assert spell(matrix) == number


def test_lines_of_a_batch_are_read_as_if_alone() -> None:
    together = read_digit_lines([draw("2750381"), draw("10")])
    alone = read_digit_lines([draw("10")])[0]
    assert spell(together[1]) == spell(alone) == "10"


def test_rows_are_shares() -> None:
    (matrix,) = read_digit_lines([draw("jwsmith")])
    assert np.allclose(matrix.sum(axis=1), 1.0, atol=0.02)
    assert read_digit_lines([]) == []
