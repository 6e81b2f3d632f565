"""Which school a right-to-view list is of, and who may submit one for it.

A school is told by its own words and level, or by the letters that it is shortened to if no other school has them; anything
less is no school, and its list goes to a person. Who may submit stands on record for a school and year; where nobody does, the
year's file says whether a list is taken all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from consentry.program_year.year_versions import ensure_year
from matching.schools import split_school
from store import Entry, Event, JsonValue, record
from store.ids import derive_id
from store.year_tables import ListDesignee


class DesigneeRole(StrEnum):
    """What somebody who may submit lists is to the school."""

    PRINCIPAL = "principal"
    DESIGNEE = "designee"


class DesigneeStatus(StrEnum):
    """Whether somebody may submit lists from a day on, or no longer."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Designee:
    """Somebody who may submit lists for a school in a year."""

    name: str
    role: DesigneeRole
    school: str
    school_year: str


def find_school(text: str, schools: Iterable[str]) -> str | None:
    """The one school that a text names; None if it is none or could be several."""
    asked, known = split_school(text), {school: split_school(school) for school in set(schools) if school}
    same = [school for school, name in known.items() if name == asked]
    if not same:
        same = [
            school
            for school, name in known.items()
            if name.own == asked.own and (not asked.level or not name.level or name.level == asked.level)
        ]
    if not same and len(asked.own) == 1 and not asked.level:
        same = [school for school, name in known.items() if name.letters == asked.own[0]]
    return same[0] if len(same) == 1 else None


def is_same_school(one: str, other: str) -> bool:
    """Whether two texts name one school by its own words, whatever level only one of them names."""
    return find_school(one, [other]) is not None or find_school(other, [one]) is not None


def find_most_named(schools: Sequence[str]) -> str:
    """The school that most rows name; "" where none does."""
    counted = Counter(school for school in schools if school)
    return min(counted, key=lambda school: (-counted[school], school), default="")


def record_designee(
    program: Program, designee: Designee, status: DesigneeStatus, on_date: date, user: str
) -> ListDesignee:
    """Notes that somebody may submit lists for a school from a day on, or no longer."""
    name, school = designee.name.strip(), designee.school.strip()
    if not name or not school:
        raise CommandError("a principal or designee has a name and a school")
    year, clock = program.rulebook.find_school_year(designee.school_year), program.read_clock()
    with program.installation.writing() as session:
        ensure_year(session, program.installation, year, clock)
        step = ListDesignee(
            designee_id=derive_id("designee", name, school, year.label, clock.now.isoformat()),
            name=name,
            role=designee.role,
            school=school,
            school_year=year.label,
            status=status,
            actor=user,
            on_date=on_date,
            recorded_at=clock.now,
        )
        facts: dict[str, JsonValue] = {"role": designee.role, "school_year": year.label, "status": step.status}
        record(session, clock, Entry(Event.DESIGNEE_RECORDED, step.designee_id, user, [step], facts))
    return step


def find_designee_schools(session: Session, school_year: str, name: str, day: date) -> list[str]:
    """The schools for which somebody may submit lists on a day."""
    return [step.school for step in _list_active(session, school_year, day) if _fold(step.name) == _fold(name)]


def list_designees(session: Session, school_year: str, day: date) -> list[ListDesignee]:
    """Who may submit lists on a day, by school and name."""
    return sorted(_list_active(session, school_year, day), key=lambda step: (_fold(step.school), _fold(step.name)))


def refuse_wrong_submitter(
    session: Session, program: Program, school_year: str, name: str, school: str, day: date
) -> None:
    """`CommandError` unless somebody may submit a list for a school: who is on record for it, or anybody where nobody is and
    the year's file doesn't ask for it.
    """
    on_record = [step.name for step in _list_active(session, school_year, day) if is_same_school(step.school, school)]
    if any(_fold(known) == _fold(name) for known in on_record):
        return
    rules = program.rulebook.find_year_rules(school_year)
    if on_record or rules.file.lists.designees_must_be_recorded:
        raise CommandError("that name is not on record as principal or designee of the list's school")


def _list_active(session: Session, school_year: str, day: date) -> list[ListDesignee]:
    """The newest step of each name and school, if it is active."""
    steps = select(ListDesignee).where(ListDesignee.school_year == school_year, ListDesignee.on_date <= day)
    newest: dict[tuple[str, str], ListDesignee] = {}
    for step in session.scalars(steps.order_by(ListDesignee.on_date, ListDesignee.recorded_at)):
        newest[_fold(step.name), _fold(step.school)] = step
    return [step for step in newest.values() if step.status == DesigneeStatus.ACTIVE]


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
