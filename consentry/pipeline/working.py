"""Runs workers as processes of their own and watches over them: `consentry work`.

A worker that dies is replaced, and what it had begun is taken up; nothing is done twice. With `drain` it ends when nothing
is left to do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from sqlalchemy import func, select

from consentry.errors import CommandError
from consentry.program import Program
from review_queue import State
from store.tables import EnrollmentSnapshot, Form, Submission
from store.worker_slots import release_slots

WORKER: tuple[str, ...] = ("consentry.pipeline.worker_process",)
"""The module that is a worker, and its first arguments; benches and fault tests have one with an engine of their own."""

_MOST_DEATHS = 20
_WATCH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """Pages that still wait to be read, and submissions that still wait to be settled."""

    pages: int
    submissions: int


Show = Callable[[Progress], None]


class WorkerProcess(Protocol):
    """What is asked of a worker's process, as of a `subprocess.Popen`."""

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def terminate(self) -> None:
        """Asks it to end after the work in hand."""

    def kill(self) -> None:
        """Ends it at once."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        ...


def start_process(environment: Mapping[str, str], *options: str) -> WorkerProcess:
    """A worker in a process of its own. Tests fork theirs from one that has everything loaded."""
    command = [sys.executable, "-m", *WORKER, *options]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own


@dataclass(slots=True)
class _Child:
    owner: str
    process: WorkerProcess


def run_workers(program: Program, processes: int, drain: bool, show: Show) -> int:
    """Runs workers until drained or told to stop; returns how many died and were replaced. `CommandError` when too many do, or
    when it is told to stop before all is drained.
    """
    with program.installation.reading() as session:
        if session.scalar(select(EnrollmentSnapshot.snapshot_id).limit(1)) is None:
            raise CommandError("no enrollment is loaded: run 'consentry enrollment load' first")
    with _noting_signals() as stopping:
        return _watch(program, [_start(program, drain) for _ in range(processes)], drain, stopping, show)


def _watch(program: Program, children: list[_Child], drain: bool, stopping: list[int], show: Show) -> int:
    deaths = 0
    try:
        while children:
            time.sleep(_WATCH_SECONDS)
            show(count_waiting(program))
            if stopping and drain:
                raise CommandError("stopped before everything was done: run 'consentry work --drain' again to go on")
            if stopping:
                break
            for child in list(children):
                code = child.process.poll()
                if code is None:
                    continue
                children.remove(child)
                if code == 0:
                    continue
                release_slots(program.installation.sessions, child.owner)
                deaths += 1
                if deaths > _MOST_DEATHS:
                    raise CommandError(
                        "workers keep dying: see what the machine lacks, then run 'consentry work' again"
                    )
                children.append(_start(program, drain))
    finally:
        _stop(children)
    return deaths


def count_waiting(program: Program) -> Progress:
    """What is left to do now."""
    with program.installation.reading() as session:
        pages = session.scalar(select(func.count()).select_from(Form).where(Form.state == State.RECEIVED)) or 0
        waiting = session.scalar(select(func.count()).select_from(Submission).where(Submission.needs_settling)) or 0
    return Progress(pages, waiting)


def _start(program: Program, drain: bool) -> _Child:
    owner = uuid.uuid4().hex
    environment = {**os.environ, **program.settings.worker_environment(), "OMP_NUM_THREADS": "1"}
    return _Child(owner, start_process(environment, "--owner", owner, *(["--drain"] if drain else [])))


def _stop(children: list[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    for child in children:
        try:
            child.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


@contextmanager
def _noting_signals() -> Iterator[list[int]]:
    """A list to which each signal to stop is added while the block runs."""
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
