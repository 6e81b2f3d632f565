"""Reads what stands in an ID box: the district's seven digits, the state's ten, or a username such as `1jwsmith`.

Decides which of them was written, by both recognisers together; never whose it is. Accepted limit: other shapes are read too,
but have to be plain to be believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ocr.alphabet import INDEX_OF, SIZE
from ocr.ctc import Matrix, score_candidates
from ocr.dates import read_as_digits
from ocr.digit_beam import find_spellings
from ocr.digit_mixing import mix_scores

_DIGITS = [INDEX_OF[digit] for digit in "0123456789"]
_LETTERS = [INDEX_OF[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]
_USERNAME = re.compile(r"\d[a-z]{2,}\d{0,3}")
_LEAST_LETTERS = 1.5


class IdShape(StrEnum):
    """What kind of number or name stands in an ID box."""

    DISTRICT_ID = "district_id"
    STATE_ID = "state_id"
    USERNAME = "username"
    OTHER = "other"


_LOG_PRIORS = {IdShape.DISTRICT_ID: 0.0, IdShape.STATE_ID: -2.0, IdShape.USERNAME: -2.5, IdShape.OTHER: -4.0}


@dataclass(frozen=True, slots=True)
class IdBelief:
    """The best reading of an ID box, empty where nothing can be read, and its share (0 to 1) among all that it may be."""

    text: str
    share: float


def name_id_shape(text: str) -> IdShape:
    """The shape of an ID as text; blanks, dots and dashes don't count."""
    plain = re.sub(r"[\s.\-]", "", text).casefold()
    if plain.isdigit():
        return {7: IdShape.DISTRICT_ID, 10: IdShape.STATE_ID}.get(len(plain), IdShape.OTHER)
    return IdShape.USERNAME if _USERNAME.fullmatch(plain) else IdShape.OTHER


def read_id(views: Sequence[Matrix]) -> IdBelief:
    """What most probably stands in an ID box: by the large recogniser's view, and by the digit recogniser's if it was asked."""
    wide = [read_as_digits(view)[:, :SIZE] for view in views]
    texts = {text for view in wide for text in find_spellings(view, _DIGITS) if text}
    if float(views[0][:, _LETTERS].max(axis=1).sum()) >= _LEAST_LETTERS:
        texts |= {text for text in find_spellings(views[0], _DIGITS + _LETTERS) if _USERNAME.fullmatch(text)}
    if not texts:
        return IdBelief("", 0.0)
    asked = sorted(texts)
    for view in wide[1:]:
        view[:, _LETTERS] *= len(_LETTERS)  # it can't tell letters: what it thinks a letter may be any
    weights = mix_scores([score_candidates(view, asked) for view in wide])
    weights = weights + np.array([_LOG_PRIORS[name_id_shape(text)] for text in asked])
    best = int(weights.argmax())
    return IdBelief(asked[best], float(1.0 / np.exp(weights - weights[best]).sum()))
