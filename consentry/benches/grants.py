"""The benches of grants: the access set of a partner, a run of reports for all partners, the report of an incident.

Each makes a home of its own with students, partners and grants. Making the home is not measured. CPU seconds stand beside wall
seconds, since other programs share the machine.
"""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np

from access.adr_package import FileFormat
from consentry.benches.granted_home import BATCH, TODAY, GrantedHome, fill_home
from consentry.desk.showing import find_enrolled, find_partner_access, select_access
from consentry.disclosing.delivering import DeliveryRequest, deliver_all_reports
from consentry.disclosing.incidents import IncidentRequest, report_incident
from consentry.intake.enrolled_children import EnrollmentCache
from fixtures.student_data import write_student_data
from store import Clock, Entry, Event, record
from store.ids import derive_id
from store.tables import Disclosure, Grant

_RUNS = 40


def run_access(grants: int, students: int) -> dict[str, Any]:
    """Milliseconds to find the access set of one partner that holds all grants."""
    with fill_home(1, grants, max(grants, students)) as home:
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
    with fill_home(partners, grants, grants) as home:
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
    with fill_home(max(1, grants // 1000), grants, grants) as home:
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


def _disclose_all(home: GrantedHome) -> None:
    clock = home.program.read_clock()
    with home.program.installation.reading() as session:
        grants = session.query(Grant).all()
    kinds = ("adr", "staag-feed", "staag-view")
    for start in range(0, len(grants), BATCH):
        with home.program.installation.writing() as session:
            rows = [_make_disclosure(grant, kind, clock) for grant in grants[start : start + BATCH] for kind in kinds]
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
