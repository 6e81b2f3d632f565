"""What is wrong with a list, told when it arrives and before any scan is read: all faults, by row and column.

Beside what reading finds (dates, IDs, needed cells) it holds each row against the partner, the year and the other rows. This
decides nothing about a form: the rules rule on what comes in, and a list with faults is taken all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from access.list_template import LANGUAGE_NAMES, TemplateTerms, write_list_template
from consentry.errors import CommandError
from consentry.intake.snapshots import find_roll
from consentry.partners import find_partner
from consentry.pipeline.list_schools import find_most_named
from consentry.program import Program
from ingest import read_student_list
from ingest.types import ListRow, Refusal, RowFault, StudentList
from matching.grades import read_grade
from review_queue import Reason, SchoolYear
from store.tables import FormTemplate

_YOUNGEST, _OLDEST = 2, 22


@dataclass(frozen=True, slots=True)
class ListGround:
    """What a list is held against. `partner_name` is "" where the list may be anybody's."""

    year: SchoolYear
    published: date
    partner_name: str
    today: date


def check_list_file(program: Program, path: Path, partner_id: str | None) -> tuple[RowFault, ...]:
    """All faults of a list file. `CommandError`: no such file, one that can't be read as a list, or no such partner."""
    if not path.is_file():
        raise CommandError(f"no such file: {path}")
    with program.open_cell() as cell:
        read = read_student_list(path.read_bytes(), path.name, cell, program.limits)
    if isinstance(read, Refusal):
        raise CommandError(f"the list can't be read: {read.words}")
    return check_list(program, read, partner_id)


def check_list(program: Program, student_list: StudentList, partner_id: str | None) -> tuple[RowFault, ...]:
    """All faults of a list of a partner: for the year that most of its rows name, if that is one to send lists for."""
    named = find_most_named([row.school_year for row in student_list.rows])
    today = program.read_clock().today
    year = named if named and program.rulebook.is_open_on(named, today) else None
    return find_list_faults(student_list, find_ground(program, partner_id, year))


def find_ground(program: Program, partner_id: str | None, school_year: str | None) -> ListGround:
    """What a list of a partner and year is held against; the running year if none is named."""
    today, rulebook = program.read_clock().today, program.rulebook
    rules = rulebook.find_year_rules(school_year or rulebook.find_running_year(today))
    name = ""
    if partner_id is not None:
        with program.installation.reading() as session:
            partner = find_partner(session, partner_id)
        name = partner.name
    return ListGround(rules.school_year, rules.file.school_year.forms_published, name, today)


def find_list_faults(student_list: StudentList, ground: ListGround) -> tuple[RowFault, ...]:
    """All faults of a list, row by row."""
    seen: dict[tuple[str, ...], int] = {}
    found = list(student_list.faults)
    for row in student_list.rows:
        found += row.faults
        found += _check_row(row, ground)
        key = (row.last_name.casefold(), row.first_name.casefold(), row.birth_date, row.student_id)
        if any(key[:3]) and (first := seen.setdefault(key, row.row_number)) != row.row_number:
            words = f"Row {row.row_number} is the same student as row {first}; keep one of them."
            found.append(RowFault(row.row_number, "StudentLastName", Reason.DUPLICATE, words))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class MadeTemplate:
    """A list template, and the year that it is for."""

    content: bytes
    school_year: str


def write_template(
    program: Program, partner_id: str, school_year: str | None, is_right_to_view: bool, out: Path
) -> str:
    """Writes the list template of a partner and year; returns the year. `CommandError` for an unknown partner."""
    made = make_template(program, partner_id, school_year, is_right_to_view)
    try:
        out.write_bytes(made.content)
    except OSError as error:
        raise CommandError(f"cannot write {out}: {error.strerror}") from None
    return made.school_year


def make_template(program: Program, partner_id: str, school_year: str | None, is_right_to_view: bool) -> MadeTemplate:
    """The list template of a partner and year. `CommandError` for an unknown partner."""
    ground = find_ground(program, partner_id, school_year)
    with program.installation.reading() as session:
        roll = find_roll(program.installation, session, ground.today)
        schools = roll.schools if roll else {}
        asked = select(FormTemplate.language).where(FormTemplate.school_year == ground.year.label)
        languages = sorted({LANGUAGE_NAMES.get(code, code) for code in session.scalars(asked)})
    terms = TemplateTerms(
        ground.partner_name,
        ground.year.label,
        ground.year.begins,
        tuple(sorted({school for school in schools.values() if school})),
        tuple(languages),
        is_right_to_view,
    )
    return MadeTemplate(write_list_template(terms), ground.year.label)


def _check_row(row: ListRow, ground: ListGround) -> Iterator[RowFault]:
    number, year = row.row_number, ground.year

    def fault(column: str, reason: Reason, words: str) -> RowFault:
        return RowFault(number, column, reason, words)

    if row.school_year and row.school_year != year.label:
        words = f"Row {number} is of {row.school_year}; this list is taken for {year.label}."
        yield fault("SchoolYear", Reason.WRONG_YEAR_FORM, words)
    if row.partner_name and ground.partner_name and not _is_same_name(row.partner_name, ground.partner_name):
        yield fault("PartnerName", Reason.WRONG_PARTNER, f"Row {number} names another organization than yours.")
    ages = {_find_age(date.fromisoformat(day), year.begins) for day in row.birth_date_readings}
    if ages and not any(_YOUNGEST <= age <= _OLDEST for age in ages):
        words = f"The birth date in row {number} is no student's; check the year."
        yield fault("DateOfBirth", Reason.FORM_ROW_MISMATCH, words)
    if row.grade and read_grade(row.grade) is None:
        yield fault("Grade", Reason.ILLEGIBLE, f"The grade in row {number} is none: write PK, K or 1 to 12.")
    if row.action and row.action.casefold() not in ("add", "remove"):
        yield fault("Action", Reason.ILLEGIBLE, f"The action in row {number} is Add or Remove.")
    yield from _check_consent_date(row, ground)


def _check_consent_date(row: ListRow, ground: ListGround) -> Iterator[RowFault]:
    try:
        signed = date.fromisoformat(row.consent_date)
    except ValueError:
        return
    number = row.row_number
    if signed > ground.today:
        words = f"The consent date in row {number} lies in the future."
        yield RowFault(number, "ConsentDate", Reason.DATE_FUTURE, words)
    elif signed < ground.published:
        words = f"The consent date in row {number} is older than this year's form."
        yield RowFault(number, "ConsentDate", Reason.DATE_BEFORE_FORM, words)


def _is_same_name(one: str, other: str) -> bool:
    return keep_letters(one) == keep_letters(other)


def keep_letters(name: str) -> str:
    """A name by its letters and digits alone, in one case: what people type differently and mean alike."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _find_age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
