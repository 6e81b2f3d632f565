"""The people of a partner: whom its network use agreement names for an account, and who was trained. Written here alone.

A person is named by the agreement's paper, or, as long as its paper named nobody for a school year, by an account that the
district opened for the partner. Who of them may log in on a day is decided in `consentry.disclosing.staag_people`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, status_on
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote, keep_paper
from consentry.program_year.year_versions import ensure_year
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.tables import Agreement, PersonStep, Tracked
from store.year_tables import AgreementPaper, NamedPerson

BY_PAPER, BY_ACCOUNT = "paper", "account"
_LONGEST = 120
_UNTRAINED = (None, AgreementStatus.NOT_RENEWED, AgreementStatus.SUBMITTED)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class NamedStep:
    """What to note of a person: a status of their agreement, for a school year, from a day on."""

    partner_id: str
    user_principal_name: str
    school_year: str
    status: AgreementStatus
    on_date: date
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class PartnerPeople:
    """Whom a network use agreement names today, by address, and who was trained, by name."""

    named: tuple[PersonStep, ...]
    trained: tuple[NamedPerson, ...]


def name_person(program: Program, kind: AgreementKind, named: NamedStep, note: StepNote) -> str:
    """Notes a step of a person for an account (nua), or that they were trained; returns the id of what was noted."""
    if kind is AgreementKind.NUA:
        return record_person(program, named, note).step_id
    if kind is AgreementKind.TRAINING:
        return record_trained(program, named, note).person_id
    raise CommandError("people are named by nua and training")


def record_person(program: Program, named: NamedStep, note: StepNote) -> PersonStep:
    """Notes a step of a person whom the paper names. `CommandError`: no such partner, an odd name, or another partner's."""
    year = program.rulebook.find_school_year(named.school_year)
    name = named.user_principal_name.strip().lower()
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise CommandError("a user principal name looks like ana@partner.example")
    clock = program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, named.partner_id)
        ensure_year(session, program.installation, year, clock)
        _check(session.scalars(select(PersonStep).where(PersonStep.user_principal_name == name)).all(), name, named)
        kept = keep_paper(session, program, note.paper, clock)
        step = PersonStep(
            step_id=derive_id("person", named.partner_id, name, named.school_year, clock.now.isoformat()),
            partner_id=named.partner_id,
            user_principal_name=name,
            school_year=named.school_year,
            status=named.status,
            full_name=named.full_name.strip(),
            named_by=BY_PAPER,
            actor=note.actor,
            document_sha256=kept.sha256 if kept else None,
            on_date=named.on_date,
            recorded_at=clock.now,
        )
        _record(session, clock, step, kept.rows if kept else ())
    return step


def record_trained(program: Program, named: NamedStep, note: StepNote) -> NamedPerson:
    """Notes a person of a partner who did the year's data stewardship training. One is what the program asks for: the partner's
    training is active from that day, unless somebody had ended it.
    """
    if not named.full_name.strip():
        raise CommandError("a trained person has a name")
    year, clock = program.rulebook.find_school_year(named.school_year), program.read_clock()
    with program.installation.writing() as session:
        find_partner(session, named.partner_id)
        ensure_year(session, program.installation, year, clock)
        kept = keep_paper(session, program, note.paper, clock)
        person = NamedPerson(
            person_id=derive_id(
                "named", named.partner_id, AgreementKind.TRAINING, named.school_year, clock.now.isoformat()
            ),
            partner_id=named.partner_id,
            kind=AgreementKind.TRAINING,
            school_year=named.school_year,
            full_name=named.full_name.strip(),
            document_sha256=kept.sha256 if kept else None,
            on_date=named.on_date,
            recorded_at=clock.now,
        )
        rows = [*(kept.rows if kept else ()), person]
        facts: dict[str, JsonValue] = {"kind": AgreementKind.TRAINING, "school_year": named.school_year}
        record(session, clock, Entry(Event.PERSON_NAMED, person.person_id, note.actor or "program", rows, facts))
        _begin_training(session, clock, named, note.actor or "program")
    return person


def _begin_training(session: Session, clock: Clock, named: NamedStep, actor: str) -> None:
    mine = (Agreement.partner_id == named.partner_id, Agreement.kind == AgreementKind.TRAINING)
    steps = session.scalars(select(Agreement).where(*mine)).all()
    if status_on(steps, AgreementKind.TRAINING, named.school_year, named.on_date) not in _UNTRAINED:
        return
    step = Agreement(
        agreement_id=derive_id("agr", named.partner_id, AgreementKind.TRAINING, clock.now.isoformat()),
        partner_id=named.partner_id,
        kind=AgreementKind.TRAINING,
        school_year=named.school_year,
        status=AgreementStatus.ACTIVE,
        on_date=named.on_date,
        recorded_at=clock.now,
        recorded_on=clock.today,
    )
    said = AgreementPaper(agreement_id=step.agreement_id, actor=actor, reason="a person was trained")
    facts: dict[str, JsonValue] = {
        "kind": step.kind,
        "school_year": step.school_year,
        "status": step.status,
        "on": named.on_date.isoformat(),
    }
    record(session, clock, Entry(Event.AGREEMENT_RECORDED, step.agreement_id, actor, [step, said], facts))


def list_people(program: Program, partner_id: str, school_year: str) -> PartnerPeople:
    """The people of a partner in a school year, as of today."""
    today = program.read_clock().today
    mine = (PersonStep.partner_id == partner_id, PersonStep.school_year == school_year)
    of_training = (NamedPerson.partner_id == partner_id, NamedPerson.school_year == school_year)
    taught = select(NamedPerson).where(*of_training, NamedPerson.kind == AgreementKind.TRAINING)
    with program.installation.reading() as session:
        named = find_named(session.scalars(select(PersonStep).where(*mine)).all(), school_year, today)
        trained = session.scalars(taught.order_by(NamedPerson.full_name, NamedPerson.on_date)).all()
    return PartnerPeople(tuple(named[name] for name in sorted(named)), tuple(trained))


def name_by_accounts(
    session: Session,
    clock: Clock,
    partner_id: str,
    school_year: str,
    accounts: Collection[str],
    on_date: date,
    actor: str,
) -> None:
    """Names a partner's accounts for a school year whose paper names nobody. The session holds the ledger's lock."""
    mine = (PersonStep.partner_id == partner_id, PersonStep.school_year == school_year)
    there = session.scalars(select(PersonStep).where(*mine)).all()
    if any(step.named_by == BY_PAPER for step in there):
        return
    known = {step.user_principal_name for step in there}
    for name in sorted({account.lower() for account in accounts} - known):
        step = PersonStep(
            step_id=derive_id("person", partner_id, name, school_year, clock.now.isoformat()),
            partner_id=partner_id,
            user_principal_name=name,
            school_year=school_year,
            status=AgreementStatus.ACTIVE,
            named_by=BY_ACCOUNT,
            actor=actor,
            on_date=on_date,
            recorded_at=clock.now,
        )
        _record(session, clock, step, ())


def name_new_account(session: Session, clock: Clock, partner_id: str, account: str, actor: str) -> None:
    """Names an account that is opened under a partner's active agreements, for their school years."""
    signed = select(Agreement).where(Agreement.partner_id == partner_id, Agreement.kind == AgreementKind.NUA)
    steps = session.scalars(signed).all()
    for year in sorted({step.school_year for step in steps}):
        if status_on(steps, AgreementKind.NUA, year, clock.today) is AgreementStatus.ACTIVE:
            name_by_accounts(session, clock, partner_id, year, (account,), clock.today, actor)


def find_named(steps: Iterable[PersonStep], school_year: str, day: date) -> dict[str, PersonStep]:
    """The people whom one partner's agreement of a school year names on a day, each with the step that says so."""
    of_year = [step for step in steps if step.school_year == school_year]
    if any(step.named_by == BY_PAPER for step in of_year):
        of_year = [step for step in of_year if step.named_by == BY_PAPER]
    newest: dict[str, PersonStep] = {}
    for step in sorted(of_year, key=lambda each: (each.on_date, each.recorded_at)):
        if step.on_date <= day:
            newest[step.user_principal_name] = step
    return {name: step for name, step in newest.items() if step.status == AgreementStatus.ACTIVE}


def _check(steps: Sequence[PersonStep], name: str, named: NamedStep) -> None:
    """Refuses a person who is active at another partner, and the end of one who never began. `steps`: of that name."""
    others = {step.partner_id for step in steps} - {named.partner_id}
    if named.status is AgreementStatus.ACTIVE and any(
        find_named([step for step in steps if step.partner_id == other], named.school_year, named.on_date)
        for other in others
    ):
        raise CommandError("that person is active at another partner: end it there first")
    if named.status is AgreementStatus.ENDED and not any(step.partner_id == named.partner_id for step in steps):
        raise CommandError(f"no such person at {named.partner_id}")


def _record(session: Session, clock: Clock, step: PersonStep, rows: Sequence[Tracked]) -> None:
    facts = {"status": step.status, "school_year": step.school_year, "on": step.on_date.isoformat()}
    facts["named_by"] = step.named_by
    record(session, clock, Entry(Event.PERSON_RECORDED, step.step_id, step.actor, [*rows, step], dict(facts)))
