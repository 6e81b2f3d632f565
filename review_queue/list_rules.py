"""The ruling on a row of a right-to-view list: granted, returned, held or before a person (domain rules 1, 5, 6 and 9).

A list gives a right to the students of its own school alone. What is refused for a reason that only enrollment tells gets the
one neutral code; what is uncertain goes to the queue, as a form does. No row ever counts as a family's consent.
"""

from __future__ import annotations

from collections.abc import Iterator

from review_queue.identity_checks import fields_suffice
from review_queue.ruling import conclude
from review_queue.types import Disposition, Finding, Gates, ListRowFacts, MatchFacts, Policy, Reason, Ruling


def rule_on_list_row(facts: ListRowFacts, gates: Gates, policy: Policy) -> Ruling:
    """The ruling on one row."""
    findings = [
        *check_list_gates(gates),
        *_check_row(facts),
        *_check_school(facts, policy),
        *_check_match(facts, policy),
    ]
    return conclude(findings, facts.match.student_id)


def check_list_gates(gates: Gates) -> Iterator[Finding]:
    """The partner may be given data on the ground of a list of that school year."""
    if not gates.agreement_active:
        words = "no data sharing agreement, or no institutional service designation, of that school year is active"
        yield Finding(Reason.NO_ACTIVE_DSA, Disposition.HOLD, words)
    if gates.training_lapsed:
        words = "the partner's training of that school year is not done"
        yield Finding(Reason.TRAINING_LAPSED, Disposition.HOLD, words)


def _check_row(facts: ListRowFacts) -> Iterator[Finding]:
    for fault in facts.faults:
        yield Finding(fault, Disposition.RETURN, "the row has a fault")
    if facts.names_other_school:
        words = "the row names another school than the list is of"
        yield Finding(Reason.CANNOT_CONFIRM, Disposition.RETURN, words)


def _check_school(facts: ListRowFacts, policy: Policy) -> Iterator[Finding]:
    match = facts.match
    if facts.is_of_school is None:
        yield _review(Reason.NOT_ENROLLED, "the list's school is none that children are enrolled at")
    elif match.student_id is not None and match.probability >= policy.witness_probability and not facts.is_of_school:
        words = "the student is not at the school whose list this is"
        yield Finding(Reason.CANNOT_CONFIRM, Disposition.RETURN, words)


def _check_match(facts: ListRowFacts, policy: Policy) -> Iterator[Finding]:
    match = facts.match
    if match.protected:
        yield _review(Reason.PROTECTED, "a student under address confidentiality: always for a person")
    if match.student_id is None or match.probability < policy.not_enrolled_probability:
        yield _review(Reason.NOT_ENROLLED, "no enrolled child fits well enough")
        return
    if match.rival_is_sibling:
        yield _review(Reason.TWIN_OR_SIBLING, "a twin or sibling fits nearly as well")
    elif match.runner_up > policy.runner_up_limit:
        yield _review(Reason.AMBIGUOUS, "another child fits nearly as well")
    if not _is_certain(match, policy):
        yield _review(Reason.LOW_PROBABILITY, "the row does not point at one child clearly enough")
    elif facts.is_known:
        words = "an earlier row gave the right to this student already"
        yield Finding(Reason.DUPLICATE, Disposition.RETURN, words)


def _is_certain(match: MatchFacts, policy: Policy) -> bool:
    return match.probability >= policy.accept_probability and fields_suffice(match)


def _review(reason: Reason, words: str) -> Finding:
    return Finding(reason, Disposition.REVIEW, words)
