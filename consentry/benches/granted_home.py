"""A home of partners, students and grants for benches, made without paper: one form and one decision stand for all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from access import CATEGORIES
from consentry.intake.loading_enrollment import load_enrollment
from consentry.program import Program
from consentry.settings import Settings
from fixtures.district import Student
from fixtures.granted_rows import make_decision, make_form, make_submission
from store import Clock, Entry, Event, Installation, describe_document, record
from store.ids import Sha256, derive_id
from store.ledger import StampedEntry, append_stamped
from store.tables import Agreement, Grant, Partner, Tracked

TODAY, YEAR = date(2024, 10, 1), "2024-25"
BATCH = 1000
_GRADES = ("K", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")


@dataclass(frozen=True, slots=True)
class GrantedHome:
    """A filled home, and its students."""

    program: Program
    folder: Path
    students: list[Student]
    grant_ids: list[str]


@contextmanager
def fill_home(partners: int, grants: int, students: int) -> Iterator[GrantedHome]:
    """A home of so many partners and enrolled students, with so many grants dealt out in turn; thrown away in the end."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        folder = Path(place)
        Installation.create(folder / "home", None, Clock.read(TODAY.isoformat())).engine.dispose()
        program = Program.open(Settings(home=folder / "home", today=TODAY))
        people = [_make_student(number) for number in range(students)]
        load_enrollment(program, _write_enrollment(folder, people), date(2024, 9, 15))
        names = [f"p{number:03d}" for number in range(partners)]
        grant_ids = _grant_all(program, names, people[:grants])
        yield GrantedHome(program, folder, people, grant_ids)
        program.installation.engine.dispose()


def _make_student(number: int) -> Student:
    born = f"{2007 + number % 11}-{1 + number % 12:02}-{1 + number % 28:02}"
    grade = _GRADES[number % len(_GRADES)]
    return Student(
        f"{1_000_000 + number}", f"First{number}", f"Last{number}", born, f"School {number % 90}", grade=grade
    )


def _write_enrollment(folder: Path, people: list[Student]) -> Path:
    lines = ["student_id,first,last,birth_date,school,grade"]
    lines += [f"{one.student_id},{one.first},{one.last},{one.birth_date},{one.school},{one.grade}" for one in people]
    file = folder / "enrollment.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _grant_all(program: Program, partners: list[str], people: list[Student]) -> list[str]:
    clock = program.read_clock()
    content = b"a scan"
    digest = program.installation.documents.put(content)
    with program.installation.writing() as session:
        rows: list[Tracked] = list(describe_document(session, digest, "scan", len(content), clock))
        for name in partners:
            rows.append(
                Partner(partner_id=name, name=f"Partner {name}", purpose="tutoring", categories=list(CATEGORIES))
            )
            rows.append(_make_agreement(name, clock))
        rows += _make_paper(program, partners[0], digest, clock)
        record(session, clock, Entry(Event.SUBMISSION_RECEIVED, "sub", "bench", rows))
    grants = [_make_grant(partners[n % len(partners)], person, clock) for n, person in enumerate(people)]
    for start in range(0, len(grants), BATCH):
        some = grants[start : start + BATCH]
        with program.installation.writing() as session:
            entries = [Entry(Event.ACCESS_GRANTED, grant.grant_id, "bench", [grant]) for grant in some]
            append_stamped(session, [StampedEntry(clock, entry) for entry in entries])
    return [grant.grant_id for grant in grants]


def _make_agreement(partner_id: str, clock: Clock) -> Agreement:
    return Agreement(
        agreement_id=derive_id("agr", partner_id),
        partner_id=partner_id,
        kind="dsa",
        school_year=YEAR,
        status="active",
        on_date=date(2024, 9, 1),
        recorded_at=clock.now,
        recorded_on=clock.today,
    )


def _make_paper(program: Program, partner_id: str, digest: Sha256, clock: Clock) -> list[Tracked]:
    submission = make_submission("sub", partner_id, clock)
    form = make_form("form", submission, digest)
    return [submission, form, make_decision(form, "bench", program.rulebook.policy.sha256, clock)]


def _make_grant(partner_id: str, person: Student, clock: Clock) -> Grant:
    return Grant(
        grant_id=derive_id("grant", partner_id, person.student_id),
        partner_id=partner_id,
        student_id=person.student_id,
        categories=list(CATEGORIES),
        from_date=clock.today,
        to_date=date(2025, 8, 31),
        basis="CONSENT",
        school_year=YEAR,
        form_id="form",
        decision_id=derive_id("dec", "form"),
        recorded_at=clock.now,
    )
