"""The curve of automation against risk, and the strictest threshold that the labels ask for, by kind of form.

Kinds with labels enough are tested on their own, the others together; the doubt is shared out among them, so that the
promise holds for all at once. Where labels are too few the built-in calibration stands: no single form is granted whose
claimed risk exceeds the promise. Labels that speak against that start make it stricter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy.orm import Session

from consentry.pipeline.past_rulings import load_past_forms
from consentry.program import Program
from consentry.risk.policy import RiskTerms, Rulebook
from consentry.risk.risk_bounds import (
    GRID,
    ErrorCount,
    ScoredLabel,
    bound_above,
    count_errors,
    count_labels_needed,
    find_uncontradicted,
    learn_threshold,
)
from consentry.risk.risk_labels import find_labels
from review_queue import Policy, Stratum

NOTHING = 1.0
"""A threshold that no claim reaches."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class ScoredForm:
    """A past form: its kind, the score that would have decided it (None: no threshold would), its label (None: unknown)."""

    form_id: str
    stratum: Stratum
    score: float | None
    is_error: bool | None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a threshold would bring: share of forms granted automatically, their mean claimed risk, labels and their bound."""

    threshold: float
    share_automatic: float
    claimed_risk: float
    errors: int
    labels: int
    upper_bound: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """The loosest threshold allowed. `ground`: labels, start (too few labels), contradicted (they made it stricter)."""

    threshold: float
    ground: str


@dataclass(frozen=True, slots=True)
class GroupAllowance:
    """The allowance of one group of forms. `stratum` None: all that have no group of their own."""

    stratum: Stratum | None
    labels: int
    errors: int
    allowed: float
    ground: str


@dataclass(frozen=True, slots=True)
class RiskAssessment:
    """All that the past says of thresholds. `labels_needed`: without any error, for a group's threshold to be learned."""

    curve: tuple[CurvePoint, ...]
    groups: tuple[GroupAllowance, ...]
    labels_needed: int
    forms: int
    not_replayable: int

    def find_allowed(self, stratum: Stratum) -> float:
        """The loosest threshold allowed for forms of a kind."""
        own = next((group.allowed for group in self.groups if group.stratum == stratum), None)
        return own if own is not None else next(group.allowed for group in self.groups if group.stratum is None)


def assess_risk(session: Session, program: Program, rulebook: Rulebook) -> RiskAssessment:
    """The curve and the allowances from all past forms and their labels, under the promise of `rulebook`."""
    past = load_past_forms(session, program)
    labels = find_labels(session, {form.form_id: form.student_id for form in past.forms})
    scored = [
        ScoredForm(
            form.form_id,
            narrow_stratum(form.stratum, rulebook.risk),
            form.find_score(rulebook.policy),
            labels.get(form.form_id),
        )
        for form in past.forms
    ]
    return weigh_forms(scored, rulebook.risk, past.not_replayable)


def weigh_forms(forms: Sequence[ScoredForm], risk: RiskTerms, not_replayable: int = 0) -> RiskAssessment:
    """The curve and the allowances of scored forms; their strata have only the traits that the promise tells apart."""
    kinds = sorted({form.stratum for form in forms}, key=repr)
    each = 1 - (1 - risk.confidence) / max(len(kinds), 1)
    needed = count_labels_needed(risk.promised_false_grant_rate, each)
    by_kind = {kind: _list_labels([form for form in forms if form.stratum == kind]) for kind in kinds}
    own = [kind for kind in kinds if len(by_kind[kind]) >= needed]
    rest = [label for kind in kinds if kind not in own for label in by_kind[kind]]
    groups = [_allow(kind, by_kind[kind], risk, each) for kind in own] + [_allow(None, rest, risk, each)]
    curve = tuple(_draw_point(forms, threshold, risk.confidence) for threshold in GRID)
    return RiskAssessment(curve, tuple(groups), needed, len(forms), not_replayable)


def narrow_stratum(stratum: Stratum, risk: RiskTerms) -> Stratum:
    """The stratum with only the traits by which thresholds may differ."""
    kept = {trait: getattr(stratum, trait) for trait in risk.stratify_by}
    return Stratum(**kept)


def list_looser(policy: Policy, assessment: RiskAssessment) -> list[str]:
    """Where a policy's thresholds are looser than allowed, in words."""
    kinds = [Stratum(), *(special.stratum for special in policy.strata)]
    kinds += [group.stratum for group in assessment.groups if group.stratum is not None]
    found = []
    for kind in dict.fromkeys(kinds):
        asked, allowed = policy.find_accept_probability(kind), assessment.find_allowed(kind)
        if asked < allowed:
            found.append(f"{describe_stratum(kind)}: {asked:g} where the bound allows {allowed:g}")
    return found


def describe_stratum(stratum: Stratum | None) -> str:
    """A stratum in words."""
    if stratum is None or stratum == Stratum():
        return "all other forms"
    words = {
        "student ID": stratum.student_number,
        "language": stratum.language,
        "scan": stratum.scan,
    }
    return ", ".join(f"{name} {value}" for name, value in words.items() if value)


def _list_labels(forms: Sequence[ScoredForm]) -> list[ScoredLabel]:
    return [
        ScoredLabel(form.score, form.is_error)
        for form in forms
        if form.score is not None and form.is_error is not None and form.score >= GRID[-1]
    ]


def decide_allowance(counts: Sequence[ErrorCount], risk: RiskTerms, confidence: float) -> Allowance:
    """The threshold that labels allow; `counts`: of each threshold of the grid, the labels accepted at it or above."""
    rate = risk.promised_false_grant_rate
    learned = learn_threshold(counts, rate, confidence)
    if learned is not None:
        return Allowance(GRID[learned], "labels")
    stricter = [place for place, threshold in enumerate(GRID) if threshold >= 1 - rate - _ROUNDING]
    if not stricter:
        return Allowance(round(1 - rate, 12), "start")
    kept = find_uncontradicted(counts, stricter[-1], rate, confidence)
    if kept == stricter[-1]:
        return Allowance(round(1 - rate, 12), "start")
    return Allowance(NOTHING if kept is None else GRID[kept], "contradicted")


def _allow(
    stratum: Stratum | None, labels: Sequence[ScoredLabel], risk: RiskTerms, confidence: float
) -> GroupAllowance:
    counts = [count_errors(labels, threshold) for threshold in GRID]
    found, total = decide_allowance(counts, risk, confidence), counts[-1]
    return GroupAllowance(stratum, total.trials, total.errors, found.threshold, found.ground)


def _draw_point(forms: Sequence[ScoredForm], threshold: float, confidence: float) -> CurvePoint:
    accepted = [form for form in forms if form.score is not None and form.score >= threshold]
    answers = [form.is_error for form in accepted if form.is_error is not None]
    count = ErrorCount(sum(answers), len(answers))
    return CurvePoint(
        threshold=threshold,
        share_automatic=len(accepted) / len(forms) if forms else 0.0,
        claimed_risk=fmean(1 - (form.score or 0.0) for form in accepted) if accepted else 0.0,
        errors=count.errors,
        labels=count.trials,
        upper_bound=bound_above(count, confidence),
    )
