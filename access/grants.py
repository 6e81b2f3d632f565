"""Grants: made from a decision on one form, ended by revocation, lapse or departure, never erased (domain rule 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from access.agreements import status_on
from access.types import CATEGORIES, AccessRow, AgreementKind, AgreementStatus
from review_queue.types import SchoolYear
from store.ids import derive_id
from store.tables import Agreement, Decision, Form, Grant


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as far as a grant's end depends on it: a parent's consent lapses on the student's 18th birthday."""

    is_student: bool
    student_birth_date: date | None


def make_grant(
    form: Form,
    student_id: str,
    categories: Iterable[str],
    decision: Decision,
    year: SchoolYear,
    signer: Signer,
    now: datetime,
) -> Grant:
    """The grant that a decision on a form gives, from the day of the decision to the end of the school year's summer."""
    released = set(categories)
    lapses = None
    if not signer.is_student and signer.student_birth_date is not None:
        lapses = _eighteenth_birthday(signer.student_birth_date)
    return Grant(
        grant_id=derive_id("grant", form.form_id, student_id),
        partner_id=form.partner_id,
        student_id=student_id,
        categories=[category for category in CATEGORIES if category in released],
        from_date=decision.on_date,
        to_date=year.ends,
        basis="CONSENT",
        school_year=year.label,
        form_id=form.form_id,
        decision_id=decision.decision_id,
        lapses_on=lapses,
        recorded_at=now,
    )


def find_access(
    grants: Sequence[Grant], agreements: Sequence[Agreement], enrolled: frozenset[str] | None, day: date
) -> list[AccessRow]:
    """The access set of one partner on `day`, sorted by student.

    A grant counts while it runs, isn't revoked, hasn't lapsed, its year's agreement is active and its student is enrolled
    (`enrolled`: ids of the snapshot that held on that day; None where no snapshot is known: nobody has access then).
    """
    rows = []
    for grant in grants:
        if not grant.from_date <= day <= grant.to_date:
            continue
        if any(end is not None and end <= day for end in (grant.revoked_on, grant.lapses_on)):
            continue
        if status_on(agreements, AgreementKind.DSA, grant.school_year, day) is not AgreementStatus.ACTIVE:
            continue
        if enrolled is None or grant.student_id not in enrolled:
            continue
        rows.append(
            AccessRow(
                student_id=grant.student_id,
                partner_id=grant.partner_id,
                basis=grant.basis,
                categories=tuple(grant.categories),
                from_date=grant.from_date,
                to_date=grant.to_date,
                grant_id=grant.grant_id,
                form_id=grant.form_id,
            )
        )
    return sorted(rows, key=lambda row: (row.student_id, row.grant_id))


def _eighteenth_birthday(birth_date: date) -> date:
    try:
        return birth_date.replace(year=birth_date.year + 18)
    except ValueError:
        return birth_date.replace(year=birth_date.year + 18, month=3, day=1)
