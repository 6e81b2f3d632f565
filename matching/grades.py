"""Weighs the grade as written against the enrolled grade.

Decides the chance that a grade is off by one (last year's list, next year's form). Never a strong witness: the birth date
says nearly all of it already, and `matcher` counts it less where the date agrees.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from matching.enrollment_columns import TextColumn
from matching.name_vocabulary import FloatArray
from matching.weights import Weights

GRADES = 16
"""Places of grades: 0 is pre-kindergarten, the last is none."""
_KINDERGARTEN = {"k", "kg", "kindergarten", "kinder", "0", "00"}
_BEFORE = {"pk", "prek", "pre", "preschool", "-1", "p3", "p4", "tk"}
_WORDS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_ORDINAL = {word: number for number, word in enumerate(_WORDS, 1)} | {
    "freshman": 9, "sophomore": 10, "junior": 11, "senior": 12,
}  # fmt: skip


@lru_cache(maxsize=4096)
def read_grade(text: str) -> int | None:
    """-1 for pre-kindergarten, 0 for kindergarten, 1 to 12; None where the text is no grade."""
    shown = text[:30].strip().lower()
    if shown in _BEFORE:
        return -1
    if match := re.search(r"\d{1,2}", shown):
        number = int(match[0])
        return number if number <= 12 else None
    words = re.findall(r"[a-z]+", shown)
    if any(word in _BEFORE for word in words):
        return -1
    for word in words:
        if word in _KINDERGARTEN:
            return 0
        if word in _ORDINAL:
            return _ORDINAL[word]
    return None


class GradeIndex:
    """The grades of the enrolled children. Immutable after construction."""

    def __init__(self, grades: TextColumn, weights: Weights) -> None:
        read = [read_grade(text) for text in grades.values]
        places = np.array([15 if number is None else number + 1 for number in read], dtype=np.int8)
        self.grade_of_child = places[grades.codes]
        counts = np.bincount(self.grade_of_child, minlength=GRADES)[: GRADES - 1].astype(np.float64)
        frequency = (counts + 0.5) / (counts.sum() + 7.5)
        slips = weights.grade_slips
        far_off = max(1 - slips.same - slips.off_by_one, 1e-3) / 12
        apart = np.abs(np.arange(GRADES - 1)[:, None] - np.arange(GRADES - 1))
        chance = np.where(apart == 0, slips.same, np.where(apart == 1, slips.off_by_one / 2, far_off))
        ratios = np.log(chance) - np.log(chance @ frequency)[:, None]
        self.nothing: FloatArray = np.zeros(GRADES, dtype=np.float32)
        self._ratios: FloatArray = np.pad(ratios, ((0, 0), (0, 1))).astype(np.float32)

    def weigh_text(self, text: str) -> FloatArray | None:
        """Log-likelihood ratio of each grade, (16,): place 0 is pre-kindergarten, place 15 is 0 for no grade."""
        written = read_grade(text)
        return None if written is None else self._ratios[written + 1]
