"""Says again, in a page's language, what rules and matcher said in English: by the sentence that the words were made from.

Decides nothing of what is said. Words that come from no known sentence stay as they are. Names of fields stand in English
sentences as codes; they are said as the pages call them, in English too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from consentry.web.told_sentences import LABELS, PHRASES, TOLD
from consentry.web.words import FIELD_WORDS, mark

_SLOT = re.compile(r"\{(\w+)\}")
_FIELDS = "fields"
_ROW_WORDS = {
    "first_name": mark("First name"),
    "last_name": mark("Last name"),
    "middle_name": mark("Middle name"),
}
_COUNTED = r"\d+ [^,]+?"
_VALUES = {
    "label": "|".join(LABELS),
    "days": r"\d+",
    "number": r"\d+",
    "bearers": r"[\d,]+",
    "children": r"[\d,]+",
    "one": _COUNTED,
    "other": _COUNTED,
}


@dataclass(frozen=True, slots=True)
class KnownSentence:
    """A sentence with its places for values, and the pattern of all that is made from it."""

    words: str
    pattern: re.Pattern[str]

    @property
    def has_places(self) -> bool:
        """Whether it has a place for a value at all."""
        return bool(self.pattern.groups)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The sentence that words were made from, and the values in its places."""

    words: str
    values: Mapping[str, str]


def recognise(told: str) -> Recognised | None:
    """The sentence that these words were made from, None for words that come from none."""
    known = list_known_sentences()
    if told in known:
        return Recognised(told, {})
    for sentence in known.values():
        if sentence.has_places and (found := sentence.pattern.fullmatch(told)):
            return Recognised(sentence.words, found.groupdict())
    return None


def retell(texts: Mapping[str, str], told: str) -> str:
    """What was told, in the language of these texts; `texts` is empty for English."""
    if told in texts:
        return texts[told] or told
    found = recognise(told)
    if found is None:
        return told
    values = {name: _retell_value(texts, name, value) for name, value in found.values.items()}
    said = texts.get(found.words) or found.words
    return said.format(**values) if values else said


@cache
def list_known_sentences() -> dict[str, KnownSentence]:
    """All sentences by their words; those that say most by themselves first, so that a value never swallows one."""
    longest_first = sorted(TOLD, key=lambda words: -len(_SLOT.sub("", words)))
    return {words: KnownSentence(words, _make_pattern(words)) for words in longest_first}


def _make_pattern(words: str) -> re.Pattern[str]:
    parts = _SLOT.split(words)
    written = [
        f"(?P<{part}>{_VALUES.get(part, '.+?')})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.DOTALL)


def _retell_value(texts: Mapping[str, str], name: str, value: str) -> str:
    if name == _FIELDS:
        words = ((FIELD_WORDS | _ROW_WORDS).get(code, code) for code in value.split(", "))
        return ", ".join(texts.get(each) or each for each in words)
    return retell(texts, value) if name in PHRASES else value
