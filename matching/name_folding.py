"""Folds names so that writing habits don't count as differences.

Decides what two spellings have in common before any comparison: case, accents, apostrophes, hyphens, scripts, suffixes.
Never decides that two different spellings mean one name: that is the name channel's work, with a price.
Accepted limits: transliteration (anyascii) gives consonants only for Arabic; a script it can't read folds to nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

LONGEST_TEXT = 120
"""Characters of a cell that are looked at; nobody's name is longer, and hostile cells are."""

SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "2nd", "3rd"})
_LETTER_FOR_DIGIT = str.maketrans("01358", "olesb")
APOSTROPHES = re.compile(r"['`´’‘ʼ\"]")
_NOT_NAME = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=262_144)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name, lower case Latin letters only; digits read as the letters they stand for; suffixes dropped."""
    raw = text[:LONGEST_TEXT]
    if not raw.isascii():
        raw = anyascii(raw)[: 2 * LONGEST_TEXT]
    folded = APOSTROPHES.sub("", raw.lower())
    found = [part for part in _NOT_NAME.sub(" ", folded).split(" ") if part]
    if len(found) > 1:
        found = [part for part in found if part not in SUFFIXES] or found
    return tuple(part.translate(_LETTER_FOR_DIGIT) for part in found)


def join_words(text: str) -> str:
    """The name as one run of letters: "De la Cruz", "dela-cruz" and "Delacruz" are all "delacruz"."""
    return "".join(words_of(text))


def parts_of(cell: str) -> tuple[str, ...]:
    """The values of a cell that holds several, separated by `;`; empty ones dropped."""
    if not cell:
        return ()
    return tuple(part for part in (piece.strip() for piece in cell.split(";")) if part)
