"""The sandbox: every parser of uploaded bytes runs in a child process that can be killed.

A `Cell` owns one zygote (see `cell_zygote`) and runs named tasks (see `cell_tasks`) in children forked from it, each with
its own limits. It decides nothing about a document: it hands over the child's frames, or says why the child was stopped.
Usable from several threads at once; after a fork, or when the zygote has died, a new zygote is started by itself.
Accepted limit: time is counted while waiting for the child, so a heavily loaded machine makes the limits tighter.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from ingest.cell_frames import BrokenFrame, Frame, Json, read_frame, write_frame
from ingest.types import Limits

_START_SECONDS = 120.0
_END_SECONDS = 10.0
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""All that a zygote is told, and forgets: a thread started before a fork is lost in the child and forbids a user
name space."""


class Stop(StrEnum):
    """Why a child gave no full answer."""

    TIME = "time"
    MEMORY = "memory"
    DAMAGE = "damage"
    CRASH = "crash"


class CellStopped(Exception):
    """A task ended without a full answer; `stop` says why. Never carries anything of the document."""

    def __init__(self, stop: Stop, seconds: float) -> None:
        super().__init__(f"reading was stopped: {stop.value}")
        self.stop = stop
        self.seconds = seconds


class CellBroken(Exception):
    """The cell itself cannot be started: a broken set-up, not a broken document."""


class _ZygoteLost(Exception):
    """The zygote ended while a task ran: the document is not to blame."""


class Cell:
    """Runs readers in children under limits. Close it, or use it as a context manager.

    `scratch` is the folder under which children get their temporary folders (default: the system's).
    """

    def __init__(self, limits: Limits | None = None, scratch: Path | None = None) -> None:
        self.limits = limits or Limits()
        self._scratch = scratch
        self._lock = threading.Lock()
        self._zygote: _Zygote | None = None
        self._closed = False

    def __enter__(self) -> Cell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the zygote and its children and remove their folders. A closed cell runs nothing."""
        with self._lock:
            self._closed = True
            if self._zygote is not None:
                self._zygote.end()
                self._zygote = None

    def run(
        self, task: str, document: bytes | Path | int, arguments: Mapping[str, Json] | None = None, *, seconds: float
    ) -> Iterator[Frame]:
        """Run a named task on a document; yields the child's frames as they come.

        `document`: its bytes, a path to it, or an open descriptor (not closed here). Raises CellStopped when the child
        crashed, ran out of memory or used more than `seconds` of waiting; OSError when a path cannot be opened.
        Leaving the iterator early kills the child.
        """
        for attempt in (1, 2):
            frames_given = 0
            try:
                for frame in self._run_once(task, document, arguments or {}, seconds):
                    frames_given += 1
                    yield frame
                return
            except _ZygoteLost:
                self._discard_zygote()
                if attempt == 2 or frames_given:
                    raise CellStopped(Stop.CRASH, seconds) from None

    def run_for_one(
        self, task: str, document: bytes | Path | int, arguments: Mapping[str, Json] | None = None, *, seconds: float
    ) -> Frame:
        """Run a task that answers with exactly one frame. Raises CellStopped as `run` does."""
        frames = list(self.run(task, document, arguments, seconds=seconds))
        if len(frames) != 1:
            raise CellStopped(Stop.CRASH, seconds)
        return frames[0]

    def protections(self) -> dict[str, bool]:
        """Which protections hold around a child on this machine, by name."""
        found = self.run_for_one("report_protections", b"", seconds=self.limits.seconds_a_page).header
        protections = {name: holds is True for name, holds in found.items()}
        protections["network_cut"] = self._ready_zygote().network_cut
        return protections

    def _run_once(
        self, task: str, document: bytes | Path | int, arguments: Mapping[str, Json], seconds: float
    ) -> Iterator[Frame]:
        ours, theirs = socket.socketpair()
        status_ours, status_theirs = socket.socketpair()
        with ours, status_ours:
            with theirs, status_theirs, _open_document(document) as opened:
                for end in (ours, theirs):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_048_576)
                self._request(seconds, [theirs.fileno(), status_theirs.fileno(), opened])
            finished = False
            try:
                with contextlib.suppress(BrokenPipeError):  # the child has ended already; its status says why
                    write_frame(ours.fileno(), {"task": task, "arguments": dict(arguments)})
                    yield from _receive(ours, _Budget(seconds))
                finished = True
            except BrokenFrame:
                finished = True
                _raise_for(_wait_for_end(status_ours), seconds)
                raise CellStopped(Stop.CRASH, seconds) from None
            finally:
                if not finished:
                    _kill_and_wait(status_ours)
            _raise_for(_wait_for_end(status_ours), seconds)

    def _request(self, seconds: float, descriptors: list[int]) -> None:
        message = json.dumps({"memory_bytes": self.limits.cell_memory_bytes, "cpu_seconds": int(seconds) + 5}).encode()
        for attempt in (1, 2):
            try:
                socket.send_fds(self._ready_zygote().control, [message], descriptors)
                return
            except OSError:
                self._discard_zygote()
                if attempt == 2:
                    raise CellBroken("the reading process could not be started; run `consentry doctor`") from None

    def _ready_zygote(self) -> _Zygote:
        with self._lock:
            if self._closed:
                raise CellBroken("this cell is closed")
            if self._zygote is None or self._zygote.owner != os.getpid() or self._zygote.process.poll() is not None:
                self._zygote = _Zygote(self._scratch)
            return self._zygote

    def _discard_zygote(self) -> None:
        with self._lock:
            if self._zygote is not None and self._zygote.owner == os.getpid():
                self._zygote.end()
            self._zygote = None


class _Zygote:
    """A running zygote: its process, its control socket, its folder. Ends with this object at the latest."""

    def __init__(self, scratch: Path | None) -> None:
        self.owner = os.getpid()
        self.folder = tempfile.mkdtemp(prefix="consentry-cell-", dir=scratch)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        program = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); import runpy; "
        program += "runpy.run_module('ingest.cell_zygote', run_name='__main__')"
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own module
                [sys.executable, "-I", "-c", program, str(theirs.fileno()), self.folder],
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._finalizer = weakref.finalize(self, _end_zygote, self.process, self.control, self.folder, self.owner)
        self.control.settimeout(_START_SECONDS)
        try:
            self.network_cut = bool(json.loads(self.control.recv(4096) or b"{}")["network_cut"])
        except (OSError, ValueError, KeyError):
            self.end()
            raise CellBroken("the reading process did not start; run `consentry doctor`") from None
        self.control.settimeout(None)

    def end(self) -> None:
        self._finalizer()


def _end_zygote(process: subprocess.Popen[bytes], control: socket.socket, folder: str, owner: int) -> None:
    control.close()
    if os.getpid() != owner:
        return
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


class _Budget:
    """Seconds that may still be spent waiting."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds

    def wait_until_readable(self, connection: socket.socket) -> None:
        start = time.monotonic()
        ready = _is_readable(connection, self.left)
        self.left -= time.monotonic() - start
        if not ready:
            raise CellStopped(Stop.TIME, self.seconds)


def _is_readable(connection: socket.socket, seconds: float) -> bool:
    poller = select.poll()  # not select.select: a server may hold more than 1,024 descriptors
    poller.register(connection, select.POLLIN)
    return bool(poller.poll(max(seconds, 0.0) * 1000))


def _receive(connection: socket.socket, budget: _Budget) -> Iterator[Frame]:
    def read_some(count: int) -> bytes:
        budget.wait_until_readable(connection)
        try:
            return connection.recv(count)
        except ConnectionResetError:
            return b""

    while (frame := read_frame(read_some)) is not None:
        stopped = frame.header.get("stopped")
        if stopped is not None:
            raise CellStopped(Stop.MEMORY if stopped == "memory" else Stop.DAMAGE, budget.seconds)
        yield frame


def _wait_for_end(status: socket.socket) -> int:
    """Wait status of the child; raises _ZygoteLost if nobody can tell it."""
    told = status.recv(64) if _is_readable(status, _END_SECONDS) else b""
    if not told:
        raise _ZygoteLost
    return int(told)


def _kill_and_wait(status: socket.socket) -> None:
    """Have the zygote kill the child, and wait until it is gone with its folder."""
    with contextlib.suppress(OSError, _ZygoteLost):
        status.send(b"kill")
        _wait_for_end(status)


def _raise_for(wait_status: int, seconds: float) -> None:
    if wait_status == 0:
        return
    if os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) == signal.SIGXCPU:
        raise CellStopped(Stop.TIME, seconds)
    if os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) == signal.SIGKILL:  # by the system, short of memory
        raise CellStopped(Stop.MEMORY, seconds)
    raise CellStopped(Stop.CRASH, seconds)


@contextlib.contextmanager
def _open_document(document: bytes | Path | int) -> Iterator[int]:
    if isinstance(document, int):
        yield document
        return
    if isinstance(document, Path):
        descriptor = os.open(document, os.O_RDONLY | os.O_CLOEXEC)
    else:
        descriptor = os.memfd_create("document", os.MFD_CLOEXEC)
    try:
        if isinstance(document, bytes):
            view = memoryview(document)
            while view.nbytes:
                view = view[os.write(descriptor, view) :]
        yield descriptor
    finally:
        os.close(descriptor)
