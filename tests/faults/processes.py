"""The program's own commands and workers in processes that can be killed, forked from a server that has all modules loaded.

Only the start is another one than in real life, so that it costs milliseconds. A command has acknowledged once its whole result
stands in its output file, as a person would see it on the screen.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from consentry import cli
from consentry.pipeline import worker_process
from fixtures.plain_work import use_empty_pages, use_plain_engine
from store.migrating import find_newest_revision
from tests.faults.network import enter

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.faults.processes", "ocr.read_page", "ocr.page_kinds"])
cli.put_together()
find_newest_revision()
TODAY = "2024-10-01"
WORKER = "worker"
EMPTY_PAGES_WORKER = "worker of empty pages"
_SPOKEN = tempfile.TemporaryDirectory(prefix="consentry-steps-")


class Step:
    """A command (or `WORKER` with its options) in a process of its own. It waits for `go`: something may be attached before.
    `around`: environment variables besides those of the test. `host`: the network namespace that it runs in.
    """

    def __init__(self, home: Path, *arguments: str, around: Mapping[str, str] | None = None, host: str = "") -> None:
        self.place = Path(_SPOKEN.name) / os.urandom(6).hex()
        told, self._go = SERVER.Pipe()
        self.process: ForkServerProcess = SERVER.Process(
            target=_run, args=(home, self.place, told, {**os.environ, **(around or {})}, host, arguments)
        )
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def wait_until_ready(self) -> None:
        """Returns once the process has come so far that only the command itself is left."""
        self._go.recv()

    def go(self) -> Step:
        self._go.send(True)
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def end(self, seconds: float = 120.0) -> int | None:
        """The exit code; None if it still runs."""
        self.process.join(seconds)
        return self.process.exitcode

    @property
    def said(self) -> Any:
        """The result that the command acknowledged; None if it never came so far."""
        try:
            return json.loads(self.place.with_suffix(".out").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def complaint(self) -> str:
        return self.place.with_suffix(".err").read_text(encoding="utf-8")


def _run(
    home: Path, place: Path, told: Connection, around: dict[str, str], host: str, arguments: tuple[str, ...]
) -> None:
    if host:
        enter(host)
    for descriptor, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(place.with_suffix(suffix), os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    os.environ.update(around)
    os.environ.update(CONSENTRY_HOME=str(home), CONSENTRY_TODAY=TODAY)
    use_plain_engine()
    told.send(True)
    told.recv()
    if arguments[0] == EMPTY_PAGES_WORKER:
        use_empty_pages()
    if arguments[0] in (WORKER, EMPTY_PAGES_WORKER):
        sys.argv = list(arguments)
        code = worker_process.main()
    else:
        code = cli.run([*arguments, "--json"])
    try:
        sys.stdout.flush()
    except OSError:
        code = 120  # as Python itself ends where its output can't be written
    os._exit(code)


@contextmanager
def tracing(step: Step, *injections: str) -> Iterator[None]:
    """Runs a step under strace with faults injected; its threads and children are under it too."""
    options = [word for injection in injections for word in ("-e", f"inject={injection}")]
    names = ",".join(re.split("[:]", injection)[0] for injection in injections)
    step.wait_until_ready()
    command = ["strace", "-f", "-q", "-o", "/dev/null", "-e", f"trace={names}", *options, "-p", str(step.pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
        while not _is_traced(step.pid):
            assert tracer.poll() is None, "strace could not attach"
        yield
        tracer.terminate()


def _is_traced(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return "TracerPid:\t0" not in status


def find_why_nothing_traces() -> str | None:
    """Why no process can be traced here; None if one can."""
    try:
        tried = subprocess.run(
            ["strace", "-o", "/dev/null", "-e", "trace=none", "true"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return "strace is not installed"
    return None if tried.returncode == 0 else "tracing is not permitted here"
