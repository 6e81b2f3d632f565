"""The best reading of a field's CTC output: free text, or the best date or ID that can have been written.

A date or an ID is read by its grammar, not letter by letter: the best valid one wins, and its confidence is its share among
all valid ones, lowered where the pixels spell something else altogether.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from ocr.alphabet import BLANK, INDEX_OF, OTHER, SIZE, SPACE, fold_text
from ocr.ctc import Matrix, score_candidates
from ocr.dates import FIRST_YEAR, read_as_digits, weigh_days
from ocr.letters import read_as_letters, spell_name
from ocr.recogniser import CtcOutput
from ocr.types import FieldKind

_DIGITS = [INDEX_OF[digit] for digit in "0123456789"]
_MISFIT_A_LETTER = 1.6
_BESIDE_NAMES = " .,:;·•。-_~'’\"|"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The best reading: as written, normalised, how sure that is (0 to 1), and the CTC outputs it rests on."""

    text: str
    value: str
    confidence: float
    views: tuple[Matrix, ...] = ()


def decode(kind: FieldKind, outputs: Sequence[CtcOutput]) -> Decoded:
    """The best reading of a field's CTC outputs (one or more)."""
    matrix, greedy = outputs[0].matrix, outputs[0].text
    if kind is FieldKind.NAME:
        found = _decode_name(outputs)
    elif kind is FieldKind.DATE:
        found = _decode_date(matrix, greedy)
    elif kind is FieldKind.STUDENT_ID:
        found = _decode_id(matrix, greedy)
    else:
        text = " ".join(greedy.split())
        found = Decoded(text, text, _free_confidence(matrix, text))
    return replace(found, views=tuple(output.matrix for output in outputs))


def _decode_name(outputs: Sequence[CtcOutput]) -> Decoded:
    """Of what each view reads, the text that all of them together find most probable."""
    texts = [text for output in outputs if fold_text(text := _write_name(output))]
    if not texts:
        return Decoded("", "", 0.0)
    scores = np.mean([score_candidates(read_as_letters(output.matrix), texts) for output in outputs], axis=0)
    best = int(scores.argmax())
    return Decoded(texts[best], texts[best], float(np.exp(min(0.0, scores[best]))))


def _write_name(output: CtcOutput) -> str:
    """The greedy reading where it can be a name, with its case and accents; else the best spelling in letters."""
    greedy = " ".join(output.text.split()).strip(_BESIDE_NAMES)
    plain = all(character.isspace() or character in "-'’." or _is_latin(character) for character in greedy)
    return greedy if plain else spell_name(output.matrix).strip(_BESIDE_NAMES)


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")


def _free_confidence(matrix: Matrix, text: str) -> float:
    if not fold_text(text):
        return 0.0
    return min(1.0, float(np.exp(score_candidates(matrix, [text])[0])))


def _decode_id(matrix: Matrix, greedy: str) -> Decoded:
    wide = read_as_digits(matrix)
    quiet = wide[:, [BLANK, SPACE, OTHER]].sum(axis=1)
    digits = wide[:, _DIGITS]
    best = np.where(digits.max(axis=1) > quiet, digits.argmax(axis=1), -1)
    kept = best[np.insert(best[1:] != best[:-1], 0, True)] if len(best) else best
    number = "".join(str(digit) for digit in kept if digit >= 0)
    letters = sum(character.isalpha() for character in greedy)
    if letters >= 3 and any(character.isdigit() for character in greedy[:1]):
        username = "".join(greedy.split()).casefold()
        return Decoded(username, username, _free_confidence(matrix, username))
    share = float(np.exp(score_candidates(wide[:, :SIZE], [number])[0])) if number else 0.0
    return Decoded(number, number, min(1.0, share))


def _decode_date(matrix: Matrix, greedy: str) -> Decoded:
    scores = weigh_days(matrix).table
    best = np.unravel_index(scores.argmax(), scores.shape)
    try:
        day = date(FIRST_YEAR + int(best[2]), int(best[0]) + 1, int(best[1]) + 1)
    except ValueError:
        return Decoded(greedy, "", 0.0)
    share = float(1.0 / np.exp(scores - scores.max()).sum())
    misfit = _free_score(matrix) - float(scores.max())
    sure = float(np.clip(1.0 - misfit / (8 * _MISFIT_A_LETTER), 0.0, 1.0))
    return Decoded(_write_as_seen(matrix, day), day.isoformat(), share * sure)


def _free_score(matrix: Matrix) -> float:
    return float(np.log(np.maximum(matrix.max(axis=1), 1e-9)).sum())


def _write_as_seen(matrix: Matrix, day: date) -> str:
    ways = [
        f"{month}/{number}/{year}"
        for month in dict.fromkeys((f"{day.month:02}", str(day.month)))
        for number in dict.fromkeys((f"{day.day:02}", str(day.day)))
        for year in (f"{day.year}", f"{day.year % 100:02}")
    ]
    digits = read_as_digits(matrix)[:, :SIZE]
    return ways[int(score_candidates(digits, ways).argmax())]
