"""What came of readings: counts by name, reliability of what they claimed, and how many could be taken at 99.5% precision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from ocr import FieldReading
from ocr.alphabet import fold_text
from ocr.name_reading import spell_names
from ocr.types import FieldKind

FEW, MANY = 300, 5000
PRECISION = 0.995
_BINS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.97, 1.001)
_ABSENT_EVERY = 3
_DAYS = [date(2000, 1, 1) + timedelta(days=number) for number in range(25 * 365)]
_NO_CANDIDATE = 4.0  # how far below the best path a candidate may stay, in natural logarithm, before none fits


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of many candidates: log-odds that it leads by, whether it is right, whether the truth was among them."""

    lead: float
    right: bool
    present: bool


def choose(reading: FieldReading, candidates: Sequence[str], scores: np.ndarray) -> Choice:
    """The choice among scored candidates, of which the first is the truth unless its score is -inf."""
    order = np.argsort(-scores)
    others = _weigh_others(reading, candidates[int(order[0])])
    lead = float(scores[order[0]] - logsumexp(np.append(scores[order[1:]], others)))
    present = bool(np.isfinite(scores[0]))
    return Choice(lead, present and order[0] == 0, present)


def _weigh_others(reading: FieldReading, best: str) -> list[float]:
    """Natural-log weights of what else may stand there than the best candidate: a name's other spellings, each weighed by how
    much it is like a name too; any other day; of other fields what any good explanation comes near.
    """
    if reading.kind is FieldKind.NAME and reading.views:
        chosen = _fold(best)
        return [spelling.weight for spelling in spell_names(reading.views) if spelling.folded != chosen]
    if reading.kind is FieldKind.DATE:
        days = zip(_DAYS, reading.score_days(_DAYS).tolist(), strict=True)
        return [score for day, score in days if day.isoformat() != best]
    return [reading.score_greedy() - _NO_CANDIDATE]


def measure_coverage(choices: Sequence[Choice]) -> float:
    """The largest share of the present that is taken right while of all taken at least PRECISION are right."""
    ordered = sorted(choices, key=lambda choice: -choice.lead)
    right = np.cumsum([choice.right for choice in ordered])
    fine = right / np.arange(1, len(ordered) + 1) >= PRECISION
    present = sum(choice.present for choice in ordered)
    return float(right[np.flatnonzero(fine)[-1]] / present) if fine.any() and present else 0.0


@dataclass(slots=True)
class Count:
    """What came of one kind of field: right of `asked`, each reading's confidence with whether it was right, and what would be
    chosen with the truth among the candidates and without it.
    """

    asked: int = 0
    exact: int = 0
    few: int = 0
    many: int = 0
    empty: int = 0
    claims: list[tuple[float, bool]] = field(default_factory=list)
    choices: list[tuple[Choice, Choice]] = field(default_factory=list)

    def add(self, exact: bool, few: bool, many: bool, empty: bool, confidence: float) -> None:
        """Counts one reading."""
        self.asked += 1
        self.exact, self.few, self.many = self.exact + exact, self.few + few, self.many + many
        self.empty += empty
        self.claims.append((confidence, exact))

    def as_json(self) -> dict[str, object]:
        """Shares of all that were asked."""
        asked = max(self.asked, 1)
        return {
            "asked": self.asked,
            "exact": round(self.exact / asked, 4),
            f"right_of_{FEW}": round(self.few / asked, 4),
            f"right_of_{MANY}": round(self.many / asked, 4),
            "read_as_empty": self.empty,
        } | self._as_coverage()

    def _as_coverage(self) -> dict[str, object]:
        if not self.choices:
            return {}
        mixed = [pair[place % _ABSENT_EVERY == 0] for place, pair in enumerate(self.choices)]
        return {
            "coverage_at_995": round(measure_coverage([present for present, _ in self.choices]), 4),
            "coverage_at_995_truth_absent_in_a_third": round(measure_coverage(mixed), 4),
        }

    def reliability(self) -> list[dict[str, float]]:
        """Bins of claimed confidence: how many readings, what they claimed on average, what share was right."""
        return bin_claims(self.claims)


def bin_claims(claims: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    """Claims of confidence, each with whether it was right, in bins: how many, what they claimed, what share held."""
    rows = []
    for low, high in pairwise(_BINS):
        held = [(claim, right) for claim, right in claims if low <= claim < high]
        if held:
            claimed, right = np.mean(held, axis=0)
            rows.append({"from": low, "readings": len(held), "claimed": round(float(claimed), 3),
                         "right": round(float(right), 3)})  # fmt: skip
    return rows


def _fold(text: str) -> str:
    return fold_text(text).replace(" ", "")


class Counts:
    """Counts by name, made when first asked for."""

    def __init__(self) -> None:
        self.of: defaultdict[str, Count] = defaultdict(Count)

    def judge(self, names: Sequence[str], reading: FieldReading, truth: str, candidates: Sequence[str]) -> None:
        """`candidates` begins with the truth; the first `FEW` of them are the small choice."""
        scores = reading.score(candidates)
        few, many = bool(scores[0] > scores[1:FEW].max()), bool(scores[0] > scores[1:].max())
        read = reading.value or reading.text
        exact = _fold(read) == _fold(truth)
        present = choose(reading, candidates, scores)
        absent = choose(reading, candidates, np.append(-np.inf, scores[1:]))
        for name in names:
            count = self.of[name]
            count.add(exact, few, many, reading.is_empty, reading.confidence)
            count.choices.append((present, absent))

    def judge_text(self, name: str, text: str, truth: str, candidates: Sequence[str], scores: Sequence[float]) -> None:
        """The same for an engine that gives a text and a score of each candidate."""
        best = np.asarray(scores)
        exact = _fold(text) == _fold(truth)
        self.of[name].add(exact, bool(best[0] > best[1:FEW].max()), bool(best[0] > best[1:].max()), not text, 0.0)

    def as_json(self) -> dict[str, object]:
        """All counts by name."""
        return {name: count.as_json() for name, count in sorted(self.of.items())}
