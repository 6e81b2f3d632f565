"""Reads a name aloud: of all spellings that the pixels allow, the one that is also most like a name.

A prefix beam search over the CTC output (Hannun 2017, "Sequence Modeling with CTC") in which the spelling of names has a small
say (`name_model.py`). Decides only what is shown as read: how well a child's own name fits is scored from the pixels alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocr.alphabet import BLANK, INDEX_OF, SPACE, fold_character
from ocr.ctc import LOWEST, Matrix, score_candidates
from ocr.letters import read_as_letters
from ocr.name_model import END, NameModel, load_name_model

_SIGNS = "abcdefghijklmnopqrstuvwxyz-'"
_COLUMN_OF = {sign: INDEX_OF[sign] for sign in _SIGNS}
_COLUMNS = list(_COLUMN_OF.values())
_SAY_OF_SPELLING = 0.4
_BEAM = 12
_LEAST_SHARE = 2e-3
_NEVER = -1e30


@dataclass(frozen=True, slots=True)
class Spelling:
    """A folded name, and its natural-log weight: what the pixels say, and a share of what names are like."""

    folded: str
    pixels: float
    weight: float


@dataclass(frozen=True, slots=True)
class _Path:
    """A spelling so far: log-probability that it ends in a blank, in its last letter, and of its spelling as a name."""

    blank: float
    letter: float
    spelling: float

    @property
    def weight(self) -> float:
        return float(np.logaddexp(self.blank, self.letter)) + _SAY_OF_SPELLING * self.spelling


def spell_names(matrices: Sequence[Matrix]) -> list[Spelling]:
    """The likeliest spellings given all views (each T x SIZE), best first; empty where nothing can be a letter."""
    model = load_name_model()
    letters = [read_as_letters(matrix) for matrix in matrices]
    found = sorted({name for matrix in letters for name in _search(matrix, model) if name})
    if not found:
        return []
    pixels = np.mean([score_candidates(matrix, found) for matrix in letters], axis=0)
    spellings = [
        Spelling(name, float(score), float(score) + _SAY_OF_SPELLING * model.weigh_name(name))
        for name, score in zip(found, pixels, strict=True)
        if score > LOWEST
    ]
    return sorted(spellings, key=lambda spelling: -spelling.weight)


def measure_lead(spellings: Sequence[Spelling]) -> float:
    """The share (0 to 1) of the best spelling among all that were found."""
    return 1 / sum(math.exp(other.weight - spellings[0].weight) for other in spellings)


def write_like(folded: str, written: str) -> str:
    """`folded` with the case, accents and blanks of `written` (the plain reading) where the two agree; capitals elsewhere."""
    signs = [sign for sign in written if sign.isspace() or fold_character(sign) in _COLUMN_OF]
    plain = "".join(fold_character(sign) or " " for sign in signs)
    lower = sum(sign.islower() for sign in signs) > sum(sign.isupper() for sign in signs)
    text = ""
    for step in Levenshtein.opcodes(plain, folded):
        if step.tag == "equal":
            text += "".join(signs[step.src_start : step.src_end])
            continue
        if " " in plain[step.src_start : step.src_end]:
            text += " "
        put = folded[step.dest_start : step.dest_end]
        text += put if lower and text else put.upper()
    return re.sub(r"\s*([-'])\s*", r"\1", " ".join(text.split()))


def _search(matrix: Matrix, model: NameModel) -> list[str]:
    rests = np.log(np.maximum(matrix[:, BLANK] + matrix[:, SPACE], 1e-12)).tolist()
    shares = matrix[:, _COLUMNS]
    logs = np.log(np.maximum(shares, 1e-12))
    beam = {"": _Path(0.0, _NEVER, 0.0)}
    for rest, share, log in zip(rests, shares, logs, strict=True):
        entering = [(_SIGNS[place], float(log[place])) for place in np.flatnonzero(share > _LEAST_SHARE)]
        beam = _keep_best(_step(beam, rest, entering, model))
    ended = {name: path.weight + _SAY_OF_SPELLING * model.weigh_next(name, END) for name, path in beam.items()}
    return sorted(ended, key=lambda name: -ended[name])


def _step(beam: dict[str, _Path], rest: float, entering: list[tuple[str, float]], model: NameModel) -> dict[str, _Path]:
    following: dict[str, _Path] = {}

    def add(name: str, blank: float, letter: float, spelling: float) -> None:
        known = following.get(name)
        if known is not None:
            blank, letter = _add_logs(known.blank, blank), _add_logs(known.letter, letter)
        following[name] = _Path(blank, letter, spelling)

    for name, path in beam.items():
        either = _add_logs(path.blank, path.letter)
        add(name, either + rest, _NEVER, path.spelling)
        for sign, log in entering:
            repeated = name.endswith(sign)
            if repeated:
                add(name, _NEVER, path.letter + log, path.spelling)
            start = path.blank if repeated else either
            if start > _NEVER / 2:
                add(name + sign, _NEVER, start + log, path.spelling + model.weigh_next(name, sign))
    return following


def _keep_best(paths: dict[str, _Path]) -> dict[str, _Path]:
    best = sorted(paths.items(), key=lambda item: -item[1].weight)[:_BEAM]
    return dict(best)


def _add_logs(one: float, other: float) -> float:
    high, low = (one, other) if one > other else (other, one)
    return high if low <= _NEVER / 2 else high + math.log1p(math.exp(low - high))
