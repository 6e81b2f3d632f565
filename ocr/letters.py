"""Reads a CTC output as letters: in a name a digit is a letter that looks like it (`LO1C`, `MATE0`).

Decides the share of a look-alike's probability that counts for the letter; never touches what fields of digits are read from.
"""

from __future__ import annotations

import numpy as np

from ocr.alphabet import INDEX_OF, OTHER
from ocr.ctc import Matrix

_LIKE_LETTER = {
    "0": "od",
    "1": "il",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "gb",
    "7": "t",
    "8": "b",
    "9": "gq",
    "/": "il",
}
_WEIGHTS = (0.8, 0.5)  # the first look-alike is the likelier
_STRANGE = 0.1


def read_as_letters(matrix: Matrix) -> Matrix:
    """The matrix (T x SIZE) with digits that look like letters counted for the letters too; a name is in Latin letters."""
    wide = matrix.copy()
    for digit, letters in _LIKE_LETTER.items():
        for letter, weight in zip(letters, _WEIGHTS, strict=False):
            wide[:, INDEX_OF[letter]] += weight * matrix[:, INDEX_OF[digit]]
    wide[:, OTHER] *= _STRANGE
    wide /= np.maximum(wide.sum(axis=1, keepdims=True), 1e-9)
    return wide
