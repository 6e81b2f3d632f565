"""Weighs what stands in the school box against the schools of the district.

Decides how well a short form ("Garfield", "GHS", "garfield high sch.") names a school. Children move and leave mid-year, so a
different school counts against a child only a little, and one that this school's children go on to still less. Never knows a
list of schools: it takes the enrolled ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import exp

import numpy as np
from anyascii import anyascii
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from matching.enrollment_columns import TextColumn
from matching.feeders import learn_feeders
from matching.name_vocabulary import FloatArray, IntArray
from matching.weights import Weights

SHARPNESS = 12.0
MOST_WORDS = 6
CACHED_WORDS = 20_000
NO_SCHOOL_HERE = exp(-6.0)
UNSPEAKABLE = "\0"
"""Stands for the words of a school whose name folds to nothing; nobody writes it."""
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


class _SchoolWords:
    """The words of all schools, to compare a written school with every one at once."""

    def __init__(self, names: list[SchoolName]) -> None:
        place_of: dict[str, int] = {}
        lists = [[place_of.setdefault(word, len(place_of)) for word in name.own or (UNSPEAKABLE,)] for name in names]
        self._words = list(place_of)
        self._lengths = np.array([len(word) for word in self._words])
        self._fits: dict[str, FloatArray] = {}
        self._flat = np.array([place for places in lists for place in places], dtype=np.int64)
        self._counts = np.array([len(places) for places in lists], dtype=np.int64)
        self._start = np.cumsum(self._counts) - self._counts
        self._phrases = [" ".join(name.own) for name in names]
        self._joined = np.array(["".join(name.own) for name in names])
        self._levels = np.array([name.level for name in names])
        self._short: dict[str, list[int]] = {}
        for number, name in enumerate(names):
            initials = "".join(word[0] for word in name.own)
            for short in {name.letters, initials, initials + "hs", initials + "ms", initials + "es"}:
                self._short.setdefault(short, []).append(number)

    def compare(self, written: SchoolName) -> FloatArray:
        """0 to 1: how well the written words name each school, (S,)."""
        fits = np.array([self._fit_word(word) for word in written.own[:MOST_WORDS]])[:, self._flat]
        told = np.maximum.reduceat(fits, self._start, axis=1).mean(axis=0)
        covered = np.add.reduceat(fits.max(axis=0), self._start) / self._counts
        score = 0.75 * told + 0.25 * covered
        joined = "".join(written.own)
        score[self._joined == joined] = 1.0
        if len(written.own) == 1 and 2 <= len(joined) <= 5:
            short = self._short.get(joined, [])
            score[short] = np.maximum(score[short], 0.85)
        alike = process.cdist([" ".join(written.own)], self._phrases, scorer=fuzz.ratio)[0] * 0.008
        score = np.where(score < 0.6, np.maximum(score, alike), score)
        if written.level:
            score[(self._levels != "") & (self._levels != written.level)] *= 0.75
        return np.asarray(score, dtype=np.float32)

    def _fit_word(self, written: str) -> FloatArray:
        """How well one written word fits each word of the schools, (W,)."""
        found = self._fits.get(written)
        if found is None:
            if len(self._fits) > CACHED_WORDS:
                self._fits.clear()
            distances = process.cdist([written], self._words, scorer=OSA.distance, score_cutoff=2)[0]
            longest = np.maximum(self._lengths, len(written))
            found = np.where((distances == 2) & (longest >= 7), np.float32(0.7), np.float32(0.0))
            found[(distances == 1) & (longest >= 4)] = 0.85
            if len(written) >= 3:
                begun = [real.startswith(written) or written.startswith(real) for real in self._words]
                found[begun] = 0.85
            found[distances == 0] = 1.0
            self._fits[written] = found
        return found


class SchoolIndex:
    """The distinct schools of the enrolled children. Immutable after construction.

    `families` (N,) numbers the children's families, -1 where nothing tells: brothers and sisters show where a school's children
    go on to.
    """

    def __init__(self, schools: TextColumn, families: IntArray, weights: Weights) -> None:
        distinct = sorted(school for school in schools.values if school)
        position = {school: number for number, school in enumerate(distinct)}
        self.texts = tuple(distinct)
        numbers = np.array([position.get(school, len(distinct)) for school in schools.values], dtype=np.int32)
        self.school_of_child = numbers[schools.codes]
        names = [split_school(school) for school in distinct]
        self._names = names
        self._words = _SchoolWords(names) if names else None
        counts = np.bincount(self.school_of_child, minlength=len(distinct) + 1)[: len(distinct)]
        self._frequency = counts / max(int(counts.sum()), 1)
        self.feeders = learn_feeders(self.school_of_child, families, len(distinct))
        self.unrelated = weights.unrelated.school
        self.nothing: FloatArray = np.zeros(len(distinct) + 1, dtype=np.float32)
        self._cache: dict[str, FloatArray | None] = {}
        self._compared: dict[str, FloatArray | None] = {}
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

    def compare(self, text: str) -> FloatArray | None:
        """0 to 1: how well a text names each school, (S,); None for no text or no schools."""
        if text not in self._compared:
            if len(self._compared) > CACHED_WORDS:
                self._compared.clear()
            written = split_school(text)
            self._compared[text] = self._words.compare(written) if self._words and any(written.own) else None
        return self._compared[text]

    def weigh_pixels(self, text: str, scores: FloatArray, as_read: float) -> FloatArray | None:
        """As `weigh_text` from the score of each short form (F,) and of the text that was read."""
        compared = self.compare(text)
        if compared is None:
            return None
        peak = max(float(scores.max(initial=-1e4)), as_read)
        fit = np.full(len(self.texts), -1e4, dtype=np.float32)
        np.maximum.at(fit, self.short_forms().schools, scores - np.float32(peak))
        return self.finish(np.maximum(fit, np.float32(SHARPNESS) * (compared - np.float32(1.0))))

    def weigh_text(self, text: str) -> FloatArray | None:
        """Log-likelihood ratio of each school, (S + 1,): the last is 0 for children without one. None for no text."""
        if text not in self._cache:
            if len(self._cache) > CACHED_WORDS:
                self._cache.clear()
            compared = self.compare(text)
            self._cache[text] = None if compared is None else self.finish(SHARPNESS * (compared - 1.0))
        return self._cache[text]

    def finish(self, log_fit: FloatArray) -> FloatArray:
        """From log fits (S,) to ratios, with the share of families that name another school."""
        fit = np.exp(log_fit)
        gain = fit / (float((self._frequency * fit).sum()) + NO_SCHOOL_HERE)
        ratio = np.log((1.0 - self.unrelated) * gain + self.unrelated * self.feeders.spread(gain.astype(np.float32)))
        return np.append(ratio, 0.0).astype(np.float32)
