"""Processes that are really killed: nothing acknowledged is lost, nothing happens twice, and it ends as if nothing had been.

P1, P2, P3: several intakes and workers at once on one home, ended by SIGKILL at random moments; a command that had not
acknowledged is given again, a dead worker is replaced, as `work` and people do.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consentry.pipeline.working import Progress, count_waiting
from tests.faults.conftest import FORMS, SUBMISSIONS
from tests.faults.crew import WorkerCrew
from tests.faults.plain_district import Outcome, PlainDistrict
from tests.faults.processes import Step


@dataclass
class Crew:
    """The intakes and workers of one home, some of which are killed now and then."""

    district: PlainDistrict
    kills: int = 0
    intakes: dict[int, Step] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workers = WorkerCrew(self.district)

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
        self.workers.keep_up()

    def kill_one(self, rng: random.Random) -> None:
        intakes = [step for step in self.intakes.values() if step.process.exitcode is None]
        rng.choice([*intakes, *self.workers.list_alive()]).kill()
        self.kills += 1

    def is_done(self) -> bool:
        """Whether nothing is left that a kill could meet."""
        with self.district.opening() as program:
            return len(self.taken) == SUBMISSIONS and count_waiting(program) == Progress(0, 0)

    def finish(self) -> None:
        """Lets the intakes end, and the workers drain what is left."""
        while len(self.taken) < SUBMISSIONS:
            self.keep_up()
            time.sleep(0.05)
        self.workers.finish()


def kill_at_random(district: PlainDistrict, kills: int, seed: int) -> int:
    """Kills so often while there is work, then lets it be finished; returns how often."""
    rng, crew = random.Random(seed), Crew(district)
    crew.keep_up()
    while crew.kills < kills and not crew.is_done():
        time.sleep(rng.uniform(0.02, 0.8))
        crew.kill_one(rng)
        crew.keep_up()
    crew.finish()
    return crew.kills


@pytest.mark.timeout(280)
def test_kills_at_random_change_nothing(plain_district: PlainDistrict, undisturbed: Outcome) -> None:
    assert kill_at_random(plain_district, kills=6, seed=1) > 2
    assert plain_district.find_outcome().is_like(undisturbed)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_five_hundred_kills_change_nothing(
    prepared: PlainDistrict, undisturbed: Outcome, tmp_path: Path, note_figure: Callable[[str], None]
) -> None:
    kills = rounds = parked = 0
    while kills < 500:
        district = prepared.copy(tmp_path / str(rounds))
        kills += kill_at_random(district, kills=25, seed=rounds)
        outcome = district.find_outcome()
        assert outcome.is_like(undisturbed)
        parked += len(outcome.parked)
        rounds += 1
        shutil.rmtree(district.folder)
    forms = SUBMISSIONS * FORMS
    note_figure(
        f"P1 P2 P3: {kills} kills in {rounds} rounds of {forms} forms: 0 lost, 0 twice, {parked} parked after 3 kills"
    )


def test_one_file_from_many_clients_at_once_is_one_form(plain_district: PlainDistrict) -> None:
    send_often(plain_district, times=4, clients=3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_one_file_fifty_times_by_eight_clients_is_one_form(
    plain_district: PlainDistrict, note_figure: Callable[[str], None]
) -> None:
    send_often(plain_district, times=50, clients=8)
    note_figure(f"P2: {FORMS} files sent 50 times by 8 clients: {FORMS} forms")


def send_often(district: PlainDistrict, times: int, clients: int) -> None:
    """The same files so many times, by so many clients at once."""
    scans = str(district.find_scans(0))

    def send(_: int) -> Step:
        step = Step(district.home, "submit", "--partner", "rainier", scans).go()
        assert step.end() in (0, 1), step.complaint
        return step

    with ThreadPoolExecutor(clients) as pool:
        steps = list(pool.map(send, range(times)))
    assert sum(len(step.said["refused"]) for step in steps) == (times - 1) * FORMS
    entries = [entry for entry in district.read_ledger() if entry["event"] == "submission-received"]
    assert (len(entries), sum(entry["facts"]["pages"] for entry in entries)) == (times, FORMS)
