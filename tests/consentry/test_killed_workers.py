"""A killed worker's pages are taken up by the others; nothing happens twice, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from consentry.pipeline.worker import SLOT_LOST
from consentry.program import Program
from consentry.settings import Settings
from store.tables import WorkerSlot
from store.worker_slots import list_dead_slots
from tests.consentry.conftest import CHILDREN, District

LONG_AGO = datetime.fromtimestamp(0, UTC)


def find_workers(parent: int) -> list[int]:
    """The worker processes of `consentry work`: its direct children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children]


def wait_for_workers(parent: int) -> list[int]:
    for _ in range(300):
        if workers := find_workers(parent):
            return workers
        time.sleep(0.1)
    raise AssertionError("no worker runs")


@pytest.mark.timeout(300)
def test_kills_lose_nothing_and_repeat_nothing(district: District) -> None:
    for number in CHILDREN:
        district.save(district.fill(number, seed=int(number)), f"{number}.png")
    listed = district.write_list(*CHILDREN)
    receipt = district.expect("submit", "--partner", "rainier", "--list", str(listed), str(district.folder / "scans"))
    command = [sys.executable, "-m", "consentry", "--home", str(district.home), "work", "--drain", "--processes", "2"]
    with subprocess.Popen(command, env={**os.environ, "CONSENTRY_TODAY": district.today}) as work:
        kills = 0
        for delay in (3.0, 2.5, 2.0):
            worker = wait_for_workers(work.pid)[0]
            time.sleep(delay)
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                kills += 1
        assert work.wait(timeout=240) == 0
    assert kills
    status = district.expect("status", receipt["submission_id"])
    assert [form["state"] for form in status["forms"]] == ["granted"] * len(CHILDREN)
    access = district.expect("access", "rainier")
    assert [row["student_id"] for row in access] == sorted(CHILDREN)
    assert district.expect("ledger", "verify")["whole"]
    trace = district.expect("trace", "--student", "1000001")
    events = [entry["event"] for entry in trace["ledger"]]
    assert (events.count("form-read"), events.count("access-granted")) == (1, 1)


@pytest.mark.timeout(120)
def test_a_drain_that_is_told_to_stop_says_that_work_is_left(district: District) -> None:
    district.save(district.fill("1000001"), "waits.png")
    district.expect("submit", "--partner", "rainier", str(district.folder / "scans"))
    command = [sys.executable, "-m", "consentry", "--home", str(district.home), "work", "--drain"]
    environment = {**os.environ, "CONSENTRY_TODAY": district.today}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as work:
        wait_for_workers(work.pid)
        work.terminate()
        _, told = work.communicate(timeout=90)
    assert work.returncode == 2
    assert "stopped before everything was done" in told


@pytest.mark.timeout(300)
def test_what_ends_its_worker_three_times_is_parked_and_the_rest_goes_on(district: District) -> None:
    district.save(district.fill("1000001"), "poison.png")
    district.save(district.fill("1000002"), "good.png")
    listed = district.write_list("1000001", "1000002")
    receipt = district.expect("submit", "--partner", "rainier", "--list", str(listed), str(district.folder / "scans"))
    forms = district.expect("status", receipt["submission_id"])["forms"]
    digest = next(form["source"]["sha256"] for form in forms if form["source"]["file"].endswith("poison.png"))
    place = district.home / "documents" / digest[:2] / digest[2:]
    place.rename(place.with_name(".kept"))
    place.mkdir()  # reading it is the system's error, as on a failing disk
    worked = district.expect("work", "--drain")
    assert worked["replaced_workers"] == 3
    place.rmdir()
    place.with_name(".kept").rename(place)
    ends = {
        form["source"]["file"]: form["state"] for form in district.expect("status", receipt["submission_id"])["forms"]
    }
    assert ends == {"scans/good.png": "granted", "scans/poison.png": "in_review"}
    assert district.expect("ledger", "verify")["whole"]


@pytest.mark.timeout(120)
def test_a_worker_whose_slot_went_to_another_says_so_and_no_worker_takes_its_own(district: District) -> None:
    program = Program.open(Settings(home=district.home))
    command = [sys.executable, "-m", "consentry.pipeline.worker_process", "--owner", "late"]
    with subprocess.Popen(command, env={**os.environ, "CONSENTRY_HOME": str(district.home)}) as worker:
        for _ in range(600):
            with program.installation.sessions() as session, session.begin():
                taken = session.execute(
                    update(WorkerSlot).where(WorkerSlot.owner == "late").values(owner="other", seen_at=LONG_AGO)
                )
                if taken.rowcount:
                    break
            time.sleep(0.1)
        assert worker.wait(timeout=60) == SLOT_LOST
    with program.installation.sessions() as session, session.begin():
        session.execute(update(WorkerSlot).values(seen_at=LONG_AGO))
    slots = set(list_dead_slots(program.installation.sessions, seen_by="elsewhere"))
    assert slots
    assert all(slot not in list_dead_slots(program.installation.sessions, seen_by=slot) for slot in slots)
