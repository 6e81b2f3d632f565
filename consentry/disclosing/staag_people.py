"""The people of partners: who has a Contractor Network Use Agreement, and may so see students one at a time.

A person may for a school year while both hold on the day: the partner's own network use agreement of that year is active, and
so is the person's last step of that year. Where a partner has named nobody for a year, its agreement covers its open accounts;
once one person is named, only those named. Nothing rolls over. A name belongs to one partner at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, status_on
from access.staag import FeedPerson
from consentry.accounts import OPEN, Role
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from store import Entry, Event, record
from store.desk_tables import Account
from store.ids import derive_id
from store.tables import Agreement, PersonStep

_ACTOR = "program"
_LONGEST = 120
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class NamedStep:
    """What to note of a person: a status of their agreement, for a school year, from a day on."""

    partner_id: str
    name: str
    school_year: str
    status: AgreementStatus
    on_date: date


def record_person(program: Program, named: NamedStep) -> PersonStep:
    """Notes a step of a person's network use agreement. `CommandError`: no such partner, an odd name, or another partner's."""
    program.rulebook.find_school_year(named.school_year)
    name = named.name.strip().lower()
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise CommandError("a user principal name looks like ana@partner.example")
    clock = program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, named.partner_id)
        _check(session.scalars(select(PersonStep).where(PersonStep.user_principal_name == name)).all(), named)
        step = PersonStep(
            step_id=derive_id("person", named.partner_id, name, named.school_year, clock.now.isoformat()),
            partner_id=named.partner_id,
            user_principal_name=name,
            school_year=named.school_year,
            status=named.status,
            on_date=named.on_date,
            recorded_at=clock.now,
        )
        facts = {"status": named.status.value, "school_year": named.school_year, "on": named.on_date.isoformat()}
        record(session, clock, Entry(Event.PERSON_RECORDED, step.step_id, _ACTOR, [step], dict(facts)))
    return step


def find_people(session: Session, day: date, partner_id: str | None = None) -> list[FeedPerson]:
    """Everyone who may see students on a day, or those of one partner, with the school years that they may see."""
    of_partner = Agreement.partner_id == partner_id if partner_id else Agreement.partner_id.is_not(None)
    agreements: dict[str, list[Agreement]] = {}
    for step in session.scalars(select(Agreement).where(of_partner, Agreement.kind == AgreementKind.NUA)):
        agreements.setdefault(step.partner_id, []).append(step)
    found: list[FeedPerson] = []
    for partner, steps in sorted(agreements.items()):
        years = {step.school_year for step in steps}
        active = {year for year in years if _is_active(steps, year, day)}
        if active:
            found += _list_people(session, partner, active, day)
    return found


def find_years_of(session: Session, name: str, partner_id: str, day: date) -> frozenset[str]:
    """The school years whose students an account of a partner may see on a day; none where it may see nobody."""
    people = find_people(session, day, partner_id)
    return next((one.school_years for one in people if one.user_principal_name == name.lower()), frozenset())


def _list_people(session: Session, partner_id: str, years: set[str], day: date) -> Iterator[FeedPerson]:
    steps = session.scalars(select(PersonStep).where(PersonStep.partner_id == partner_id)).all()
    open_to: dict[str, set[str]] = {}
    for year in years:
        named = {step.user_principal_name for step in steps if step.school_year == year}
        names = {name for name in named if _find_status(steps, name, partner_id, year, day) is AgreementStatus.ACTIVE}
        for name in names if named else _list_accounts(session, partner_id):
            open_to.setdefault(name, set()).add(year)
    for name in sorted(open_to):
        yield FeedPerson(name, partner_id, frozenset(open_to[name]))


def _list_accounts(session: Session, partner_id: str) -> set[str]:
    mine = select(Account.name).where(
        Account.partner_id == partner_id, Account.role == Role.PARTNER, Account.state == OPEN
    )
    return {name.lower() for name in session.scalars(mine)}


def _is_active(steps: Iterable[Agreement], school_year: str, day: date) -> bool:
    return status_on(steps, AgreementKind.NUA, school_year, day) is AgreementStatus.ACTIVE


def _check(steps: Sequence[PersonStep], named: NamedStep) -> None:
    """Refuses a person who is active at another partner, and the end of one who never began. `steps`: of that name."""
    name, year, day = named.name.strip().lower(), named.school_year, named.on_date
    others = {step.partner_id for step in steps} - {named.partner_id}
    if named.status is AgreementStatus.ACTIVE and any(
        _find_status(steps, name, other, year, day) is AgreementStatus.ACTIVE for other in others
    ):
        raise CommandError("that person is active at another partner: end it there first")
    if named.status is AgreementStatus.ENDED and not any(step.partner_id == named.partner_id for step in steps):
        raise CommandError(f"no such person at {named.partner_id}")


def _find_status(
    steps: Iterable[PersonStep], name: str, partner_id: str, school_year: str, day: date
) -> AgreementStatus | None:
    reached = [
        step
        for step in steps
        if (step.user_principal_name, step.partner_id, step.school_year) == (name, partner_id, school_year)
        and step.on_date <= day
    ]
    last = max(reached, key=lambda step: (step.on_date, step.recorded_at), default=None)
    return AgreementStatus(last.status) if last else None
