"""The bench of a season: thousands of forms of many partners through the queue, wave after wave, and what each thousand costs.

Everything is the program's own but the reading of handwriting: intake in one transaction a submission, a worker process with
its cell, the workflow engine, matching, rules, grants, ledger. What a form costs is counted in processor seconds of the worker
and its children; seconds by the clock stand beside. A worker asks several times a second what there is to do, so a wave that
takes longer since others use the machine costs more: what an idle worker spends a second is measured before the first wave and
after the last, and the figures net of it are those that tell whether forms grow dearer.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from consentry.benches.plain_workers import PlainWorkers
from consentry.benches.season_home import SeasonHome
from store import JsonValue
from store.tables import LedgerHead
from store.verification import verify_ledger

_WARM_UP = 50
_IDLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Wave:
    """What one wave of forms cost."""

    forms: int
    intake: float
    work: float
    clock: float


def run(
    forms: int, partners: int, students: int, wave: int, seed: int, database_url: str | None
) -> dict[str, JsonValue]:
    """Takes a season through one worker; milliseconds of processor a form, wave by wave, and how the last compares with the
    first. The first few forms, in which the worker loads what it needs, count for nothing.
    """
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        home = SeasonHome(Path(place), database_url, partners, students, seed)
        workers = PlainWorkers(home.program, 1)
        try:
            _play(home, workers, _WARM_UP)
            idle = [_measure_idle(workers)]
            waves = [_play(home, workers, wave) for _ in range(-(-forms // wave))]
            idle.append(_measure_idle(workers))
        finally:
            workers.stop()
        figures = _tell(home, waves, idle)
        home.program.installation.engine.dispose()
    return {"forms_asked": forms, "partners": partners, "students": students, "seed": seed, **figures}


def _play(home: SeasonHome, workers: PlainWorkers, forms: int) -> _Wave:
    began, intake = time.perf_counter(), time.process_time()
    came = home.send_wave(forms)
    intake = time.process_time() - intake
    before = workers.count_cpu_seconds()
    home.work_off(workers)
    wave = _Wave(came, intake, workers.count_cpu_seconds() - before, time.perf_counter() - began)
    sys.stderr.write(
        f"{wave.forms} forms: {1000 * wave.work / wave.forms:.1f} ms a form, {wave.clock:.0f} s by the clock\n"
    )
    return wave


def _measure_idle(workers: PlainWorkers) -> float:
    """Seconds of processor that the workers spend a second while there is nothing to do."""
    time.sleep(1.0)
    before = workers.count_cpu_seconds()
    time.sleep(_IDLE_SECONDS)
    return (workers.count_cpu_seconds() - before) / _IDLE_SECONDS


def _tell(home: SeasonHome, waves: list[_Wave], idle: list[float]) -> dict[str, JsonValue]:
    with home.program.installation.reading() as session:
        size = session.get_one(LedgerHead, 1).size
        verdict = verify_ledger(session, home.program.installation.documents)
    work = [1000 * wave.work / wave.forms for wave in waves]
    net = [1000 * max(0.0, wave.work - min(idle) * wave.clock) / wave.forms for wave in waves]
    intake = [1000 * wave.intake / wave.forms for wave in waves]
    return {
        "forms": sum(wave.forms for wave in waves),
        "database": home.program.installation.engine.dialect.name,
        "states": dict(home.count_forms()),
        "worker_milliseconds_a_form": [round(each, 1) for each in work],
        "net_of_idling_milliseconds_a_form": [round(each, 1) for each in net],
        "idle_milliseconds_a_second": [round(1000 * each, 1) for each in idle],
        "intake_milliseconds_a_form": [round(each, 1) for each in intake],
        "last_to_first_worker": round(work[-1] / work[0], 3),
        "last_to_first_net_of_idling": round(net[-1] / net[0], 3),
        "last_to_first_intake": round(intake[-1] / intake[0], 3),
        "clock_seconds_a_wave": [round(wave.clock, 1) for wave in waves],
        "ledger_entries": size,
        "ledger_breaks": len(verdict.breaks),
        "machine_load": round(os.getloadavg()[0], 1),
    }
