"""Puts a ruling of the rules on a form: its state, the decision behind it, and the case if a person must see it."""

from __future__ import annotations

from consentry.risk.policy import RuleSet
from review_queue import Finding, Ruling, State
from store import Clock, JsonValue
from store.ids import derive_id
from store.tables import Case, Decision, Form, Tracked

RULES_ACTOR = "rules"


def apply_ruling(
    form: Form, ruling: Ruling, clock: Clock, rules: RuleSet, seen: dict[str, JsonValue]
) -> tuple[Decision, list[Tracked]]:
    """Puts a ruling of the rules on a form; returns the decision, and all rows to write."""
    form.state = ruling.state
    form.reasons = [reason.value for reason in ruling.reasons]
    form.findings = [_show_finding(finding) for finding in ruling.findings]
    form.student_id = ruling.student_id
    form.policy_sha256 = rules.policy_sha256
    form.decided_by = RULES_ACTOR if ruling.state in (State.GRANTED, State.RETURNED) else None
    form.decided_on = clock.today if form.decided_by else None
    form.decided_why = ("; ".join(finding.words for finding in ruling.findings) or None) if form.decided_by else None
    decision = Decision(
        decision_id=derive_id("dec", form.form_id, clock.now.isoformat(), ruling.state),
        form_id=form.form_id,
        case_id=None,
        actor=RULES_ACTOR,
        action=ruling.state,
        student_id=ruling.student_id,
        reason=", ".join(ruling.reasons),
        seen=seen,
        policy_sha256=rules.policy_sha256,
        year_sha256=rules.year_sha256,
        on_date=clock.today,
        at=clock.now,
    )
    written: list[Tracked] = [form, decision]
    if ruling.state is State.IN_REVIEW:
        written.append(_open_case(form, clock))
    return decision, written


def _open_case(form: Form, clock: Clock) -> Case:
    return Case(
        case_id=derive_id("case", form.form_id),
        form_id=form.form_id,
        reasons=list(form.reasons),
        opened_on=clock.today,
        state="open",
        closed_on=None,
    )


def _show_finding(finding: Finding) -> JsonValue:
    return {"reason": finding.reason, "disposition": finding.disposition, "words": finding.words}
