"""Workers of `consentry work` forked from a process that has all modules loaded: all but the start is as in real life.

A start takes three seconds of processor time, nearly all of it the loading of modules, and the tests make hundreds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess

from consentry.pipeline import worker_process
from tests.faults.processes import SERVER


class ForkedWorker:
    """A worker's process, with the questions that `working` asks of one."""

    def __init__(self, environment: Mapping[str, str], *options: str) -> None:
        self._process: ForkServerProcess = SERVER.Process(target=_run, args=(dict(environment), options))
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "a worker didn't end"
        return self._process.exitcode


def _run(environment: dict[str, str], options: tuple[str, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["worker", *options]
    os._exit(worker_process.main())
