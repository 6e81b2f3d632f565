"""The best reading of a field's CTC output: free text, or the best date or ID that can have been written.

A date or an ID is read by its grammar, not letter by letter: the best valid one wins, and its confidence is its share among
all valid ones, lowered where the pixels spell something else altogether.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ocr.alphabet import SIZE, fold_text
from ocr.ctc import Matrix, score_candidates
from ocr.dates import rank_days, read_as_digits, weigh_days
from ocr.digit_mixing import claim_confidence as claim_digits
from ocr.digit_mixing import mix_scores
from ocr.id_reading import read_id
from ocr.name_confidence import claim_confidence
from ocr.name_reading import measure_lead, spell_names, write_like
from ocr.recogniser import CtcOutput
from ocr.types import FieldKind

_MISFIT_A_LETTER, _USUAL_MISFIT = 1.6, 5.0
_LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Decoded:
    """The best reading: as written, normalised, and how sure that is (0 to 1)."""

    text: str
    value: str
    confidence: float


def decode(kind: FieldKind, output: CtcOutput, views: Sequence[Matrix]) -> Decoded:
    """The best reading of a field: `output` of the recogniser and all `views` of it, its own matrix among them."""
    if kind is FieldKind.NAME:
        return read_name_aloud(output)
    if kind is FieldKind.DATE:
        return _decode_date(views, output.text)
    if kind is FieldKind.STUDENT_ID:
        return _decode_id(views)
    text = " ".join(output.text.split())
    return Decoded(text, text, _free_confidence(output.matrix, text))


def read_name_aloud(output: CtcOutput) -> Decoded:
    """The likeliest spelling, in the case, accents and blanks of what was written; it is sure as far as others are unlikely."""
    spellings = spell_names([output.matrix])
    if not spellings:
        return Decoded("", "", 0.0)
    best = spellings[0]
    text = write_like(best.folded, " ".join(output.text.split()))
    return Decoded(text, text, claim_confidence(measure_lead(spellings), best.pixels))


def _free_confidence(matrix: Matrix, text: str) -> float:
    if not fold_text(text):
        return 0.0
    return min(1.0, float(np.exp(score_candidates(matrix, [text])[0])))


def _decode_id(views: Sequence[Matrix]) -> Decoded:
    belief = read_id(views)
    confidence = claim_digits(FieldKind.STUDENT_ID, belief.share) if belief.text else 0.0
    return Decoded(belief.text, belief.text, confidence)


def _decode_date(views: Sequence[Matrix], greedy: str) -> Decoded:
    tables = [weigh_days(view).table for view in views]
    scores = mix_scores(tables)
    ranked = rank_days(scores, 1)
    if not ranked:
        return Decoded(greedy, "", 0.0)
    day, share = ranked[0].day, ranked[0].share
    misfit = min(_free_score(view) - float(table.max()) for view, table in zip(views, tables, strict=True))
    sure = float(np.clip(1.0 - max(0.0, misfit - _USUAL_MISFIT) / (8 * _MISFIT_A_LETTER), 0.0, 1.0))
    return Decoded(_write_as_seen(views[0], day, greedy), day.isoformat(), claim_digits(FieldKind.DATE, share) * sure)


def _free_score(matrix: Matrix) -> float:
    return float(np.log(np.maximum(matrix.max(axis=1), 1e-9)).sum())


def _write_as_seen(matrix: Matrix, day: date, greedy: str) -> str:
    if sum(map(str.isalpha, greedy)) >= _LEAST_LETTERS:  # a month in words stays as it was read
        return " ".join(greedy.split())
    ways = [day.isoformat()] + [
        f"{month}/{number}/{year}"
        for month in dict.fromkeys((f"{day.month:02}", str(day.month)))
        for number in dict.fromkeys((f"{day.day:02}", str(day.day)))
        for year in (f"{day.year}", f"{day.year % 100:02}")
    ]
    digits = read_as_digits(matrix)[:, :SIZE]
    return ways[int(score_candidates(digits, ways).argmax())]
