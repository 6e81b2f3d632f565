"""What forms print beside their fields: how well a printed text names a field, and whose name or date follows it.

The phrases are data (`field_labels.toml`), in ten languages. It decides nothing about places, and knows no form of its own.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from rapidfuzz import fuzz

from ocr.types import FIELD_KINDS

_AT_START, _WITHIN = 0.75, 0.5
_LONGER = 0.22
_LEAST_ALIKE = 80.0
_SHORTEST_FUZZY = 5
_WORD_END = r"(?![^\W\d_])"
_WORD_START = r"(?<![^\W\d_])"
_UNSPACED = re.compile(r"[\u3400-\u9fff]")
_LAM_ALEF, _ALEF_LAM = "\u0644\u0627", "\u0627\u0644"
"""One sign in print: text layers give its two letters in either order."""
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class Whose(StrEnum):
    """Whose name, date or signature stands here."""

    STUDENT = "student"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Labels:
    """Folded phrases by field, and words that say whose what follows is."""

    phrases: dict[str, tuple[str, ...]]
    whose: dict[Whose, tuple[str, ...]]


@cache
def load_labels() -> Labels:
    """The phrases of all languages together: a form may print several."""
    by_language = tomllib.loads((resources.files("ocr") / "field_labels.toml").read_text(encoding="utf-8"))
    gathered: dict[str, dict[str, None]] = {}
    for phrases in by_language.values():
        for key, texts in phrases.items():
            gathered.setdefault(key, {}).update(dict.fromkeys(fold_label(text) for text in texts))
    return Labels(
        {name: tuple(gathered[name]) for name in FIELD_KINDS},
        {whose: tuple(gathered[f"whose_{whose}"]) for whose in Whose},
    )


def fold_label(text: str) -> str:
    """A printed text as labels are compared: small, without marks, numbering or points, one blank between words."""
    split = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in split if not unicodedata.combining(letter))
    bare = bare.replace("'", "").replace("’", "").replace(_LAM_ALEF, _ALEF_LAM)
    words = re.sub(r"[\W_]+", " ", bare).split()
    while words and words[0].isdigit():
        words = words[1:]
    return " ".join(words)


def is_right_to_left(text: str) -> bool:
    """Whether a text is of a script that runs right to left."""
    return bool(_RIGHT_TO_LEFT.search(text))


def rate_label(text: str, name: str) -> float:
    """How well a folded text names a field, 0 to 1: whole, at its start, within it, or nearly."""
    return max((_rate_phrase(text, phrase) for phrase in load_labels().phrases[name]), default=0.0)


def _rate_phrase(text: str, phrase: str) -> float:
    if not text or not phrase:
        return 0.0
    is_unspaced = _UNSPACED.search(phrase) is not None or is_right_to_left(phrase)
    if is_unspaced:  # blanks between words are set too narrow to be told, or not at all
        text, phrase = text.replace(" ", ""), phrase.replace(" ", "")
    if text == phrase:
        return 1.0
    share = len(phrase) / len(text)
    found = text.find(phrase) if is_unspaced else _find_words(text, phrase)
    if found >= 0:
        return (_AT_START if found == 0 else _WITHIN) + _LONGER * share
    if len(phrase) < _SHORTEST_FUZZY:
        return 0.0
    alike = fuzz.ratio(phrase, text[: len(phrase) + 1])
    return (_AT_START + _LONGER * min(share, 1.0)) * (alike / 100) ** 2 if alike >= _LEAST_ALIKE else 0.0


def _find_words(text: str, phrase: str) -> int:
    found = re.search(_WORD_START + re.escape(phrase) + _WORD_END, text)
    return found.start() if found else -1


def _find_name(text: str, word: str) -> int:
    return text.find(word) if _UNSPACED.search(word) or is_right_to_left(word) else _find_words(text, word)


def tell_whose(text: str) -> Whose | None:
    """Whose things a folded text speaks of: of both, the one named first; None where it names nobody."""
    places = {
        whose: min(
            (place for word in words if (place := _find_name(text, word)) >= 0),
            default=-1,
        )
        for whose, words in load_labels().whose.items()
    }
    named = {whose: place for whose, place in places.items() if place >= 0}
    return min(named, key=named.__getitem__) if named else None
