"""Finds the likeliest spellings of a CTC output: a prefix beam search over the signs that a field may hold.

Decides only which spellings are worth scoring; their probabilities come from `ctc.py`, exactly. Accepted limit: of a spelling
that falls out of the beam nothing is heard, which with a dozen kept needs two places in doubt at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr.alphabet import BLANK, SPACE, SYMBOLS
from ocr.ctc import Matrix

_LEAST = 1e-4
_SILENT = 0.999


def find_spellings(matrix: Matrix, signs: Sequence[int], width: int = 12) -> list[str]:
    """The likeliest texts out of `signs` (indexes of the folded alphabet), best first; the empty text may be one."""
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for row in matrix.astype(np.float64):
        silence = float(row[BLANK] + row[SPACE])
        likely = [(sign, float(row[sign])) for sign in signs if row[sign] > _LEAST]
        if silence > _SILENT or not likely:
            beam = {text: (in_blank + in_letter, 0.0) for text, (in_blank, in_letter) in beam.items()}
            continue
        beam = _grow(beam, silence, likely, row, width)
    ranked = sorted(beam.items(), key=lambda entry: -sum(entry[1]))
    return ["".join(SYMBOLS[sign - 1] for sign in text) for text, _ in ranked]


def _grow(
    beam: dict[tuple[int, ...], tuple[float, float]],
    silence: float,
    likely: Sequence[tuple[int, float]],
    row: NDArray[np.float64],
    width: int,
) -> dict[tuple[int, ...], tuple[float, float]]:
    grown: dict[tuple[int, ...], tuple[float, float]] = {}
    for text, (in_blank, in_letter) in beam.items():
        total = in_blank + in_letter
        known = grown.get(text, (0.0, 0.0))
        again = in_letter * float(row[text[-1]]) if text else 0.0
        grown[text] = (known[0] + total * silence, known[1] + again)
        for sign, share in likely:
            longer = (*text, sign)
            entering = share * (in_blank if text and text[-1] == sign else total)
            known = grown.get(longer, (0.0, 0.0))
            grown[longer] = (known[0], known[1] + entering)
    kept = sorted(grown.items(), key=lambda entry: -sum(entry[1]))[:width]
    top = sum(kept[0][1])
    return {text: (in_blank / top, in_letter / top) for text, (in_blank, in_letter) in kept} if top > 0 else beam
