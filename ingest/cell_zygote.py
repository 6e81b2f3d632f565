"""The process that children of a cell are forked from: it loads the readers once and never reads an upload itself.

It listens on one control socket. A request carries three descriptors (the child's socket, a status socket, the document)
and the child's limits. The status socket gets the child's wait status when it has ended; closing the other end kills the
child. When the control socket ends, all children are killed and the process leaves with its temporary folder removed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class _Child:
    process: int
    status: socket.socket
    folder: str


def serve(control_descriptor: int, top_folder: str) -> None:
    """Serve requests until the control socket ends. Never raises on what a request holds."""
    from ingest import cell_confinement, cell_tasks

    cell_tasks.preload()
    os.environ.clear()
    network = cell_confinement.leave_network()
    control = socket.socket(fileno=control_descriptor)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda _number, _stack: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": True, "network_cut": network}).encode())
    _serve_requests(control, wake_read, top_folder)
    shutil.rmtree(top_folder, ignore_errors=True)


def _serve_requests(control: socket.socket, wake_read: int, top_folder: str) -> None:
    children: dict[int, _Child] = {}
    while True:
        by_status = {child.status.fileno(): child for child in children.values()}
        ready, _, _ = select.select([control.fileno(), wake_read, *by_status], [], [])
        for descriptor in ready:
            if descriptor in by_status:  # the other side gave up on this child
                os.kill(by_status[descriptor].process, signal.SIGKILL)
                _drain(by_status[descriptor].status)
        if wake_read in ready:
            os.read(wake_read, 4096)
        _reap(children)
        if control.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(control, 4096, 3)
            if not message:
                break
            child = _start_child(json.loads(message), descriptors, top_folder)
            children[child.process] = child
    for child in children.values():
        os.kill(child.process, signal.SIGKILL)
        os.waitpid(child.process, 0)


def _drain(status: socket.socket) -> None:
    status.setblocking(False)
    try:
        status.recv(64)
    except OSError:
        return


def _reap(children: dict[int, _Child]) -> None:
    while children:
        try:
            process, wait_status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not process:
            return
        child = children.pop(process)
        shutil.rmtree(child.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # nobody may be waiting any more
            child.status.send(str(wait_status).encode())
        child.status.close()


def _start_child(limits: dict[str, int], descriptors: list[int], top_folder: str) -> _Child:
    answer, status, document = descriptors
    Path(top_folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=top_folder)
    process = os.fork()
    if process == 0:
        _live_as_child(answer, document, folder, limits)
    os.close(answer)
    os.close(document)
    return _Child(process, socket.socket(fileno=status), folder)


def _live_as_child(answer: int, document: int, folder: str, limits: dict[str, int]) -> None:
    exit_code = 1
    try:
        from ingest import cell_confinement, cell_tasks

        cell_confinement.die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        _keep_only(answer, document)
        os.chdir(folder)
        tempfile.tempdir = folder
        protections = cell_confinement.confine_child(folder, limits["memory_bytes"], limits["cpu_seconds"])
        exit_code = cell_tasks.answer_task(answer, document, protections)
    except BaseException:  # whatever it is, this process ends here and says nothing but its exit code
        exit_code = 1
    finally:
        os._exit(exit_code)


def _keep_only(answer: int, document: int) -> None:
    """Close every descriptor but these two; standard input and output lead nowhere."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    start = 3
    for kept in sorted((answer, document)):
        os.closerange(start, kept)
        start = kept + 1
    os.closerange(start, 65536)


if __name__ == "__main__":  # started by ingest.cell as a program of its own
    serve(int(sys.argv[1]), sys.argv[2])
