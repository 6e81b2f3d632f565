"""Processes that are really killed: nothing acknowledged is lost, nothing happens twice, and it ends as if nothing had been.

P1, P2, P3: several intakes and workers at once on one home, ended by SIGKILL at random moments; a command that had not
acknowledged is given again, a dead worker is replaced, as `work` and people do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from store import Installation
from store.worker_slots import release_slots
from tests.faults.conftest import FORMS, SUBMISSIONS
from tests.faults.plain_district import Outcome, PlainDistrict
from tests.faults.processes import WORKER, Step

WORKERS = 2


@dataclass
class Crew:
    """The intakes and workers of one home, some of which are killed now and then."""

    district: PlainDistrict
    kills: int = 0
    intakes: dict[int, Step] = field(default_factory=dict)
    workers: dict[str, Step] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def keep_up(self) -> None:
        """Starts what is missing: an intake that was killed before it acknowledged, a worker that died."""
        for number in range(SUBMISSIONS):
            step = self.intakes.get(number)
            if step is not None and step.said is not None:
                self.taken.add(number)
            if number not in self.taken and (step is None or step.process.exitcode is not None):
                listed = ("--list", str(self.district.find_list(number)))
                scans = str(self.district.find_scans(number))
                self.intakes[number] = Step(self.district.home, "submit", "--partner", "rainier", *listed, scans).go()
        for owner in [owner for owner, step in self.workers.items() if step.process.exitcode is not None]:
            del self.workers[owner]
            with open_sessions(self.district.home) as sessions:
                release_slots(sessions, owner)
        while len(self.workers) < WORKERS:
            owner = f"worker-{self.kills}-{len(self.workers)}-{time.monotonic_ns()}"
            self.workers[owner] = Step(self.district.home, WORKER, "--owner", owner).go()

    def kill_one(self, rng: random.Random) -> None:
        alive = [step for step in (*self.intakes.values(), *self.workers.values()) if step.process.exitcode is None]
        rng.choice(alive).kill()
        self.kills += 1

    def finish(self) -> None:
        """Lets the intakes end, and the workers drain what is left."""
        while len(self.taken) < SUBMISSIONS:
            self.keep_up()
            time.sleep(0.05)
        for step in self.workers.values():
            step.process.terminate()
        assert all(step.end() is not None for step in self.workers.values())
        last = Step(self.district.home, WORKER, "--owner", "last", "--drain").go()
        assert last.end(240) == 0, last.complaint


@contextmanager
def open_sessions(home: Path) -> Iterator[sessionmaker[Session]]:
    """The sessions of a home for a moment, as `work` has them while it watches over workers."""
    installation = Installation.open(home, None)
    yield installation.sessions
    installation.engine.dispose()


def kill_at_random(district: PlainDistrict, kills: int, seed: int) -> int:
    rng, crew = random.Random(seed), Crew(district)
    for _ in range(kills):
        crew.keep_up()
        time.sleep(rng.uniform(0.05, 1.2))
        crew.kill_one(rng)
    crew.keep_up()
    crew.finish()
    return crew.kills


@pytest.mark.timeout(280)
def test_kills_at_random_change_nothing(plain_district: PlainDistrict, undisturbed: Outcome) -> None:
    assert kill_at_random(plain_district, kills=6, seed=1) == 6
    assert plain_district.find_outcome().is_like(undisturbed)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_five_hundred_kills_change_nothing(
    prepared: PlainDistrict, undisturbed: Outcome, tmp_path: Path, note_figure: Callable[[str], None]
) -> None:
    kills = rounds = parked = 0
    while kills < 500:
        district = prepared.copy(tmp_path / str(rounds))
        kills += kill_at_random(district, kills=12, seed=rounds)
        outcome = district.find_outcome()
        assert outcome.is_like(undisturbed)
        parked += len(outcome.parked)
        rounds += 1
    forms = SUBMISSIONS * FORMS
    note_figure(
        f"P1 P2 P3: {kills} kills in {rounds} rounds of {forms} forms: 0 lost, 0 twice, {parked} parked after 3 kills"
    )


def test_one_file_from_many_clients_at_once_is_one_form(plain_district: PlainDistrict, undisturbed: Outcome) -> None:
    send_at_once(plain_district, clients=3)


def send_at_once(district: PlainDistrict, clients: int) -> None:
    scans = str(district.find_scans(0))
    steps = [Step(district.home, "submit", "--partner", "rainier", scans) for _ in range(clients)]
    for step in steps:
        step.go()
    assert all(step.end() in (0, 1) for step in steps), [step.complaint for step in steps]
    assert sum(len(step.said["refused"]) for step in steps) == (clients - 1) * FORMS
    entries = [entry for entry in district.read_ledger() if entry["event"] == "submission-received"]
    assert sum(entry["facts"]["pages"] for entry in entries) == FORMS


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_one_file_fifty_times_by_eight_clients_is_one_form(
    plain_district: PlainDistrict, note_figure: Callable[[str], None]
) -> None:
    for _ in range(6):
        steps = [
            Step(plain_district.home, "submit", "--partner", "rainier", str(plain_district.find_scans(0)))
            for _ in range(8)
        ]
        for step in steps:
            step.go()
        assert all(step.end() in (0, 1) for step in steps)
    entries = [entry for entry in plain_district.read_ledger() if entry["event"] == "submission-received"]
    assert (len(entries), sum(entry["facts"]["pages"] for entry in entries)) == (48, FORMS)
    note_figure("P2: 6 files sent 48 times by 8 clients: 6 forms")
