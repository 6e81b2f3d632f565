"""Grants: made from a decision on one form, ended by revocation, lapse or departure, never erased (domain rule 6)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from access.agreements import has_active_ground, has_lapsed_training
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
    running: Iterable[AccessRow],
    agreements: Sequence[Agreement],
    enrolled: Container[str] | None,
    day: date,
    standing_rights: Container[str] = (),
    paused: Container[str] = (),
) -> list[AccessRow]:
    """Of one partner's grants that run on `day` those that give access, in their order: the access set.

    A grant counts if its year's agreement is active, its year's training isn't recorded as lapsed, and its student is enrolled
    (`enrolled`: ids of the snapshot that held on that day; None where no snapshot is known: nobody has access then). One that
    rests on a right-to-view list counts only while the partner's designation is active too and its right stands
    (`standing_rights`: ids of such grants). One that is paused (`paused`: ids, of `find_paused`) doesn't count.
    """
    if enrolled is None:
        return []
    rows = list(running)
    grounds = {(row.school_year, row.basis) for row in rows}
    is_open = {ground: _is_open(agreements, *ground, day) for ground in grounds}
    return [
        row
        for row in rows
        if is_open[row.school_year, row.basis]
        and row.student_id in enrolled
        and (row.basis != IS_LIST or row.grant_id in standing_rights)
        and row.grant_id not in paused
    ]


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
