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
from consentry.web.trace_words import ACTION_WORDS, ACTOR_WORDS
from consentry.web.words import CATEGORY_WORDS, FIELD_WORDS, STATE_WORDS, mark

_SLOT = re.compile(r"\{(\w+)\}")
_FIELDS, _CATEGORIES = "fields", "categories"
_PARTED = {"kind": ", ", "kinds": "; "}
_CODES: Mapping[str, Mapping[str, str]] = {
    "action": {code.replace("_", " "): words for code, words in ACTION_WORDS.items()},
    "state": {code.replace("_", " "): words for code, words in STATE_WORDS.items()},
    "actor": ACTOR_WORDS,
}
_ROW_WORDS = {
    "first_name": mark("First name"),
    "last_name": mark("Last name"),
    "middle_name": mark("Middle name"),
}
_TRAIT = r"(?:student ID|language|scan) \w+"
_COUNTED = r"\d+ [^,]+?"
_VALUES = {
    "label": "|".join(LABELS),
    "days": r"\d+",
    "number": r"\d+",
    "bearers": r"[\d,]+",
    "children": r"[\d,]+",
    "kind": f"all other forms|{_TRAIT}(?:, {_TRAIT})*",
    "code": r"\w+",
    "asked": r"[\d.e-]+",
    "allowed": r"[\d.e-]+",
    "setting": r"[\w.]+",
    "action": "|".join(_CODES["action"]),
    "state": "|".join(_CODES["state"]),
    **dict.fromkeys(("on", "born", "since", "until"), r"\d{4}-\d\d-\d\d"),
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
    if name in _CODES:
        return texts.get(_CODES[name].get(value, value)) or value
    if name == _CATEGORIES:
        return ", ".join(texts.get(CATEGORY_WORDS.get(each, each)) or each for each in value.split(", "))
    if name in _PARTED:
        return _PARTED[name].join(retell(texts, part) for part in value.split(_PARTED[name]))
    if name == _FIELDS:
        words = ((FIELD_WORDS | _ROW_WORDS).get(code, code) for code in value.split(", "))
        return ", ".join(texts.get(each) or each for each in words)
    return retell(texts, value) if name in PHRASES else value
