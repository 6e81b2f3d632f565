"""What a school stands by: for each partner, the students of its right-to-view lists as those wrote them, whether each right
stands today, and until when somebody of the school has confirmed it. Reads only; `list_recording` writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus
from access.agreements import status_on
from access.list_rights import load_standing_rights
from consentry.desk.showing import find_enrolled
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.pipeline.list_schools import find_designee_schools, is_same_school
from consentry.program import Program
from store.tables import Agreement, Grant, ListedStudent, Partner
from store.year_tables import ListRight, TermConfirmation

_TAKING = (AgreementStatus.SUBMITTED, AgreementStatus.IN_REVIEW, AgreementStatus.SIGNED, AgreementStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class ListedRight:
    """One student on a school's list, as the list wrote it. `stands`: the partner may be shown the student today, as far as
    the list goes; `is_at_school`: whether the student is still enrolled there.
    """

    grant_id: str
    student_id: str
    name: str
    birth_date: str
    submitted_by: str
    stands: bool
    is_at_school: bool


@dataclass(frozen=True, slots=True)
class SchoolList:
    """All that a school lists for a partner. `term`: the one that runs; `holds_until`: last day of the last confirmation."""

    partner_id: str
    partner_name: str
    school: str
    school_year: str
    rights: tuple[ListedRight, ...]
    term: str
    confirmed_by: str
    confirmed_on: date | None
    holds_until: date | None
    is_for_this_term: bool
    """Whether somebody stood by it in the term that runs."""


@dataclass(frozen=True, slots=True)
class TakingPartner:
    """A partner that lists are taken for: its institutional service designation is asked for or active."""

    partner_id: str
    name: str
    is_active: bool


def find_own_schools(program: Program, name: str) -> list[str]:
    """The schools for which somebody is on record as principal or designee today."""
    today = program.read_clock().today
    with program.installation.reading() as session:
        return sorted(set(find_designee_schools(session, program.rulebook.find_running_year(today), name, today)))


def list_taking_partners(program: Program) -> list[TakingPartner]:
    """The partners that lists of the running year are taken for, by name."""
    today = program.read_clock().today
    year = program.rulebook.find_running_year(today)
    with program.installation.reading() as session:
        partners = session.scalars(select(Partner).order_by(Partner.name)).all()
        steps = session.scalars(select(Agreement).where(Agreement.kind == AgreementKind.IS)).all()
    taking = []
    for partner in partners:
        own = [step for step in steps if step.partner_id == partner.partner_id]
        status = status_on(own, AgreementKind.IS, year, today)
        if status in _TAKING:
            taking.append(TakingPartner(partner.partner_id, partner.name, status is AgreementStatus.ACTIVE))
    return taking


def list_school_lists(program: Program, held: EnrollmentCache, schools: Collection[str] | None) -> list[SchoolList]:
    """What stands on the lists of these schools in the running year, by partner and school; of all schools for None."""
    today = program.read_clock().today
    year = program.rulebook.find_running_year(today)
    with program.installation.reading() as session:
        found = session.execute(
            select(ListRight, Grant, ListedStudent, Partner.name)
            .join(Grant, Grant.grant_id == ListRight.grant_id)
            .join(ListedStudent, ListedStudent.row_id == ListRight.row_id)
            .join(Partner, Partner.partner_id == Grant.partner_id)
            .where(Grant.school_year == year, Grant.revoked_on.is_(None))
            .order_by(Partner.name, ListRight.school)
        ).all()
        groups: dict[tuple[str, str], list[tuple[ListRight, Grant, ListedStudent]]] = {}
        names: dict[str, str] = {}
        for right, grant, row, partner_name in found:
            if schools is None or any(is_same_school(right.school, own) for own in schools):
                groups.setdefault((grant.partner_id, right.school), []).append((right, grant, row))
                names[grant.partner_id] = partner_name
        roll = find_enrolled(session, held, today)
        enrolled: Mapping[str, str] = roll.schools if roll else {}
        standing = {mine: load_standing_rights(session, mine, enrolled, today) for mine in names}
        confirmed = {key: _find_confirmation(session, *key, year) for key in groups}
    term, _ = program.rulebook.find_year_rules(year).find_term(today)
    lists = []
    for (partner_id, school), group in groups.items():
        last = confirmed[partner_id, school]
        rights = [_describe(*each, school, standing[partner_id], enrolled) for each in group]
        lists.append(
            SchoolList(
                partner_id=partner_id,
                partner_name=names[partner_id],
                school=school,
                school_year=year,
                rights=tuple(sorted(rights, key=lambda one: (one.name.casefold(), one.grant_id))),
                term=term.name,
                confirmed_by=last.actor if last else "",
                confirmed_on=last.on_date if last else None,
                holds_until=last.holds_until if last else None,
                is_for_this_term=last is not None and last.term == term.name,
            )
        )
    return lists


def _find_confirmation(session: Session, partner_id: str, school: str, year: str) -> TermConfirmation | None:
    """The last one."""
    given = select(TermConfirmation).where(
        TermConfirmation.partner_id == partner_id,
        TermConfirmation.school == school,
        TermConfirmation.school_year == year,
    )
    newest = given.order_by(TermConfirmation.on_date.desc(), TermConfirmation.recorded_at.desc())
    return session.scalars(newest.limit(1)).first()


def _describe(
    right: ListRight,
    grant: Grant,
    row: ListedStudent,
    school: str,
    standing: frozenset[str],
    enrolled: Mapping[str, str],
) -> ListedRight:
    def cell(name: str) -> str:
        return str(row.cells.get(name) or "")

    return ListedRight(
        grant_id=grant.grant_id,
        student_id=grant.student_id,
        name=f"{cell('first_name')} {cell('last_name')}".strip(),
        birth_date=cell("birth_date"),
        submitted_by=right.submitted_by,
        stands=grant.grant_id in standing,
        is_at_school=enrolled.get(grant.student_id) == school,
    )
