"""Weighs what stands in the school box against the schools of the district.

Decides how well a short form ("Garfield", "GHS", "garfield high sch.") names a school. Children move and leave mid-year, so a
different school counts against a child only a little. Never knows a list of schools: it takes the enrolled ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from anyascii import anyascii
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matching.name_vocabulary import FloatArray, IntArray

UNRELATED_SHARE = 0.1
SHARPNESS = 12.0
NO_SCHOOL_HERE = exp(-6.0)
_LEVELS = {
    "elementary": "elementary", "elem": "elementary", "el": "elementary", "es": "elementary", "primary": "elementary",
    "primaria": "elementary", "middle": "middle", "ms": "middle", "mid": "middle", "junior": "middle", "jr": "middle",
    "jh": "middle", "intermediate": "middle", "secundaria": "middle", "high": "high", "hs": "high", "sr": "high",
    "k8": "k8", "k12": "k12",
}  # fmt: skip
_LONG_FORM = {
    "intl": "international",
    "int": "international",
    "mt": "mount",
    "st": "saint",
    "ft": "fort",
    "mlk": "martin luther king",
}
_SHORT_LEVEL = {
    "elementary": ("elementary", "elem", "es"),
    "middle": ("middle", "middle school", "ms"),
    "high": ("high", "high school", "hs"),
    "k8": ("k-8",),
}
_EMPTY_WORDS = {"school", "sch", "schl", "schools", "the", "of", "at", "and", "escuela", "de", "la", "academy", "s"}


@dataclass(frozen=True, slots=True)
class SchoolName:
    """A school's name in parts: what is its own, its level, and the letters people shorten it to."""

    own: tuple[str, ...]
    level: str
    letters: str


@dataclass(frozen=True, slots=True)
class SchoolForms:
    """Texts to show to a reading, and the number of the school each stands for (same order)."""

    texts: tuple[str, ...]
    schools: IntArray


def split_school(text: str) -> SchoolName:
    """A written school in parts; `own` is empty where nothing is written."""
    raw = text[:80] if text.isascii() else anyascii(text[:80])
    plain = re.sub(r"['.]", "", raw.lower()).replace("k-8", "k8").replace("k-12", "k12")
    words = [long for word in re.findall(r"[a-z0-9]+", plain) for long in _LONG_FORM.get(word, word).split()]
    level = next((_LEVELS[word] for word in reversed(words) if word in _LEVELS), "")
    own = tuple(word for word in words if word not in _LEVELS and word not in _EMPTY_WORDS)
    letters = "".join(word[0] for word in words)
    return SchoolName(own or tuple(words), level, letters)


def _word_fits(written: str, real: str) -> float:
    if written == real:
        return 1.0
    if len(written) >= 3 and (real.startswith(written) or written.startswith(real)):
        return 0.85
    longest = max(len(written), len(real))
    distance = OSA.distance(written, real, score_cutoff=2)
    if distance == 1 and longest >= 4:
        return 0.85
    if distance == 2 and longest >= 7:
        return 0.7
    return 0.0


def compare_schools(written: SchoolName, real: SchoolName) -> float:
    """0 to 1: how well the written words name this school."""
    if not written.own or not real.own:
        return 0.0
    fits = [max(_word_fits(word, other) for other in real.own) for word in written.own]
    told = sum(fits) / len(fits)
    covered = sum(max(_word_fits(word, other) for word in written.own) for other in real.own) / len(real.own)
    score = 0.75 * told + 0.25 * covered
    if "".join(written.own) == "".join(real.own):
        score = 1.0
    written_letters = "".join(written.own)
    if len(written.own) == 1 and 2 <= len(written_letters) <= 5:
        initials = "".join(word[0] for word in real.own)
        if written_letters in {real.letters, initials, initials + "hs", initials + "ms", initials + "es"}:
            score = max(score, 0.85)
    if score < 0.6:
        score = max(score, 0.8 * fuzz.ratio(" ".join(written.own), " ".join(real.own)) / 100)
    if written.level and real.level and written.level != real.level:
        score *= 0.75
    return score


class SchoolIndex:
    """The distinct schools of the enrolled children. Immutable after construction."""

    def __init__(self, schools: Sequence[str]) -> None:
        distinct = sorted({school for school in schools if school})
        position = {school: number for number, school in enumerate(distinct)}
        self.texts = tuple(distinct)
        self.school_of_child = np.array([position.get(school, len(distinct)) for school in schools], dtype=np.int32)
        self._names = [split_school(school) for school in distinct]
        counts = np.bincount(self.school_of_child, minlength=len(distinct) + 1)[: len(distinct)]
        self._frequency = counts / max(int(counts.sum()), 1)
        self._cache: dict[str, FloatArray | None] = {}
        self._forms: SchoolForms | None = None

    def short_forms(self) -> SchoolForms:
        """The ways each school may stand on paper, the same tuple each time, and the school each belongs to."""
        if self._forms is None:
            texts: dict[str, int] = {}
            for number, (school, name) in enumerate(zip(self.texts, self._names, strict=True)):
                own = " ".join(name.own)
                shorts = _SHORT_LEVEL.get(name.level, ())
                for text in (school.lower(), own, *(f"{own} {short}" for short in shorts)):
                    texts.setdefault(text, number)
            numbers = np.fromiter(texts.values(), dtype=np.int32, count=len(texts))
            self._forms = SchoolForms(tuple(texts), numbers)
        return self._forms

    def weigh_pixels(self, text: str, scores: FloatArray, as_read: float) -> FloatArray | None:
        """As `weigh_text` from the score of each short form (F,) and of the text that was read."""
        written = split_school(text)
        if not any(written.own) or not self.texts:
            return None
        peak = max(float(scores.max(initial=-1e4)), as_read)
        fit = np.full(len(self.texts), -1e4, dtype=np.float32)
        np.maximum.at(fit, self.short_forms().schools, scores - np.float32(peak))
        return self.finish(np.maximum(fit, self._compare_all(written)))

    def weigh_text(self, text: str) -> FloatArray | None:
        """Log-likelihood ratio of each school, (S + 1,): the last is 0 for children without one. None for no text."""
        if text not in self._cache:
            if len(self._cache) > 20_000:
                self._cache.clear()
            written = split_school(text)
            empty = not any(written.own)
            self._cache[text] = None if empty else self.finish(self._compare_all(written))
        return self._cache[text]

    def _compare_all(self, written: SchoolName) -> FloatArray:
        scores = np.array([compare_schools(written, real) for real in self._names], dtype=np.float32)
        return np.asarray(SHARPNESS * (scores - 1.0), dtype=np.float32)

    def finish(self, log_fit: FloatArray) -> FloatArray:
        """From log fits (S,) to ratios, with the share of families that name another school."""
        fit = np.exp(log_fit)
        anybody = float((self._frequency * fit).sum()) + NO_SCHOOL_HERE
        ratio = np.log((1.0 - UNRELATED_SHARE) * fit / anybody + UNRELATED_SHARE)
        return np.append(ratio, 0.0).astype(np.float32)

    @property
    def worst(self) -> float:
        """The ratio of a school that has nothing to do with what was written."""
        return log(UNRELATED_SHARE)
