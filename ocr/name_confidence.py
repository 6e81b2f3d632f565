"""How sure a name is read, as a share that holds: of the readings at 0.9, nine in ten are right.

Decides nothing; a logistic curve over two facts (how far the best spelling leads, how well the pixels fit it), fitted by
`tools/fit_name_confidence.py` to names in degraded forms and loose crops, of every second text of the development hands.
"""

from __future__ import annotations

import math

_AT_ZERO, _LEAD, _FIT = 0.192, 0.720, 0.246
_MOST_SURE = 0.999


def claim_confidence(share: float, pixels: float) -> float:
    """The confidence (0 to 1) of a spelling with this `share` among all found, and this log-probability of its pixels."""
    share = min(max(share, 1e-6), 1 - 1e-6)
    odds = _AT_ZERO + _LEAD * math.log(share / (1 - share)) + _FIT * max(pixels, -20.0)
    return min(_MOST_SURE, 1 / (1 + math.exp(-odds)))
