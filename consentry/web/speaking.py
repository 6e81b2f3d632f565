"""The languages of the pages: gettext catalogues read once at start; a text without a translation stays English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from babel.dates import format_date, get_day_names
from babel.messages.pofile import read_po

from consentry.web.retelling import retell
from consentry.web.words import REASON_WORDS
from review_queue import Reason

LOCALE = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
LANGUAGES = {"en": "English", "es": "Español"}


@dataclass(frozen=True, slots=True)
class Voice:
    """One language. Called with an English text, it gives the text in that language, values put in by name."""

    language: str
    texts: dict[str, str]

    def __call__(self, words: str, **values: object) -> str:
        """The text, with `{name}` replaced by the values."""
        said = self.texts.get(words) or words
        return said.format(**values) if values else said

    def say_sentences(self, words: str) -> str:
        """A text of several sentences, each in the language where it is known."""
        return " ".join(self.retell(sentence) for sentence in re.split(r"(?<=\.) ", words))

    def say_reason(self, told: str) -> str:
        """The reason of a decision: codes of reasons in words, then what a person wrote, as they wrote it."""
        codes, _, note = told.partition(": ")
        if not all(code in REASON_WORDS for code in codes.split()):
            return self.retell(told)
        said = ", ".join(self(REASON_WORDS[Reason(code)]) for code in codes.split())
        return f"{said}: {note}" if note else said

    def retell(self, told: str) -> str:
        """What rules and matcher told in English, in this language."""
        return retell(self.texts, told)

    def say_month(self, day: date) -> str:
        """The month and year of a day."""
        return format_date(day, "LLLL yyyy", self.language)

    def say_weekday(self, number: int) -> str:
        """The short name of a weekday, Monday 0."""
        return str(get_day_names("abbreviated", "stand-alone", self.language)[number])


class Voices:
    """All languages that the pages speak."""

    def __init__(self) -> None:
        self._voices = {language: Voice(language, _read_texts(language)) for language in LANGUAGES}

    def find(self, language: str) -> Voice:
        """The voice of a language, English for one that there is none of."""
        return self._voices.get(language, self._voices[SOURCE_LANGUAGE])

    def choose(self, accepted: str) -> str:
        """The first language of an Accept-Language header that the pages speak."""
        asked = (part.split(";")[0].strip().split("-")[0].casefold() for part in accepted.split(","))
        return next((language for language in asked if language in self._voices), SOURCE_LANGUAGE)


def _read_texts(language: str) -> dict[str, str]:
    if language == SOURCE_LANGUAGE:
        return {}
    with (LOCALE / language / "LC_MESSAGES" / "consentry.po").open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string and not entry.fuzzy}
