"""Threads and processes that append at the same time: no gap, no fork, each acknowledged only once durable."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from store import Clock, Entry, Event, Installation
from store.tables import Partner
from store.tree_reader import TreeReader
from store.verification import verify_ledger

CLOCK = Clock.read("2024-10-01")
HAMMER = """
import sys
from pathlib import Path
from store import Clock, Entry, Event, Installation, record
from store.tables import Partner
home, url, name, count = sys.argv[1], sys.argv[2] or None, sys.argv[3], int(sys.argv[4])
installation, clock = Installation.open(Path(home), url), Clock.read("2024-10-01")
for number in range(count):
    row = Partner(partner_id=f"{name}-{number}", name="n", categories=[])
    with installation.writing() as session:
        record(session, clock, Entry(Event.PARTNER_ADDED, row.partner_id, name, [row]))
"""


def make_entry(name: str) -> Entry:
    return Entry(Event.PARTNER_ADDED, name, "test", [Partner(partner_id=name, name="n", categories=[])])


def check_whole(installation: Installation, size: int) -> None:
    with installation.reading() as session:
        verdict = verify_ledger(session, installation.documents)
        assert (verdict.size, verdict.breaks) == (size, ())
        assert TreeReader(session).find_root(size).hex() == verdict.root


def test_threads_share_commits_and_each_gets_its_own_number(installation: Installation) -> None:
    numbers: list[int] = []

    def append(thread: int) -> None:
        numbers.extend(installation.append(CLOCK, make_entry(f"{thread}-{number}")) for number in range(40))

    threads = [threading.Thread(target=append, args=(thread,)) for thread in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 481))
    check_whole(installation, 481)


def test_an_entry_that_is_refused_fails_alone(installation: Installation) -> None:
    installation.append(CLOCK, make_entry("taken"))
    failed, kept = [], []

    def append(name: str) -> None:
        try:
            kept.append(installation.append(CLOCK, make_entry(name)))
        except IntegrityError:
            failed.append(name)

    names = ["taken" if number % 4 == 0 else f"n{number}" for number in range(20)]
    threads = [threading.Thread(target=append, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == ["taken"] * 5
    assert sorted(kept) == list(range(2, 17))
    check_whole(installation, 17)


def hammer(installation: Installation, processes: int, count: int) -> None:
    url = "" if installation.database_url.startswith("sqlite") else installation.database_url
    command = [sys.executable, "-c", HAMMER, str(installation.home), url]
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen([*command, f"w{number}", str(count)], cwd=root, stderr=subprocess.PIPE)
        for number in range(processes)
    ]
    for process in running:
        _, told = process.communicate()
        assert process.returncode == 0, told.decode()[-400:]
    check_whole(installation, 1 + processes * count)


def test_processes_never_fork_the_ledger(installation: Installation) -> None:
    hammer(installation, 4, 40)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_eight_processes_of_two_thousand_appends_never_fork(
    installation: Installation, note_figure: Callable[[str], None]
) -> None:
    hammer(installation, 8, 2000)
    note_figure(f"P9: 8 processes with 2000 appends each on {installation.engine.dialect.name}: no gap, one head")


def test_verifying_beside_writers_gives_no_alarm(installation: Installation) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            installation.append(CLOCK, make_entry(f"w{number}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        sizes, give_up_at = [], time.monotonic() + 60
        while len(sizes) < 12 or (sizes[-1] <= sizes[0] and time.monotonic() < give_up_at):
            with installation.reading() as session:
                verdict = verify_ledger(session, installation.documents)
            assert verdict.breaks == ()
            sizes.append(verdict.size)
    finally:
        stop.set()
        writer.join()
    assert sizes[-1] > sizes[0]
