"""How probable a spelling is as a name of any people: a letter given the four before it, and the whole among names there are.

Decides nothing about a child: it knows no district and no enrollment, only names of public lists (`tools/build_name_model.py`
says from what it was counted, and how). It helps to read aloud what was written; the score of a candidate against the pixels
never uses it. Each part of a hyphened name begins anew. Accepted limit: names of peoples who are rare in its sources are
thought improbable, so its word counts for less than the pixels', and a name that no list has loses little by it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources

import numpy as np

ORDER = 5
START, END = "^", "$"
SYMBOLS = START + END + "abcdefghijklmnopqrstuvwxyz-'"
JOINING = "-"
_BASE = 32
_INDEX_OF = {symbol: index for index, symbol in enumerate(SYMBOLS)}
_UNSEEN = math.log(1 / len(SYMBOLS))
_JOINS = math.log(0.05)
_OF_LISTS, _OF_LETTERS = math.log(0.6), math.log(0.4)
_DATA = "data/name_model.npz"


def index_gram(gram: Sequence[str]) -> int:
    """A run of symbols as one number; runs of different length never share one."""
    number = 1
    for symbol in gram:
        number = number * _BASE + _INDEX_OF[symbol]
    return number


def index_name(folded: str) -> int:
    """A whole name as one number; of the names that no list has one in 15,000 passes for one that a list has."""
    return zlib.crc32(folded.encode())


class NameModel:
    """Natural-log probabilities of letters, looked up by `index_gram`, and of whole names, by `index_name`."""

    def __init__(self, following: dict[int, float], falling_back: dict[int, float], known: dict[int, float]) -> None:
        self._following = following
        self._falling_back = falling_back
        self._known = known
        self.weigh_next = lru_cache(maxsize=200_000)(self._weigh_next)

    def _weigh_next(self, before: str, symbol: str) -> float:
        """Log-probability that `symbol` (a letter, `-`, `'`, or END) follows the folded text `before`."""
        part = before.rpartition(JOINING)[2]
        if symbol == JOINING:  # a part may be joined to another wherever it could end
            return max(_JOINS + self._look_up(part, END), self._look_up(part, JOINING)) if part else _UNSEEN
        return self._look_up(part, symbol)

    def _look_up(self, part: str, symbol: str) -> float:
        context = (START * (ORDER - 1) + part)[1 - ORDER :]
        fallen = 0.0
        while True:
            found = self._following.get(index_gram(context + symbol))
            if found is not None:
                return fallen + found
            if not context:
                return fallen + _UNSEEN
            fallen += self._falling_back.get(index_gram(context), 0.0)
            context = context[1:]

    def weigh_name(self, folded: str) -> float:
        """Log-probability of a whole folded name, by its letters and by the lists; it may hold no blank."""
        letters = sum(self.weigh_next(folded[:place], symbol) for place, symbol in enumerate(folded))
        lists = sum(self._weigh_in_lists(part) for part in folded.split(JOINING))
        return letters + self.weigh_next(folded, END) + lists

    def _weigh_in_lists(self, part: str) -> float:
        """How much more probable a part of a name is among the lists' names and letters together than by letters alone."""
        known = self._known.get(index_name(part))
        if known is None:
            return _OF_LETTERS
        letters = sum(self._look_up(part[:place], symbol) for place, symbol in enumerate(part + END))
        return float(np.logaddexp(_OF_LETTERS, _OF_LISTS + known - letters))


@cache
def load_name_model() -> NameModel:
    """The model that comes with the package, loaded once a process."""
    with resources.as_file(resources.files("ocr") / _DATA) as path, np.load(path) as data:
        return NameModel(
            dict(zip(data["grams"].tolist(), data["gram_logs"].astype(float).tolist(), strict=True)),
            dict(zip(data["contexts"].tolist(), data["context_logs"].astype(float).tolist(), strict=True)),
            dict(zip(data["names"].tolist(), data["name_logs"].astype(float).tolist(), strict=True)),
        )
