"""Agreements over time: which status holds on a day, and what gate follows for a school year (domain rule 1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from access.types import CONSENT, IS_LIST, AgreementKind, AgreementStatus
from review_queue.types import Gates, Policy
from store.tables import Agreement


def status_on(steps: Iterable[Agreement], kind: AgreementKind, school_year: str, day: date) -> AgreementStatus | None:
    """The status of a partner's agreement on `day`: that of its last step on or before it; None before the first.

    Of two steps on one day the later recorded holds.
    """
    reached = [step for step in steps if step.kind == kind and step.school_year == school_year and step.on_date <= day]
    if not reached:
        return None
    return AgreementStatus(max(reached, key=lambda step: (step.on_date, step.recorded_at)).status)


def has_active_agreement(steps: Iterable[Agreement], day: date) -> bool:
    """Whether a data sharing agreement of any school year is active on `day`: without one nothing is even read."""
    held = list(steps)
    years = {step.school_year for step in held if step.kind == AgreementKind.DSA}
    return any(status_on(held, AgreementKind.DSA, year, day) is AgreementStatus.ACTIVE for year in years)


def has_active_ground(steps: Iterable[Agreement], school_year: str, basis: str, day: date) -> bool:
    """Whether what a ground asks for is active: a data sharing agreement, and for a right-to-view list the designation too."""
    held = list(steps)
    needed = [AgreementKind.DSA, *([AgreementKind.IS] if basis == IS_LIST else [])]
    return all(status_on(held, kind, school_year, day) is AgreementStatus.ACTIVE for kind in needed)


def has_lapsed_training(steps: Iterable[Agreement], school_year: str, day: date, must_be_recorded: bool) -> bool:
    """Whether a year's training has lapsed on `day`: it was recorded and isn't active, or it was recorded for an earlier year
    alone, since nothing rolls over. Where none was ever recorded, that counts as lapsed if it must be.
    """
    recorded = [step for step in steps if step.kind == AgreementKind.TRAINING and step.on_date <= day]
    training = status_on(recorded, AgreementKind.TRAINING, school_year, day)
    if training is not None:
        return training is not AgreementStatus.ACTIVE
    return must_be_recorded or any(step.school_year < school_year for step in recorded)


def find_gates(steps: Iterable[Agreement], school_year: str, day: date, policy: Policy, basis: str = CONSENT) -> Gates:
    """The gates of one school year on `day` for a ground. Where no training was ever recorded, the policy says whether that
    counts as lapsed.
    """
    held = list(steps)
    return Gates(
        agreement_active=has_active_ground(held, school_year, basis, day),
        training_lapsed=has_lapsed_training(held, school_year, day, policy.training_must_be_recorded),
    )
