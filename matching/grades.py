"""Weighs the grade as written against the enrolled grade.

Decides the chance that a grade is off by one (last year's list, next year's form). Never a strong witness: the birth date
says nearly all of it already, and `matcher` counts it less where the date agrees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log

import numpy as np

from matching.name_vocabulary import FloatArray

SAME, OFF_BY_ONE = 0.88, 0.09
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

    def __init__(self, grades: Sequence[str]) -> None:
        read = {text: read_grade(text) for text in set(grades)}
        numbers = [read[text] for text in grades]
        self.grade_of_child = np.array([15 if number is None else number + 1 for number in numbers], dtype=np.int8)
        counts = np.bincount(self.grade_of_child, minlength=16)[:15].astype(np.float64)
        self._frequency = (counts + 0.5) / (counts.sum() + 7.5)

    def weigh_text(self, text: str) -> FloatArray | None:
        """Log-likelihood ratio of each grade, (16,): place 0 is pre-kindergarten, place 15 is 0 for no grade."""
        written = read_grade(text)
        if written is None:
            return None
        apart = np.abs(np.arange(-1, 14) - written)
        chance = np.where(apart == 0, SAME, np.where(apart == 1, OFF_BY_ONE / 2, (1 - SAME - OFF_BY_ONE) / 12))
        anybody = float((chance * self._frequency).sum())
        return np.append(np.log(chance) - log(anybody), 0.0).astype(np.float32)
