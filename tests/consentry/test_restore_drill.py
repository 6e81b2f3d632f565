"""P19: a home of a season is backed up while others write, restored, and proven to be what was kept.

The home is made through the store's own door, without paper: forms with a scan of their own each, granted to students of a
district. Seconds by the clock and of the processor are told; the first depend on the machine and on what else runs there.
"""

from __future__ import annotations

import json
import os
import random
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from access import Signer, make_grant
from consentry.program import Program
from fixtures.granted_rows import make_decision, make_form, make_submission
from store import Clock, Entry, Event, Installation, record
from store.ids import derive_id
from store.ledger import record_all
from store.tables import Document, Form, Partner, Tracked
from tests.consentry.conftest import District
from tests.consentry.granting import open_program
from tests.faults.processes import SERVER

PARTNERS, BATCH, SCHOOLS = 20, 250, 100
CATEGORIES = ("attendance", "assessment")


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processor with all children."""

    clock: float
    processor: float


def count_processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timing(act: Callable[[], object]) -> Took:
    start, processor = time.monotonic(), count_processor()
    act()
    return Took(time.monotonic() - start, count_processor() - processor)


def fill(district: District, students: int, forms: int, scan_bytes: int) -> None:
    """Enrollment, partners with agreements, and so many granted forms."""
    district.expect("init")
    lines = ["student_id,first,last,birth_date,school,grade,guardians"]
    for number in range(students):
        born = f"{2007 + number % 11}-{1 + number % 12:02}-{1 + number % 28:02}"
        lines.append(f"{1_000_000 + number},Ana{number},Tester{number},{born},School {number % SCHOOLS},5,")
    (district.folder / "enrollment.csv").write_text("\n".join(lines), encoding="utf-8")
    district.expect("enrollment", "load", str(district.folder / "enrollment.csv"), "--as-of", "2024-09-15")
    for number in range(PARTNERS):
        district.expect("partner", "add", f"Partner {number}", "--id", f"p{number}")
        signed = ("--kind", "dsa", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
        district.expect("partner", "agreement", f"p{number}", *signed)
    program = open_program(district)
    for first in range(0, forms, BATCH):
        add_forms(program, first, min(BATCH, forms - first), scan_bytes)
    program.installation.engine.dispose()


def add_forms(program: Program, first: int, count: int, scan_bytes: int) -> None:
    """A submission with so many forms, each of a student of its own, each granted."""
    clock, rng = program.read_clock(), random.Random(first)
    partner_id, submission_id = f"p{first // BATCH % PARTNERS}", derive_id("sub", str(first))
    submission = make_submission(submission_id, partner_id, clock)
    entries = [Entry(Event.SUBMISSION_RECEIVED, submission_id, partner_id, [submission])]
    for place in range(count):
        digest = program.installation.documents.put(rng.randbytes(scan_bytes))
        document = Document(sha256=digest, kind="scan", size=scan_bytes, stored_at=clock.now)
        student_id = str(1_000_000 + first + place)
        form = make_form(derive_id("form", str(first), str(place)), submission, digest, student_id, place)
        entries += list_grant_entries(program, form, document, clock)
    with program.installation.writing() as session:
        record_all(session, clock, entries)


def list_grant_entries(program: Program, form: Form, document: Document, clock: Clock) -> list[Entry]:
    """What a form leaves in the ledger: read, ruled on, granted."""
    decision = make_decision(form, "rules", program.rulebook.policy.sha256, clock)
    year = program.rulebook.find_school_year("2024-25")
    signer = Signer(False, date(2012, 1, 1))
    grant = make_grant(form, str(form.student_id), CATEGORIES, decision, year, signer, clock.now)
    read: list[Tracked] = [document, form]
    return [
        Entry(Event.FORM_READ, form.form_id, "rules", read),
        Entry(Event.FORM_RULED, form.form_id, "rules", [decision]),
        Entry(Event.ACCESS_GRANTED, grant.grant_id, "rules", [grant]),
    ]


def write_meanwhile(home: Path, told: Path, stop: Path) -> None:
    """Appends entries until told to stop; writes down how long each waited."""
    installation, waits = Installation.open(home, None), list[float]()
    while not stop.exists():
        row = Partner(partner_id=f"meanwhile-{len(waits)}", name="n", categories=[])
        start = time.monotonic()
        with installation.writing() as session:
            record(session, Clock.read("2024-10-01"), Entry(Event.PARTNER_ADDED, row.partner_id, "test", [row]))
        waits.append(time.monotonic() - start)
        time.sleep(0.02)
    told.write_text(json.dumps(waits), encoding="utf-8")


def drill(folder: Path, students: int, forms: int, scan_bytes: int) -> tuple[str, float]:
    """Backs up beside a writer, restores, verifies; returns how it went in words, and the writer's longest wait."""
    district = District(folder)
    fill(district, students, forms, scan_bytes)
    told, stop, file = folder / "waits.json", folder / "stop", folder / "home.backup"
    writer = SERVER.Process(target=write_meanwhile, args=(district.home, told, stop))
    writer.start()
    time.sleep(0.5)
    kept = timing(lambda: district.expect("backup", str(file)))
    stop.touch()
    writer.join(60)
    waits = json.loads(told.read_text(encoding="utf-8"))
    restored = District(folder)
    restored.home = folder / "restored"
    back = timing(lambda: check_restored(restored, file, forms))
    proven = timing(lambda: restored.expect("ledger", "verify"))
    words = (
        f"P19: {forms} forms, {students} students, {file.stat().st_size / 1e6:.0f} MB: "
        f"backup {kept.clock:.0f} s ({kept.processor:.0f} s of processor) beside {len(waits)} writes, the longest of which "
        f"waited {max(waits):.2f} s; restored and compared in {back.clock:.0f} s ({back.processor:.0f} s), verified again in "
        f"{proven.clock:.0f} s ({proven.processor:.0f} s); load of the machine {os.getloadavg()[0]:.0f}"
    )
    assert kept.clock < 300
    assert back.clock + proven.clock < 900
    return words, max(waits)


def check_restored(restored: District, file: Path, forms: int) -> None:
    told = restored.expect("restore", str(file))
    assert (told["differences"], told["frozen_why"]) == ([], None)
    assert told["access_rows"] == forms


def test_a_small_home_is_drilled(tmp_path: Path) -> None:
    _, longest = drill(tmp_path, students=400, forms=300, scan_bytes=2000)
    assert longest < 5  # the promise is a second; the machine of the tests may be busy


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_season_of_twenty_thousand_forms_is_drilled(tmp_path: Path, note_figure: Callable[[str], None]) -> None:
    words, longest = drill(tmp_path, students=50_000, forms=20_000, scan_bytes=50_000)
    note_figure(words)
    assert longest < 5
