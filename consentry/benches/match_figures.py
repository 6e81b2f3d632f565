"""The figures of matching: answers held against the truth, with exact intervals.

Decides nothing: it counts. Shares lie between 0 and 1; every share that is small has its upper bound beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

from scipy.stats import beta

from consentry.benches.match_children import Child, Kind
from matching import Candidate

RECALL = 0.95
CLAIMS = (0.5, 0.95, 0.99, 0.999)
POLICY = 0.9999
"""Where the built-in policy accepts."""
MANY = 500
"""Of cultures with fewer children asked for, chance alone makes gaps of several points."""
Figures = dict[str, object]


class Verdict(StrEnum):
    """Whether claimed and real error lie within a factor of 2, as far as so many answers tell."""

    SHOWN = "within a factor of 2"
    REFUTED = "not within a factor of 2"
    TOO_FEW = "too few to tell"


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's best candidate against the truth: how sure it is (a peer's score need not be a probability), and if right."""

    child: Child
    probability: float
    right: bool


def judge(asked: Sequence[Child], found: Sequence[Sequence[Candidate]]) -> list[Answer]:
    """Each query's best candidate against the truth."""
    best = [(each[0].student_id, each[0].probability) if each else ("", 0.0) for each in found]
    return judge_best(asked, best)


def judge_best(asked: Sequence[Child], best: Sequence[tuple[str, float]]) -> list[Answer]:
    """As `judge`, from the number of each best candidate and its score; "" for none."""
    return [
        Answer(child, score, child.enrolled and student_id == child.record.student_id)
        for child, (student_id, score) in zip(asked, best, strict=True)
    ]


def upper_bound(wrong: int, trials: int, confidence: float = 0.95) -> float:
    """Exact (Clopper-Pearson) one-sided upper bound of a share."""
    return 1.0 if wrong >= trials else float(beta.ppf(confidence, wrong + 1, trials - wrong))


def interval(hits: int, trials: int) -> list[float]:
    """Exact 95% interval of a share."""
    low = 0.0 if not hits else float(beta.ppf(0.025, hits, trials - hits + 1))
    return [round(low, 6), round(upper_bound(hits, trials, 0.975), 6)]


def threshold_at(answers: Sequence[Answer], recall: float) -> float:
    """The score above which so large a share of the enrolled children is found."""
    right = sorted((answer.probability for answer in answers if answer.right), reverse=True)
    needed = int(recall * sum(answer.child.enrolled for answer in answers) + 0.999)
    return right[needed - 1] if 0 < needed <= len(right) else 0.0


def summarise(answers: Sequence[Answer]) -> Figures:
    """The figures of matching on these answers."""
    enrolled = [answer for answer in answers if answer.child.enrolled]
    threshold = threshold_at(answers, RECALL)
    return {
        **summarise_ranking(answers),
        "recall_at_policy": _share(answer.right and answer.probability >= POLICY for answer in enrolled),
        "recall_at_0.99": _share(answer.right and answer.probability >= 0.99 for answer in enrolled),
        "log_loss": round(measure_loss(answers), 6),
        "claims": {str(claim): hold_to_claim(answers, claim) for claim in CLAIMS},
        **_split_by_culture(answers, threshold),
    }


def measure_loss(answers: Sequence[Answer]) -> float:
    """Mean surprise, in nats, at whether the best candidate is right: a proper score, worse for doubt and false sureness."""
    chances = (answer.probability if answer.right else 1.0 - answer.probability for answer in answers)
    return sum(-log(max(chance, 1e-15)) for chance in chances) / max(len(answers), 1)


def summarise_ranking(answers: Sequence[Answer]) -> Figures:
    """What can be said of any method: the right child first, and the wrong ones accepted at 95% recall."""
    threshold = threshold_at(answers, RECALL)
    reached = sum(answer.right and answer.probability >= threshold for answer in answers)
    accepted = [answer for answer in answers if answer.probability >= threshold]
    wrong = [answer for answer in accepted if not answer.right]
    kinds = Counter(answer.child.kind for answer in wrong)
    enrolled = sum(answer.child.enrolled for answer in answers)
    return {
        "right_first": _share(answer.right for answer in answers if answer.child.enrolled),
        "recall": round(reached / max(enrolled, 1), 4),
        "accept_threshold": round(threshold, 6),
        "false_among_accepted": round(len(wrong) / max(len(accepted), 1), 6),
        "false_among_accepted_upper_95": round(upper_bound(len(wrong), len(accepted)), 6),
        "false_by_kind": {str(kind): kinds[kind] for kind in Kind},
    }


def hold_to_claim(answers: Sequence[Answer], claim: float) -> Figures:
    """The error claimed by answers at least so sure and the real one, as counts and shares, and what they tell."""
    sure = [answer for answer in answers if answer.probability >= claim]
    wrong = sum(not answer.right for answer in sure)
    expected = sum(1.0 - answer.probability for answer in sure)
    claimed = expected / max(len(sure), 1)
    low, high = interval(wrong, len(sure))
    return {
        "answers": len(sure),
        "wrong": wrong,
        "wrong_expected": round(expected, 2),
        "claimed_error": round(claimed, 6),
        "real_error": round(wrong / max(len(sure), 1), 6),
        "real_error_95": [low, high],
        "within_factor_2": bool(sure) and claimed / 2 <= wrong / len(sure) <= claimed * 2,
        "verdict": str(compare_errors(claimed, low, high)),
    }


def compare_errors(claimed: float, low: float, high: float) -> Verdict:
    """What a claimed error and the interval of the real one tell."""
    if low > 2 * claimed or high < claimed / 2:
        return Verdict.REFUTED
    return Verdict.SHOWN if low >= claimed / 2 and high <= 2 * claimed else Verdict.TOO_FEW


def _split_by_culture(answers: Sequence[Answer], threshold: float) -> Figures:
    cultures: dict[str, Figures] = {}
    accepted: dict[str, float] = {}
    by_policy: dict[str, float] = {}
    for culture in sorted({answer.child.culture for answer in answers if answer.child.enrolled}):
        own = [answer for answer in answers if answer.child.culture == culture]
        there = [answer for answer in own if answer.child.enrolled]
        reached = sum(answer.right for answer in there if answer.probability >= threshold)
        accepted[culture] = reached / len(there)
        by_policy[culture] = _share(answer.right and answer.probability >= POLICY for answer in there)
        cultures[culture] = {
            "enrolled": len(there),
            "right_first": _share(answer.right for answer in there),
            "accepted": round(accepted[culture], 4),
            "accepted_95": interval(reached, len(there)),
            "accepted_by_policy": by_policy[culture],
            "false_accepted": sum(not answer.right for answer in own if answer.probability >= threshold),
        }
    large = [culture for culture, own in cultures.items() if int(str(own["enrolled"])) >= MANY]
    return {
        "by_culture": cultures,
        "culture_gap": _gap(accepted, accepted),
        "culture_gap_of_large": _gap(accepted, large),
        "culture_gap_by_policy": _gap(by_policy, by_policy),
    }


def _gap(shares: Mapping[str, float], cultures: Iterable[str]) -> float:
    listed = [shares[culture] for culture in cultures]
    return round(max(listed) - min(listed), 4) if listed else 0.0


def _share(hits: Iterable[bool]) -> float:
    listed = list(hits)
    return round(sum(listed) / max(len(listed), 1), 5)
