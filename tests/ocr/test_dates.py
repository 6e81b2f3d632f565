"""A day is found whatever way it was written, and no day that isn't in the calendar."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.ctc import LOWEST, Matrix
from ocr.dates import weigh_days


def spell(text: str) -> Matrix:
    matrix = np.full((2 * len(text), SIZE), 0.001, np.float32)
    for place, sign in enumerate(text):
        matrix[2 * place, INDEX_OF[sign]] = 1.0
        matrix[2 * place + 1, BLANK] = 1.0
    spelled: Matrix = matrix / matrix.sum(axis=1, keepdims=True)
    return spelled


@pytest.mark.parametrize(
    "written", ["03/14/2012", "3/14/2012", "3-14-12", "03.14.2012", "03142012", "03/14/2o12", "o3/l4/2012", "14/3/2012"]
)
def test_ways_of_writing_a_day(written: str) -> None:
    scores = weigh_days(spell(written)).table
    month, day, year = np.unravel_index(scores.argmax(), scores.shape)
    assert (int(year) + 1920, int(month) + 1, int(day) + 1) == (2012, 3, 14)


def test_month_first_is_likelier_than_day_first() -> None:
    scores = weigh_days(spell("03/04/2012"))
    assert scores.score(date(2012, 3, 4)) > scores.score(date(2012, 4, 3)) > scores.score(date(2012, 5, 3))


def test_days_out_of_range_are_least_likely() -> None:
    assert weigh_days(spell("03/04/2012")).score(date(1800, 3, 4)) == LOWEST
