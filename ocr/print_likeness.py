"""How probable it is that ink was set by a machine and not by a hand: a stamp, a typed or printed name.

Decides nothing; a logistic curve over the traits of the ink, fitted by `tools/fit_print_likeness.py` to drawn stamps and
printed names against drawn signatures and names by real hands. Accepted limits: hands that print in even capitals come near
it, and four letters without a frame tell little.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ocr.signature_traits import SignatureTraits

_MANY_LETTERS = 14
_WEIGHTS = (-14.975, -2.305, 0.572, 6.607, 5.909, 5.437, 5.157, 1.192, 2.026, -5.573, 0.235, 0.579)


def describe_print(traits: SignatureTraits) -> NDArray[np.float64]:
    """What the curve weighs: a one, then the traits and products of them that tell print from writing."""
    count = min(traits.letters, _MANY_LETTERS)
    framed = float(traits.framed)
    return np.array(
        [
            1.0,
            traits.footed * count / 10,
            traits.headed * count / 10,
            count / 10,
            traits.footed * traits.headed,
            traits.footed**2 * count / 10,
            traits.crossing,
            traits.upright * 10,
            traits.level * 10,
            traits.joined,
            framed,
            framed * traits.level * 10,
        ]
    )


def measure_print_likeness(traits: SignatureTraits) -> float:
    """The probability (0 to 1) that a machine set it."""
    odds = float(describe_print(traits) @ np.array(_WEIGHTS))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
