"""In a name a digit is the letter that looks like it; letters are left alone."""

from __future__ import annotations

import numpy as np

from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.ctc import Matrix, score_candidates
from ocr.letters import read_as_letters


def spell(text: str) -> Matrix:
    matrix = np.full((2 * len(text), SIZE), 0.002, np.float32)
    for place, sign in enumerate(text):
        matrix[2 * place, INDEX_OF[sign]] = 1.0
        matrix[2 * place + 1, BLANK] = 1.0
    spelled: Matrix = matrix / matrix.sum(axis=1, keepdims=True)
    return spelled


def test_the_right_name_is_likelier_than_its_rivals() -> None:
    scores = score_candidates(read_as_letters(spell("mate0")), ["MATEO", "MATED", "MATEU"])
    assert scores[0] > scores[2] + 3
