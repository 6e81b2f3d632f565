"""One ruling from all checks: granted only if nothing was found; held, returned or before a person otherwise.

The strongest disposition wins (hold, then return, then review), and only its reasons are told: what is returned names
faults of the paper alone, whatever enrollment says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from ocr.types import PageKind
from review_queue.identity_checks import check_earlier_form, check_match, check_row
from review_queue.paper_checks import (
    check_alterations,
    check_completeness,
    check_consent,
    check_legibility,
    check_partner,
    check_records,
    check_school_year,
    check_sheet_code,
    check_signature,
    check_signature_date,
    check_signer,
)
from review_queue.types import Disposition, Finding, FormFacts, Gates, Policy, Reason, Ruling, State

Check = Callable[[FormFacts, Policy, date], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_completeness,
    check_school_year,
    check_partner,
    check_consent,
    check_records,
    check_signature,
    check_signature_date,
    check_signer,
    check_legibility,
    check_alterations,
    check_sheet_code,
    check_row,
    check_earlier_form,
    check_match,
)

_STATE_OF = {Disposition.HOLD: State.HELD, Disposition.RETURN: State.RETURNED, Disposition.REVIEW: State.IN_REVIEW}


def rule_on_form(facts: FormFacts, gates: Gates, policy: Policy, today: date) -> Ruling:
    """The ruling on a form that a template fits."""
    findings = [finding for check in CHECKS for finding in check(facts, policy, today)]
    too_late = any(finding.reason in (Reason.WRONG_YEAR_FORM, Reason.PAST_DEADLINE) for finding in findings)
    if not too_late:  # what no agreement can make good goes back at once: it would wait for ever
        findings += check_gates(gates)
    return conclude(findings, facts.match.student_id)


def rule_on_page(kind: PageKind) -> Ruling:
    """The ruling on a page that no template fits and that is neither blank nor a cover sheet."""
    if kind is PageKind.OTHER_FORM:
        found = Finding(Reason.NOT_DISTRICT_FORM, Disposition.RETURN, "the page is not a form of this district")
    else:
        found = Finding(Reason.ILLEGIBLE, Disposition.REVIEW, "no form can be made out on the page")
    return conclude([found], None)


def check_gates(gates: Gates) -> Iterator[Finding]:
    """The partner may be given data of that school year."""
    if not gates.agreement_active:
        yield Finding(Reason.NO_ACTIVE_DSA, Disposition.HOLD, "no data sharing agreement of that school year is active")
    if gates.training_lapsed:
        yield Finding(
            Reason.TRAINING_LAPSED, Disposition.HOLD, "the partner's training of that school year is not done"
        )


def conclude(findings: Iterable[Finding], student_id: str | None) -> Ruling:
    """The ruling that follows from findings: granted if there are none."""
    found = tuple(findings)
    for disposition, state in _STATE_OF.items():
        reasons = tuple(dict.fromkeys(finding.reason for finding in found if finding.disposition is disposition))
        if reasons:
            return Ruling(state, reasons, found, student_id)
    return Ruling(State.GRANTED, (), (), student_id)
