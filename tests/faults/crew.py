"""Workers of one home that are replaced when they die, as `work` does, and killed when a test says so."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from store.worker_slots import release_slots
from tests.faults.plain_district import PlainDistrict
from tests.faults.processes import WORKER, Step


@dataclass
class WorkerCrew:
    """So many workers. `kind`: of which engine."""

    district: PlainDistrict
    count: int = 2
    kind: str = WORKER
    steps: dict[str, Step] = field(default_factory=dict)

    def keep_up(self) -> None:
        """Starts what is missing, and frees what the dead held."""
        dead = [owner for owner, step in self.steps.items() if step.process.exitcode is not None]
        if dead:
            with self.district.opening() as program:
                for owner in dead:
                    del self.steps[owner]
                    release_slots(program.installation.sessions, owner)
        while len(self.steps) < self.count:
            owner = f"worker-{len(self.steps)}-{time.monotonic_ns()}"
            self.steps[owner] = Step(self.district.home, self.kind, "--owner", owner).go()

    def list_alive(self) -> list[Step]:
        """Those that can be killed."""
        return [step for step in self.steps.values() if step.process.exitcode is None]

    def finish(self) -> None:
        """Ends them after the work in hand, and lets one more do all that is left."""
        for step in self.steps.values():
            step.process.terminate()
        assert all(step.end() is not None for step in self.steps.values())
        last = Step(self.district.home, self.kind, "--owner", "last", "--drain").go()
        assert last.end(240) == 0, last.complaint
