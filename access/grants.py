"""Grants: made from a decision on one form, ended by revocation, lapse or departure, never erased (domain rule 6)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from access.agreements import has_active_ground, has_lapsed_training
from access.held_grants import HeldGrant
from access.types import CATEGORIES, CONSENT, IS_LIST, AccessRow
from review_queue.types import SchoolYear
from store.ids import derive_id
from store.tables import Agreement, Decision, Form, Grant


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as far as a grant's end depends on it: a parent's consent lapses on the student's 18th birthday."""

    is_student: bool
    student_birth_date: date | None
    lapses_at_18: bool = True


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
    lapses = _find_lapse(signer, decision.on_date)
    return Grant(
        grant_id=derive_id("grant", form.form_id, student_id),
        partner_id=form.partner_id,
        student_id=student_id,
        categories=[category for category in CATEGORIES if category in released],
        from_date=decision.on_date,
        to_date=year.ends,
        basis=CONSENT,
        school_year=year.label,
        form_id=form.form_id,
        decision_id=decision.decision_id,
        lapses_on=lapses,
        recorded_at=now,
    )


def make_list_grant(
    row: Form, student_id: str, categories: Iterable[str], decision: Decision, year: SchoolYear, now: datetime
) -> Grant:
    """The grant that a decision on a row of a right-to-view list gives: it rests on the school's list and not on a family's
    consent, so no birthday ends it.
    """
    grant = make_grant(row, student_id, categories, decision, year, Signer(False, None), now)
    grant.basis = IS_LIST
    return grant


def find_access(
    grants: Iterable[Grant | HeldGrant],
    agreements: Sequence[Agreement],
    enrolled: Container[str] | None,
    day: date,
    standing_rights: Container[str] = (),
    paused: Container[str] = (),
) -> list[AccessRow]:
    """The access set of one partner on `day`, sorted by student.

    A grant counts while it runs, isn't revoked, hasn't lapsed, its year's agreement is active, its year's training isn't
    recorded as lapsed, and its student is enrolled (`enrolled`: ids of the snapshot that held on that day; None where no
    snapshot is known: nobody has access then). One that rests on a right-to-view list counts only while the partner's
    designation is active too and its right stands (`standing_rights`: ids of such grants). One that is paused (`paused`: ids,
    of `find_paused`) doesn't count.
    """
    if enrolled is None:
        return []
    open_years: dict[tuple[str, str], bool] = {}
    rows = []
    for grant in grants:
        if not grant.from_date <= day <= grant.to_date or grant.student_id not in enrolled:
            continue
        if (grant.revoked_on is not None and grant.revoked_on <= day) or (
            grant.lapses_on is not None and grant.lapses_on <= day
        ):
            continue
        if (grant.basis == IS_LIST and grant.grant_id not in standing_rights) or grant.grant_id in paused:
            continue
        ground = (grant.school_year, grant.basis)
        if ground not in open_years:
            open_years[ground] = _is_open(agreements, *ground, day)
        if open_years[ground]:
            rows.append(
                AccessRow(
                    grant.student_id,
                    grant.partner_id,
                    grant.basis,
                    tuple(grant.categories),
                    grant.from_date,
                    grant.to_date,
                    grant.grant_id,
                    grant.form_id,
                )
            )
    return sorted(rows, key=attrgetter("student_id", "grant_id"))


def _is_open(agreements: Sequence[Agreement], school_year: str, basis: str, day: date) -> bool:
    if has_lapsed_training(agreements, school_year, day, must_be_recorded=False):
        return False
    return has_active_ground(agreements, school_year, basis, day)


def _find_lapse(signer: Signer, on_date: date) -> date | None:
    """The day on which a consent lapses: a student's own, given at 18 or later, doesn't. Who signs beside a parent before
    that day has not yet consented for themself.
    """
    if signer.student_birth_date is None or not signer.lapses_at_18:
        return None
    birthday = _eighteenth_birthday(signer.student_birth_date)
    return None if signer.is_student and birthday <= on_date else birthday


def _eighteenth_birthday(birth_date: date) -> date:
    try:
        return birth_date.replace(year=birth_date.year + 18)
    except ValueError:
        return birth_date.replace(year=birth_date.year + 18, month=3, day=1)
