"""A system call that fails, or at which the process is killed: what was acknowledged is there, what wasn't can be done again.

P1, P3, P5: intake, decision and revocation under strace, with the N-th of the calls that write, flush or rename made to fail
(no space, I/O error) or to be the last. After each the ledger is whole, and doing what wasn't acknowledged once more leads
to what an undisturbed run leads to.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.plain_district import Outcome, PlainDistrict, check_whole
from tests.faults.processes import Step, find_why_nothing_traces, tracing

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "rename", "openat", "ftruncate", "unlink")
FAULTS = ("signal=KILL", "error=ENOSPC", "error=EIO")

pytestmark = pytest.mark.skipif(bool(find_why_nothing_traces()), reason=str(find_why_nothing_traces()))


@dataclass(frozen=True)
class Act:
    """A command, and the words by which one hears on doing it again that it was done already."""

    arguments: tuple[str, ...]
    done_already: str = "nothing stands here"


def list_acts(district: PlainDistrict, case: str, granted: str) -> list[Act]:
    scans = str(district.find_scans(0))
    by = ("--reason", "looked at", "--as", "ana")
    return [
        Act(("submit", "--partner", "rainier", scans)),
        Act(("queue", "decide", case, "--action", "reject", *by), "is decided already"),
        Act(("revoke", "--student", granted, "--partner", "rainier", "--on", "2024-10-01", *by), "no grant of that"),
    ]


def fail_once(district: PlainDistrict, act: Act, call: str, fault: str, place: int) -> str:
    """Runs an act with a fault at the `place`-th call; returns what came of it. Fails where it neither ended nor complained."""
    step = Step(district.home, *act.arguments)
    with tracing(step, f"{call}:{fault}:when={place}"):
        step.go()
        code = step.end()
    assert code is not None, f"{act.arguments[0]} hangs after {call} {fault}"
    if code in (0, 1):
        assert step.said is not None, step.complaint
        return "acknowledged"
    if code == 120:
        return "answer lost"
    if code > 0:
        lines = step.complaint.strip().splitlines()
        assert code == 2, step.complaint
        assert len(lines) == 1, lines
        assert lines[0].startswith("consentry: "), lines
        return "refused"
    return "killed"


def check_after(district: PlainDistrict, act: Act, came: str) -> None:
    """What was acknowledged was done; what wasn't is done now, unless it had been done just before the answer."""
    with district.opening() as program:
        check_whole(program)
    again = district.call(*act.arguments)
    done_already = act.done_already in again.err
    if came == "acknowledged" and act.arguments[0] != "submit":
        assert done_already, again.err
    assert again.code in (0, 1) or done_already, again.err


def inject(
    settled: PlainDistrict, undisturbed: Outcome, folder: Path, faults: Sequence[tuple[int, str, str, int]]
) -> Counter[str]:
    came = Counter[str]()
    case = str(settled.expect("queue", "list")[0]["case_id"])
    expected_access = tuple(sorted(set(undisturbed.access) - {undisturbed.access[0]}))
    for number, (which, call, fault, place) in enumerate(faults):
        district = settled.copy(folder / str(number))
        act = list_acts(district, case, undisturbed.access[0])[which]
        came[result := fail_once(district, act, call, fault, place)] += 1
        check_after(district, act, result)
        outcome = district.find_outcome()
        assert outcome.access == (expected_access if which == 2 else undisturbed.access)
        assert len(outcome.states) == len(undisturbed.states)
        shutil.rmtree(district.folder)
    return came


def test_a_few_failing_calls_lose_nothing(settled: PlainDistrict, undisturbed: Outcome, tmp_path: Path) -> None:
    faults = [
        (0, "pwrite64", "signal=KILL", 9),
        (0, "fsync", "error=EIO", 1),
        (1, "pwrite64", "error=ENOSPC", 3),
        (2, "fdatasync", "signal=KILL", 1),
    ]
    assert sum(inject(settled, undisturbed, tmp_path, faults).values()) == len(faults)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_four_hundred_failing_calls_lose_nothing(
    settled: PlainDistrict, undisturbed: Outcome, tmp_path: Path, note_figure: Callable[[str], None]
) -> None:
    rng = random.Random(1)
    faults = [
        (rng.randrange(3), rng.choice(CALLS), rng.choice(FAULTS), rng.choice((1, 2, 3, 4, 6, 9, 14, 22, 35)))
        for _ in range(400)
    ]
    came = inject(settled, undisturbed, tmp_path, faults)
    note_figure(f"P1 P3 P5: {len(faults)} failing system calls ({dict(came)}): 0 lost, 0 half done, ledger whole")
