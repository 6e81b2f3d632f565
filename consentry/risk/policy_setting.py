"""Shows, tries and sets the policy: what it would have changed of the past, what the labels allow, who put it in force and why.

Trying never writes. Setting needs a lead and a reason; a policy that is looser than the labels allow, or that loosens what the
labels cannot speak to, is refused unless the risk is accepted in words, which the store keeps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.accounts import check_lead
from consentry.errors import CommandError
from consentry.pipeline.past_rulings import load_past_forms
from consentry.program import Program
from consentry.risk.policy import Rulebook, read_built_in_policy, read_rulebook, write_policy
from consentry.risk.policy_versions import find_in_force, list_versions, record_version
from consentry.risk.risk_control import RiskAssessment, assess_risk, describe_stratum, list_looser
from review_queue import State, StratumThreshold
from store import JsonValue
from store.ids import Sha256
from store.risk_tables import PolicyVersion


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that somebody thinks of: exactly one of a file's bytes, a threshold, learned thresholds, or the built-in one."""

    content: bytes | None = None
    accept_probability: float | None = None
    learned: bool = False
    built_in: bool = False


def show_policy(program: Program) -> dict[str, JsonValue]:
    """The policy in force, since when and by whom, the curve, what the labels allow, all versions."""
    with program.installation.reading() as session:
        version, rulebook = find_in_force(session), program.rulebook
        assessment = assess_risk(session, program, rulebook)
        versions = [_show_version(each) for each in list_versions(session)]
    looser = list_looser(rulebook.policy, assessment)
    return {
        **_show_version(version),
        "policy": rulebook.file.model_dump(mode="json"),
        "within_bound": not looser,
        "looser_than_allowed": list(looser),
        **_show_assessment(assessment),
        "versions": list(versions),
    }


def show_policy_file(program: Program, sha256: str) -> dict[str, JsonValue]:
    """The policy file of a hash, as a decision carries it, and when it was put in force. `CommandError` if it never was."""
    with program.installation.reading() as session:
        set_then = select(PolicyVersion).where(PolicyVersion.sha256 == sha256).order_by(PolicyVersion.version)
        versions = [_show_version(each) for each in session.scalars(set_then)]
    if not versions:
        raise CommandError("no policy of that hash was put in force in this home")
    content = program.installation.documents.get(Sha256(sha256))
    return {"sha256": sha256, "file": content.decode(), "versions": list(versions)}


def simulate_policy(program: Program, proposal: Proposal) -> dict[str, JsonValue]:
    """Which past forms would have been ruled on differently: counts by change and by reason, and the forms. Writes nothing."""
    with program.installation.reading() as session:
        proposed = read_rulebook(_write_proposal(session, program, proposal))
        assessment = assess_risk(session, program, proposed)
        past = load_past_forms(session, program)
    in_force = program.rulebook.policy
    changes: list[JsonValue] = []
    moves, before, after = Counter[str](), Counter[str](), Counter[str]()
    gained, lost = Counter[str](), Counter[str]()
    for form in past.forms:
        was, would = form.rule(in_force), form.rule(proposed.policy)
        before[was.state] += 1
        after[would.state] += 1
        if (was.state, was.reasons) == (would.state, would.reasons):
            continue
        moves[f"{was.state} -> {would.state}"] += 1
        gained.update(reason for reason in would.reasons if reason not in was.reasons)
        lost.update(reason for reason in was.reasons if reason not in would.reasons)
        changes.append(
            {"form_id": form.form_id, "was": was.state, "would_be": would.state, "reasons": [*would.reasons]}
        )
    looser = list_looser(proposed.policy, assessment) + _list_loosened(program.rulebook, proposed)
    return {
        "sha256": proposed.policy.sha256,
        "forms": len(past.forms),
        "not_replayable": past.not_replayable,
        "under_policy_in_force": dict(before),
        "under_proposed": dict(after),
        "automatic_before": _share(before),
        "automatic_after": _share(after),
        "changes": dict(moves),
        "reasons_gained": dict(gained),
        "reasons_lost": dict(lost),
        "changed_forms": changes,
        "looser_than_allowed": list(looser),
        **_show_assessment(assessment),
    }


def set_policy(
    program: Program, proposal: Proposal, reason: str, user: str, accepted_risk: str | None
) -> dict[str, JsonValue]:
    """Puts a policy in force. `CommandError`: no lead, no reason, a faulty file, or too loose a one."""
    if not reason.strip() or not user.strip():
        raise CommandError("a policy is set by a lead and with a reason")
    if accepted_risk is not None and not accepted_risk.strip():
        raise CommandError("accepting the risk needs a reason")
    clock = program.read_clock()
    with program.installation.writing() as session:
        check_lead(session, user, "sets the policy")
        before = program.rulebook
        content = _write_proposal(session, program, proposal)
        proposed = read_rulebook(content)
        assessment = assess_risk(session, program, proposed)
        looser = list_looser(proposed.policy, assessment) + _list_loosened(before, proposed)
        if looser and accepted_risk is None:
            raise CommandError(f"looser than allowed ({'; '.join(looser)}): give --accept-risk with a reason to set it")
        basis: dict[str, JsonValue] = {"looser": list(looser), **_show_assessment(assessment)}
        risk = accepted_risk if looser else None
        version = record_version(session, program.installation, clock, content, user, reason, risk, basis)
        return {**_show_version(version), "looser_than_allowed": list(looser)}


def _write_proposal(session: Session, program: Program, proposal: Proposal) -> bytes:
    rulebook = program.rulebook
    if proposal.content is not None:
        return proposal.content
    if proposal.built_in:
        return read_built_in_policy()
    if proposal.accept_probability is not None:
        return write_policy(rulebook.file, proposal.accept_probability, ())
    assessment = assess_risk(session, program, rulebook)
    rest = next(group.allowed for group in assessment.groups if group.stratum is None)
    own = [StratumThreshold(group.allowed, group.stratum) for group in assessment.groups if group.stratum is not None]
    return write_policy(rulebook.file, rest, own)


def _list_loosened(before: Rulebook, after: Rulebook) -> list[str]:
    old, new = before.policy, after.policy
    looser_by = {
        "runner_up_limit": new.runner_up_limit - old.runner_up_limit,
        "witness_probability": old.witness_probability - new.witness_probability,
        "not_enrolled_probability": old.not_enrolled_probability - new.not_enrolled_probability,
        "date_probability": old.date_probability - new.date_probability,
        "second_person_below": old.second_person_below - new.second_person_below,
        "promised_false_grant_rate": after.risk.promised_false_grant_rate - before.risk.promised_false_grant_rate,
        "confidence": before.risk.confidence - after.risk.confidence,
        "blind_sample.share": before.blind_share - after.blind_share,
    }
    return [f"{name} is looser than in force" for name, change in looser_by.items() if change > 0]


def _share(states: Counter[str]) -> float:
    return round(states[State.GRANTED] / states.total(), 4) if states else 0.0


def _show_version(version: PolicyVersion) -> dict[str, JsonValue]:
    return {
        "version": version.version,
        "sha256": version.sha256,
        "since": version.at.isoformat(),
        "set_by": version.set_by,
        "reason": version.reason,
        "accepted_risk": version.accepted_risk,
    }


def _show_assessment(assessment: RiskAssessment) -> dict[str, JsonValue]:
    groups: list[JsonValue] = [
        {
            "forms_of": describe_stratum(group.stratum),
            "labels": group.labels,
            "errors": group.errors,
            "allowed": group.allowed,
            "ground": group.ground,
        }
        for group in assessment.groups
    ]
    return {
        "curve": [asdict(point) for point in assessment.curve],
        "allowances": groups,
        "labels_needed": assessment.labels_needed,
        "forms_considered": assessment.forms,
        "forms_left_out": assessment.not_replayable,
    }
