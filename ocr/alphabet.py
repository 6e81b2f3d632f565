"""The folded alphabet that readings are scored in: base letters without case or accents, digits, a few marks.

Decides which of the recogniser's characters mean the same on a form: `É`, `é` and `E` are one, `ø` is `o`, `đ` is `d`,
full-width digits are digits. What is neither letter nor digit nor one of the marks is OTHER: no candidate passes through it.
Accepted limit: other scripts than Latin are not scored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

from anyascii import anyascii

BLANK = 0
SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789 -'/.,"
OTHER = len(SYMBOLS) + 1
SIZE = len(SYMBOLS) + 2
INDEX_OF = {symbol: index for index, symbol in enumerate(SYMBOLS, start=1)}
SPACE = INDEX_OF[" "]

_SAME_MARK = {
    **dict.fromkeys("’‘`´ʻʼ′", "'"),
    **dict.fromkeys("–—‐‑−_ー一", "-"),
    **dict.fromkeys("\\|／", "/"),
    **dict.fromkeys("。·•", "."),
    "，": ",",
    "\u3000": " ",
}
_SAME_LOOK = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухіІѕЅјЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ⊂工エ丨〇",
        "abekmhopctyxaeopcyxiissjjabezhikmnoptyxovpciii0",
        strict=True,
    )
)
"""Letters of other scripts that the recogniser gives for Latin capitals that look the same."""


@cache
def fold_character(character: str) -> str:
    """The folded symbol of one character; "" if it has none."""
    character = _SAME_MARK.get(character, _SAME_LOOK.get(character, character))
    if character in INDEX_OF:
        return character
    base = unicodedata.normalize("NFKD", character)[:1].casefold()
    if base in INDEX_OF:
        return base
    if not unicodedata.name(character, "").startswith("LATIN"):
        return ""
    plain = str(anyascii(character)).casefold()
    return plain if len(plain) == 1 and plain in INDEX_OF else ""


def fold_text(text: str) -> str:
    """A text in the folded alphabet: what has no symbol is left out, runs of blanks are one, ends are trimmed."""
    folded = "".join(map(fold_character, unicodedata.normalize("NFC", text)))
    return " ".join(folded.split())


def fold_classes(characters: Sequence[str]) -> list[int]:
    """The folded index of each class of the recogniser, given its characters by class number (class 0 is its blank)."""
    return [BLANK, *(INDEX_OF.get(fold_character(text), OTHER) if len(text) == 1 else OTHER for text in characters[1:])]
