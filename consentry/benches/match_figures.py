"""The figures of matching: answers held against the truth, with exact intervals.

Decides nothing: it counts. Shares lie between 0 and 1; every share that is small has its upper bound beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy.stats import beta

from consentry.benches.match_children import Child, Kind
from matching import Candidate

RECALL = 0.95
CLAIMS = (0.5, 0.95, 0.99, 0.999)
POLICY = 0.9999
"""Where the built-in policy accepts."""
Figures = dict[str, object]


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
        "claims": {str(claim): hold_to_claim(answers, claim) for claim in CLAIMS},
        **_split_by_culture(answers, threshold),
    }


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
    """The error claimed by answers at least so sure, and the real one."""
    sure = [answer for answer in answers if answer.probability >= claim]
    wrong = sum(not answer.right for answer in sure)
    claimed = sum(1.0 - answer.probability for answer in sure) / max(len(sure), 1)
    low, high = interval(wrong, len(sure))
    return {
        "answers": len(sure),
        "claimed_error": round(claimed, 6),
        "real_error": round(wrong / max(len(sure), 1), 6),
        "real_error_95": [low, high],
        "within_factor_2": bool(sure) and claimed / 2 <= wrong / len(sure) <= claimed * 2,
        "factor_2_possible": low <= 2 * claimed and high >= claimed / 2,
    }


def _split_by_culture(answers: Sequence[Answer], threshold: float) -> Figures:
    cultures: dict[str, Figures] = {}
    shares: list[float] = []
    for culture in sorted({answer.child.culture for answer in answers if answer.child.enrolled}):
        own = [answer for answer in answers if answer.child.culture == culture]
        there = [answer for answer in own if answer.child.enrolled]
        taken = [answer for answer in own if answer.probability >= threshold]
        reached = sum(answer.right for answer in there if answer.probability >= threshold)
        shares.append(reached / len(there))
        cultures[culture] = {
            "enrolled": len(there),
            "right_first": _share(answer.right for answer in there),
            "accepted": round(reached / len(there), 4),
            "accepted_95": interval(reached, len(there)),
            "accepted_by_policy": _share(answer.right and answer.probability >= POLICY for answer in there),
            "false_accepted": sum(not answer.right for answer in taken),
        }
    return {"by_culture": cultures, "culture_gap": round(max(shares) - min(shares), 4) if shares else 0.0}


def _share(hits: Iterable[bool]) -> float:
    listed = list(hits)
    return round(sum(listed) / max(len(listed), 1), 5)
