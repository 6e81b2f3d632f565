"""Thousands of small workflows while workers are killed: each has its effect once (P2); a new worker is soon at work (P4)."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from PIL import Image
from sqlalchemy import func, select

from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.pipeline.working import Progress, count_waiting
from consentry.program import Program
from fixtures.plain_pages import draw_plain_page
from ingest.types import MediaType
from store.tables import Form, LedgerLeaf, Submission
from tests.consentry.test_killed_workers import wait_for_workers
from tests.faults.crew import WorkerCrew
from tests.faults.plain_district import PlainDistrict, check_whole
from tests.faults.processes import EMPTY_PAGES_WORKER, TODAY


@dataclass(frozen=True)
class Played:
    """Workflows that were done, kills meanwhile."""

    workflows: int
    kills: int


def take_in(district: PlainDistrict, submissions: int, pages_each: int = 100) -> None:
    """Submissions that wait to be read, each a picture of many pages, through intake's own door."""
    with district.opening() as program:
        for number in range(submissions):
            pages = [
                Image.fromarray(draw_plain_page({"parent_name": f"{number} {page}"})) for page in range(pages_each)
            ]
            stream = io.BytesIO()
            pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
            content = stream.getvalue()
            scan = StoredFile(program.installation.documents.put(content), "scan", len(content))
            came = tuple(IncomingPage(scan, MediaType.TIFF, "pages.tif", page) for page in range(pages_each))
            record_submission(program, "rainier", Incoming(came, (), None, None, ""), None, "")


def play_under_kills(district: PlainDistrict, most_between: int, seed: int) -> Played:
    """Kills a worker now and then until nothing is left to do; fails where anything was left out or happened twice. Between two
    kills so many pages are read at most, or a moment goes by: how busy the machine is doesn't decide how often there is a kill.
    """
    rng, crew, kills = random.Random(seed), WorkerCrew(district, kind=EMPTY_PAGES_WORKER), 0
    with district.opening() as program:
        crew.keep_up()
        while count_waiting(program) != Progress(0, 0):
            wait_for_pages(program, rng.randint(0, most_between))
            time.sleep(rng.uniform(0.0, 0.1))
            rng.choice(crew.list_alive() or [*crew.steps.values()]).kill()
            crew.keep_up()
            kills += 1
        crew.finish()
        check_whole(program)
        return Played(count_effects(program), kills)


def count_effects(program: Program) -> int:
    """The effects of all workflows: each page read once, each submission settled as often as it says."""
    with program.installation.reading() as session:
        forms = set(session.scalars(select(Form.form_id)))
        settled = dict(session.execute(select(Submission.submission_id, Submission.settlements)).all())
        heads = func.json_extract(LedgerLeaf.body, "$.event"), func.json_extract(LedgerLeaf.body, "$.subject")
        done = Counter((event, subject) for event, subject in session.execute(select(*heads)))
    read = {subject: count for (event, subject), count in done.items() if event == "form-read"}
    assert read == dict.fromkeys(forms, 1)
    assert {subject: count for (event, subject), count in done.items() if event == "submission-settled"} == settled
    return len(read) + sum(settled.values())


def count_read(program: Program) -> int:
    with program.installation.reading() as session:
        return session.scalar(select(func.count()).select_from(Form).where(Form.page_kind != "")) or 0


def wait_for_pages(program: Program, pages: int) -> None:
    """Until so many more pages have been read, or none is left to read."""
    wanted = count_read(program) + pages
    while count_read(program) < wanted and count_waiting(program).pages:
        time.sleep(0.05)


def wait_for_reading(program: Program) -> float:
    """Seconds until another page has been read."""
    start, before = time.monotonic(), count_read(program)
    while count_read(program) == before:
        assert time.monotonic() - start < 200, "no worker came back"
        time.sleep(0.02)
    return time.monotonic() - start


@contextmanager
def working(district: PlainDistrict) -> Iterator[subprocess.Popen[bytes]]:
    """`consentry work`, as a person starts it, but for the engine that reads."""
    command = [sys.executable, "-m", "fixtures.plain_work", "--home", str(district.home), "work"]
    with subprocess.Popen(command, env={**os.environ, "CONSENTRY_TODAY": TODAY}) as work:
        yield work
        for worker in wait_for_workers(work.pid):
            os.kill(worker, 9)
        work.kill()


def test_no_workflow_of_many_happens_twice_though_workers_are_killed(plain_district: PlainDistrict) -> None:
    take_in(plain_district, submissions=2, pages_each=15)
    played = play_under_kills(plain_district, most_between=12, seed=1)
    assert played.workflows >= 32
    assert played.kills


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_workflows_under_kills_happen_once(
    plain_district: PlainDistrict, note_figure: Callable[[str], None]
) -> None:
    take_in(plain_district, 100)
    played = play_under_kills(plain_district, most_between=60, seed=2)
    assert played.workflows > 10_000
    note_figure(f"P2: {played.workflows} workflows, {played.kills} kills of workers: each once, ledger whole")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_killed_worker_is_soon_replaced_though_ten_thousand_pages_wait(
    plain_district: PlainDistrict, note_figure: Callable[[str], None]
) -> None:
    take_in(plain_district, 100)
    again, whole = [], []
    with plain_district.opening() as program:
        for _ in range(3):
            with working(plain_district) as work:
                whole.append(wait_for_reading(program))
                os.kill(wait_for_workers(work.pid)[0], 9)
                again.append(wait_for_reading(program))
        check_whole(program)
    told = ", ".join(f"{seconds:.1f}" for seconds in again)
    told_whole = ", ".join(f"{seconds:.1f}" for seconds in whole)
    note_figure(
        f"P4: 10000 open pages: the next page {told} s after a worker was killed, {told_whole} s after all was "
        f"started anew; load of the machine {os.getloadavg()[0]:.0f}"
    )
