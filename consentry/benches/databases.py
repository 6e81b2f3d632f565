"""The bench of databases: the same forms through two workers on SQLite and on PostgreSQL, wave by wave in turn.

Both homes are open at once and take turns, the other one first each time, so that what else the machine does meets both alike;
what counts is the ratio. Pages are plain ones: the figure says nothing of reading, which needs no database.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from consentry.benches.plain_workers import PlainWorkers
from consentry.benches.season_home import SeasonHome
from consentry.errors import CommandError
from store import JsonValue

_WORKERS = 2
_PARTNERS = 20
_WARM_UP = 40


def run(rounds: int, wave: int, students: int, seed: int, database_url: str | None) -> dict[str, JsonValue]:
    """Forms a second and processor milliseconds a form on each; `CommandError` where no PostgreSQL is named."""
    if database_url is None or database_url.startswith("sqlite"):
        raise CommandError("name an empty PostgreSQL database in $CONSENTRY_DATABASE_URL: it is measured beside SQLite")
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        homes = {
            name: SeasonHome(_make(Path(place) / name), url, _PARTNERS, students, seed)
            for name, url in (("sqlite", None), ("postgresql", database_url))
        }
        spent: dict[str, list[float]] = {name: [] for name in homes}
        cpu: dict[str, list[float]] = {name: [] for name in homes}
        for number in range(rounds):
            for name in sorted(homes, reverse=bool(number % 2)):
                seconds, milliseconds = _measure(homes[name], wave)
                spent[name].append(seconds)
                cpu[name].append(milliseconds)
        for home in homes.values():
            home.program.installation.engine.dispose()
    ratios = [lite / post for lite, post in zip(spent["sqlite"], spent["postgresql"], strict=True)]
    return {
        "workers": _WORKERS,
        "rounds": rounds,
        "forms_a_round": wave,
        "seed": seed,
        "clock_seconds_a_form": {name: round(statistics.median(each), 3) for name, each in spent.items()},
        "worker_milliseconds_a_form": {name: round(statistics.median(each), 1) for name, each in cpu.items()},
        "speed_of_postgresql_to_sqlite_by_round": [round(ratio, 2) for ratio in ratios],
        "speed_of_postgresql_to_sqlite": round(statistics.median(ratios), 2),
        "machine_load": round(os.getloadavg()[0], 1),
    }


def _make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _measure(home: SeasonHome, wave: int) -> tuple[float, float]:
    """Seconds by the clock and milliseconds of the workers' processor a form, from warm workers."""
    workers = PlainWorkers(home.program, _WORKERS)
    try:
        home.send_wave(_WARM_UP)
        home.work_off(workers, pause=0.05)
        came = home.send_wave(wave)
        start, before = time.perf_counter(), workers.count_cpu_seconds()
        home.work_off(workers, pause=0.05)
        return (time.perf_counter() - start) / came, 1000 * (workers.count_cpu_seconds() - before) / came
    finally:
        workers.stop()
