"""Puts what the two recognisers say of one ID or date into one weight, and says how sure the best is.

Decides the weights of the two, fitted to every second digit of the development hands, and the curve from a reading's share
among all to a confidence that holds, fitted to all of them (`tools/fit_digit_mixing.py`). Both recognisers look at the same
ink, so together they are less sure than two witnesses would be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr.types import FieldKind

LARGE_WEIGHT, DIGIT_WEIGHT = 0.5, 0.7
_LEAST_SHARE, _MOST_SURE = 1e-6, 0.998
_CURVES = {FieldKind.STUDENT_ID: (0.215, 0.729), FieldKind.DATE: (0.427, 0.694)}
"""By kind: the log-odds at an even share, and how they rise with the share's own."""

Table = NDArray[np.float64]


def mix_scores(tables: Sequence[Table]) -> Table:
    """One table of natural-log weights out of the large recogniser's (first) and the digit recogniser's, where it was asked."""
    if len(tables) == 1:
        return tables[0]
    large, digits = tables
    mixed: Table = LARGE_WEIGHT * large + DIGIT_WEIGHT * digits
    return mixed


def average_scores(tables: Sequence[Table]) -> Table:
    """The same, scaled as one recogniser's: both see one and the same ink, so their evidence isn't added up."""
    mixed = mix_scores(tables)
    return mixed if len(tables) == 1 else mixed / (LARGE_WEIGHT + DIGIT_WEIGHT)


def claim_confidence(kind: FieldKind, share: float) -> float:
    """The confidence (0 to 1) of the best reading of an ID or a date, given its share among all that it may be."""
    at_even, rise = _CURVES[kind]
    share = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
    return min(_MOST_SURE, 1 / (1 + math.exp(-(at_even + rise * math.log(share / (1 - share))))))
