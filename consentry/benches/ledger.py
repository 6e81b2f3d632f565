"""The bench of the ledger: durable appends a second in three ways, and verifying and proving in a long ledger.

One at a time, each append waits for the disk by itself: the figure is the disk's. Thirty-two threads share commits, and one
transaction may hold many entries. CPU seconds stand beside wall seconds, since other programs share the machine.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from store import Clock, Entry, Event, Installation, record
from store.durability import read_durability
from store.ledger import StampedEntry, append_stamped
from store.tables import Agreement, Partner
from store.tree_process import walk_on_two_cores
from store.tree_reader import TreeReader
from store.verification import verify_ledger
from store.verify_bundle import hash_leaf, includes

_THREADS = 32
_BATCH = 1000
_PROOFS = 200

Result = TypeVar("Result")


def run(appends: int, leaves: int, database_url: str | None = None) -> dict[str, Any]:
    """All figures, in a new home (SQLite, or an empty PostgreSQL database at `database_url`); no long ledger for 0 leaves."""
    clock = Clock.read(None)
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        installation = Installation.create(Path(place) / "home", database_url, clock)
        durability = read_durability(installation.engine)
        figures: dict[str, Any] = {
            "database": durability.database,
            "settings": dict(durability.settings),
            "survives_a_power_cut": durability.holds,
            "flushes_a_second_here": _measure_flushes(Path(place)),
            "machine_load": os.getloadavg()[0],
            "one_at_a_time": _append_alone(installation, clock, max(appends // 10, 10)),
            f"{_THREADS}_threads": _append_together(installation, clock, appends),
            "one_transaction": _append_at_once(installation, clock, appends),
        }
        if leaves:
            _fill(installation, clock, leaves)
            figures["proofs"] = _prove(installation)
            installation.engine.dispose()
            figures["verify"] = _verify_apart(installation.home, database_url)
        installation.engine.dispose()
    return figures


def measure_verification(home: Path, database_url: str | None) -> dict[str, Any]:
    """Verifies a home in this process, whole and then its leaves alone: seconds, those of the processor in this process and in
    the one beside it, and the most memory that this one ever held.
    """
    installation = Installation.open(home, database_url)
    with installation.reading() as session:
        verdict, figures = _take_time(lambda: verify_ledger(session, installation.documents))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with installation.reading() as session:
        connection = session.connection()
        _, alone = _take_time(lambda: walk_on_two_cores(session, connection, (), (), lambda walk: None))
    return {
        "leaves": verdict.size,
        **figures,
        "leaves_alone": alone,
        "most_memory_mb": memory,
        "whole": not verdict.breaks,
    }


def _take_time(act: Callable[[], Result]) -> tuple[Result, dict[str, float]]:
    started, before = time.perf_counter(), [time.process_time(), _read_others()]
    result = act()
    seconds, after = time.perf_counter() - started, [time.process_time(), _read_others()]
    own, others = (round(late - early, 2) for early, late in zip(before, after, strict=True))
    return result, {"seconds": round(seconds, 2), "cpu_seconds": own, "cpu_seconds_beside": others}


def _read_others() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make_entry(name: str) -> Entry:
    return Entry(Event.PARTNER_ADDED, name, "bench", [Partner(partner_id=name, name="a partner", categories=[])])


def _measure_flushes(folder: Path) -> int:
    """How often a second this disk takes a small write and says that it has it: no single append can be quicker."""
    started, times = time.perf_counter(), 200
    with (folder / "flushes").open("wb") as file:
        for _ in range(times):
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
    return round(times / (time.perf_counter() - started))


def _append_alone(installation: Installation, clock: Clock, count: int) -> dict[str, Any]:
    seconds, cpu = [], time.process_time()
    for number in range(count):
        started = time.perf_counter()
        with installation.writing() as session:
            record(session, clock, _make_entry(f"alone-{number}"))
        seconds.append(time.perf_counter() - started)
    return _sum_up(seconds, sum(seconds), time.process_time() - cpu)


def _append_together(installation: Installation, clock: Clock, count: int) -> dict[str, Any]:
    seconds: list[float] = []

    def append(thread: int) -> None:
        for number in range(count // _THREADS):
            entry = _make_entry(f"thread-{thread}-{number}")
            started = time.perf_counter()
            installation.append(clock, entry)
            seconds.append(time.perf_counter() - started)

    threads = [threading.Thread(target=append, args=(thread,)) for thread in range(_THREADS)]
    started, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _sum_up(seconds, time.perf_counter() - started, time.process_time() - cpu)


def _append_at_once(installation: Installation, clock: Clock, count: int) -> dict[str, Any]:
    started, cpu = time.perf_counter(), time.process_time()
    with installation.writing() as session:
        for number in range(count):
            record(session, clock, _make_entry(f"once-{number}"))
    wall = time.perf_counter() - started
    return {"appends_a_second": round(count / wall), "cpu_seconds": round(time.process_time() - cpu, 2)}


def _sum_up(seconds: list[float], wall: float, cpu: float) -> dict[str, Any]:
    return {
        "durable_appends_a_second": round(len(seconds) / wall),
        "milliseconds_p50": round(1000 * float(np.percentile(seconds, 50)), 2),
        "milliseconds_p99": round(1000 * float(np.percentile(seconds, 99)), 2),
        "cpu_milliseconds_an_append": round(1000 * cpu / len(seconds), 3),
    }


def _fill(installation: Installation, clock: Clock, leaves: int) -> None:
    """A leaf with a row each, until the ledger has so many."""
    with installation.writing() as session:
        record(session, clock, _make_entry("p"))
    numbers = iter(range(leaves))
    while True:
        with installation.writing() as session:
            size = TreeReader(session).count_leaves()
            wanted = min(_BATCH, leaves - size)
            if wanted <= 0:
                return
            steps = [_make_step(next(numbers), clock) for _ in range(wanted)]
            entries = [Entry(Event.AGREEMENT_RECORDED, step.agreement_id, "bench", [step]) for step in steps]
            append_stamped(session, [StampedEntry(clock, entry) for entry in entries])


def _make_step(number: int, clock: Clock) -> Agreement:
    return Agreement(
        agreement_id=f"agr-{number:016x}",
        partner_id="p",
        kind="dsa",
        school_year="2024-25",
        status="active",
        on_date=clock.today,
        recorded_at=clock.now,
        recorded_on=clock.today,
    )


def _prove(installation: Installation) -> dict[str, Any]:
    rng, seconds = np.random.default_rng(1), []
    with installation.reading() as session:
        size = TreeReader(session).count_leaves()
        root = TreeReader(session).find_root(size)
        for seq in rng.integers(0, size, _PROOFS).tolist():
            leaf = hash_leaf(TreeReader(session).read_body(seq))
            started = time.perf_counter()
            proof = TreeReader(session).prove_inclusion(seq, size)
            seconds.append(time.perf_counter() - started)
            if not includes(leaf, seq, size, proof, root):
                raise AssertionError("a proof does not hold")
    milliseconds = np.array(seconds) * 1000
    return {
        "milliseconds_p50": round(float(np.percentile(milliseconds, 50)), 2),
        "milliseconds_p99": round(float(np.percentile(milliseconds, 99)), 2),
    }


def _verify_apart(home: Path, database_url: str | None) -> dict[str, Any]:
    """Verifies in a process of its own, whose memory is that of verification alone."""
    command = [sys.executable, "-m", "consentry.benches.ledger", str(home), *([database_url] if database_url else [])]
    result = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own program
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


if __name__ == "__main__":
    told = measure_verification(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    sys.stdout.write(json.dumps(told))
