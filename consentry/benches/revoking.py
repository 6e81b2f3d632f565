"""The bench of revocations: seconds from the call that ends a student's access to each export in place without that student.

Every export is looked into: the student is in the one before and in none after. Exports read the enrollment anew each time, as
a command does; some revocations come while a package is being made. Making the home and looking into exports are not measured.
CPU seconds stand beside wall seconds, since other programs share the machine.
"""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from access import AgreementKind, AgreementStatus
from access.adr_package import FileFormat
from consentry.benches.granted_home import TODAY, YEAR, GrantedHome, fill_home
from consentry.desk.showing import find_partner_access
from consentry.disclosing.delivering import DeliveryRequest, deliver_reports
from consentry.disclosing.staag import write_staag_feed
from consentry.intake.registering import record_agreement
from consentry.program_year.agreement_papers import StepNote
from consentry.program_year.named_people import NamedStep, name_person
from consentry.withdrawing import revoke_access
from fixtures.student_data import write_student_data

_PARTNER = "p000"
_UNDER_WAY = 0.1
"""Seconds that a package is being made before a student leaves."""

Export = Callable[[], list[Path]]
"""Makes one export; returns its files."""


@dataclass(frozen=True, slots=True)
class _Took:
    """Seconds from a revocation on, by the clock and of the processor."""

    wall: float
    cpu: float


class _Exports:
    """What leaves for a partner, made anew at every call."""

    def __init__(self, home: GrantedHome) -> None:
        self._home, self._count = home, 0
        self._data = home.folder / "data"
        write_student_data(self._data, home.students[: len(home.grant_ids)], 1)
        signed = (_PARTNER, AgreementKind.NUA, YEAR, AgreementStatus.ACTIVE, TODAY)
        record_agreement(home.program, *signed, StepNote("bench"))
        person = NamedStep(_PARTNER, "ana@partner.example", YEAR, AgreementStatus.ACTIVE, TODAY)
        name_person(home.program, AgreementKind.NUA, person, StepNote("bench"))

    def find_access(self) -> list[Path]:
        """The access set, written down."""
        rows = find_partner_access(self._home.program, _PARTNER, TODAY)
        file = self._home.folder / "access.csv"
        file.write_text("\n".join(["SPSStudentID", *(row.student_id for row in rows)]), encoding="utf-8")
        return [file]

    def write_feed(self) -> list[Path]:
        """The feed of Student-at-a-Glance."""
        return [write_staag_feed(self._home.program, self._home.folder / "feed.csv", None).file]

    def deliver(self) -> list[Path]:
        """The package of reports, where it lies in the partner's outbox."""
        self._count += 1
        request = DeliveryRequest(self._data, self._home.folder / f"package-{self._count}", FileFormat.CSV)
        done = deliver_reports(self._home.program, _PARTNER, request)
        return sorted((self._home.program.settings.home / done.outbox).glob("*.csv"))


def run_revoke(grants: int, students: int, times: int) -> dict[str, Any]:
    """Seconds to be out of the access set, the feed and the package, for so many students one after the other."""
    told: dict[str, list[_Took]] = {"revoke call alone": []}
    with fill_home(1, grants, max(grants, students)) as home:
        exports, leaving = _Exports(home), iter(home.students)
        ways: dict[str, Export] = {
            "access set": exports.find_access,
            "feed": exports.write_feed,
            "package": exports.deliver,
        }
        for name, export in ways.items():
            told[name], before = [], _read_students(export())
            for _ in range(times):
                student_id = next(leaving).student_id
                started, cpu = time.perf_counter(), time.process_time()
                _revoke(home, student_id)
                told["revoke call alone"].append(_measure(started, cpu))
                files = export()
                told[name].append(_measure(started, cpu))
                before = _check_is_out(student_id, before, _read_students(files))
        meanwhile = [_revoke_meanwhile(home, exports, next(leaving).student_id) for _ in range(times)]
        told["package begun before"] = meanwhile
    return {
        "grants": grants,
        "enrolled": len(home.students),
        "students_in_data": grants,
        "seconds_from_revocation_p50": {name: _find_middle([one.wall for one in took]) for name, took in told.items()},
        "seconds_from_revocation_most": {name: round(max(one.wall for one in took), 3) for name, took in told.items()},
        "cpu_seconds_p50": {name: _find_middle([one.cpu for one in took]) for name, took in told.items()},
    }


def _revoke(home: GrantedHome, student_id: str) -> None:
    revoke_access(home.program, student_id, _PARTNER, TODAY, "bench", "bench")


def _revoke_meanwhile(home: GrantedHome, exports: _Exports, student_id: str) -> _Took:
    """Revokes while a package is being made; what it takes until the package is there, which lacks the student."""
    made: list[list[Path]] = []
    maker = threading.Thread(target=lambda: made.append(exports.deliver()))
    maker.start()
    time.sleep(_UNDER_WAY)
    started, cpu = time.perf_counter(), time.process_time()
    _revoke(home, student_id)
    maker.join()
    took = _measure(started, cpu)
    _check_is_out(student_id, {student_id}, _read_students(made[0]))
    return took


def _measure(started: float, cpu: float) -> _Took:
    return _Took(time.perf_counter() - started, time.process_time() - cpu)


def _find_middle(seconds: list[float]) -> float:
    return round(float(np.median(seconds)), 3)


def _check_is_out(student_id: str, before: set[str], after: set[str]) -> set[str]:
    if student_id not in before or student_id in after:
        raise AssertionError("a revocation did not show in an export")
    return after


def _read_students(files: Sequence[Path]) -> set[str]:
    """Everyone in any of the files."""
    found = set()
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            found |= {row["SPSStudentID"] for row in csv.DictReader(stream)}
    return found
