"""The benches of grants: the access set of a partner, a run of reports for all partners, the report of an incident.

Each makes a home of its own with students, partners and grants, without paper: one form and one decision stand for all. Making
the home is not measured. CPU seconds stand beside wall seconds, since other programs share the machine.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from access import CATEGORIES
from access.adr_package import FileFormat
from consentry.desk.showing import find_enrolled, find_partner_access, select_access
from consentry.disclosing.delivering import DeliveryRequest, deliver_all_reports
from consentry.disclosing.incidents import IncidentRequest, report_incident
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.intake.loading_enrollment import load_enrollment
from consentry.program import Program
from consentry.settings import Settings
from fixtures.district import Student
from fixtures.student_data import write_student_data
from store import Clock, Entry, Event, Installation, describe_document, record
from store.ids import derive_id
from store.ledger import StampedEntry, append_stamped
from store.tables import Agreement, Decision, Disclosure, Form, Grant, Partner, Submission, Tracked

TODAY, YEAR = date(2024, 10, 1), "2024-25"
_BATCH = 1000
_RUNS = 40
_GRADES = ("K", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")


@dataclass(frozen=True, slots=True)
class _Home:
    """A filled home, and its students."""

    program: Program
    folder: Path
    students: list[Student]
    grant_ids: list[str]


def run_access(grants: int, students: int) -> dict[str, Any]:
    """Milliseconds to find the access set of one partner that holds all grants."""
    with _fill(1, grants, max(grants, students)) as home:
        program, held = home.program, EnrollmentCache(home.program.installation)
        warm, cold, cpu = [], [], []
        for _ in range(_RUNS):
            with program.installation.reading() as session:
                roll = find_enrolled(session, held, TODAY)
                started, cpu_started = time.perf_counter(), time.thread_time()
                found = len(select_access(session, "p000", roll, TODAY))
                warm.append(time.perf_counter() - started)
                cpu.append(time.thread_time() - cpu_started)
        for _ in range(5):
            started = time.perf_counter()
            found += len(find_partner_access(program, "p000", TODAY))
            cold.append(time.perf_counter() - started)
        if found != grants * 6:
            raise AssertionError(f"{found} rows, not {grants * 6}")
    return {
        "grants": grants,
        "enrolled": len(home.students),
        "milliseconds_p50": _find_percentile(warm, 50),
        "milliseconds_p99": _find_percentile(warm, 99),
        "cpu_milliseconds_p50": _find_percentile(cpu, 50),
        "milliseconds_with_enrollment_read_p50": _find_percentile(cold, 50),
    }


def run_adr(partners: int, grants: int, file_format: FileFormat) -> dict[str, Any]:
    """Seconds to deliver all partners' reports."""
    with _fill(partners, grants, grants) as home:
        data, out = home.folder / "data", home.folder / "out"
        write_student_data(data, home.students, 1)
        gc.collect()
        started, cpu = time.perf_counter(), time.process_time()
        delivered, passed = deliver_all_reports(home.program, DeliveryRequest(data, out, file_format))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    files = sum(len(one.files) for one in delivered)
    return {
        "partners": len(delivered),
        "without_package": len(passed),
        "students": sum(one.students for one in delivered),
        "files": files,
        "megabytes": round(sum(size for one in delivered for size in one.files.values()) / 1e6, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
    }


def run_incident(grants: int) -> dict[str, Any]:
    """Seconds to report an incident over all grants, each with a report, a feed and a view."""
    with _fill(max(1, grants // 1000), grants, grants) as home:
        _disclose_all(home)
        request = IncidentRequest(tuple(home.grant_ids), TODAY, "lead", home.folder / "incident")
        gc.collect()
        started, cpu = time.perf_counter(), time.process_time()
        summary = report_incident(home.program, request)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        size = sum(file.stat().st_size for file in request.out.iterdir())
    return {
        "grants": grants,
        "left_the_house": summary["left_the_house"],
        "students_affected": summary["students_affected"],
        "tell_attorney_general": summary["tell_attorney_general"],
        "megabytes": round(size / 1e6, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
    }


def _find_percentile(seconds: list[float], percent: int) -> float:
    return round(1000 * float(np.percentile(seconds, percent)), 1)


@contextmanager
def _fill(partners: int, grants: int, students: int) -> Iterator[_Home]:
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        folder = Path(place)
        Installation.create(folder / "home", None, Clock.read(TODAY.isoformat())).engine.dispose()
        program = Program.open(Settings(home=folder / "home", today=TODAY))
        people = [_make_student(number) for number in range(students)]
        load_enrollment(program, _write_enrollment(folder, people), date(2024, 9, 15))
        names = [f"p{number:03d}" for number in range(partners)]
        grant_ids = _grant_all(program, names, people[:grants])
        yield _Home(program, folder, people, grant_ids)
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
    for start in range(0, len(grants), _BATCH):
        some = grants[start : start + _BATCH]
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


def _make_paper(program: Program, partner_id: str, digest: str, clock: Clock) -> list[Tracked]:
    submission = Submission(
        submission_id="sub",
        partner_id=partner_id,
        basis="CONSENT",
        received_on=clock.today,
        created_at=clock.now,
        settlements=1,
        needs_settling=False,
    )
    form = Form(
        form_id="form",
        submission_id="sub",
        partner_id=partner_id,
        position=0,
        document_sha256=digest,
        media_type="pdf",
        file_name="scan.pdf",
        page_index=0,
        state="granted",
        fields={"parent_date": {"value": "09/12/2024"}},
    )
    decision = Decision(
        decision_id="dec",
        form_id="form",
        actor="bench",
        action="accept",
        reason="bench",
        seen={},
        policy_sha256=program.rulebook.policy.sha256,
        on_date=clock.today,
        at=clock.now,
    )
    return [submission, form, decision]


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
        decision_id="dec",
        recorded_at=clock.now,
    )


def _disclose_all(home: _Home) -> None:
    clock = home.program.read_clock()
    with home.program.installation.reading() as session:
        grants = session.query(Grant).all()
    kinds = ("adr", "staag-feed", "staag-view")
    for start in range(0, len(grants), _BATCH):
        with home.program.installation.writing() as session:
            rows = [_make_disclosure(grant, kind, clock) for grant in grants[start : start + _BATCH] for kind in kinds]
            record(session, clock, Entry(Event.STUDENT_SHOWN, "bench", "bench", rows))


def _make_disclosure(grant: Grant, kind: str, clock: Clock) -> Disclosure:
    return Disclosure(
        disclosure_id=derive_id("dis", kind, grant.grant_id),
        kind=kind,
        partner_id=grant.partner_id,
        student_id=grant.student_id,
        grant_id=grant.grant_id,
        basis=grant.basis,
        categories=list(grant.categories),
        content={"reports": {"2": 1, "4": 12}, "people": ["ana@partner.example"]},
        recipient=f"Partner {grant.partner_id}",
        purpose="tutoring",
        on_date=clock.today,
        at=clock.now,
    )
