"""Workers of a home that read plain pages, in processes of their own, and the processor time that they have spent.

Decides nothing. Accepted limit: what a child process spent that has ended and wasn't waited for yet is not seen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections import defaultdict
from pathlib import Path

from consentry.program import Program

_TICKS = os.sysconf("SC_CLK_TCK")


class PlainWorkers:
    """Worker processes, from their start to `stop`."""

    def __init__(self, program: Program, count: int) -> None:
        around = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTRY_")}
        environment = {**around, **program.settings.worker_environment(), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "fixtures.plain_work", "worker", "--owner"]
        self._running = [
            subprocess.Popen([*command, uuid.uuid4().hex], env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
            for _ in range(count)
        ]

    @property
    def all_run(self) -> bool:
        """Whether none has ended."""
        return all(worker.poll() is None for worker in self._running)

    def count_cpu_seconds(self) -> float:
        """Seconds of processor that the workers and all their children have spent."""
        return sum(_count_cpu_of_trees({worker.pid for worker in self._running}))

    def stop(self) -> None:
        """Ends them after the work in hand."""
        for worker in self._running:
            worker.terminate()
        for worker in self._running:
            worker.wait()


def _count_cpu_of_trees(roots: set[int]) -> list[float]:
    spent: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        pid = int(place.parent.name)
        children[int(fields[1])].append(pid)
        spent[pid] = sum(map(int, fields[11:15])) / _TICKS
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(spent.get(pid, 0.0))
        waiting += children[pid]
    return found
