"""P1: what was acknowledged before the power failed is there after it, and the ledger is whole.

Uploads, decisions, revocations and reversals run one after the other on a disk of their own; at random moments the writer is
stopped, the disk's content copied as a power cut would leave it, and the copy mounted and looked at (`loop_disk` says what
that covers). A line that was written without a flush beside each act shows that the cuts do cut.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from consentry.desk.deciding import decide_case
from consentry.desk.undoing import reverse_decision
from consentry.intake.receiving import receive_submission
from consentry.program import Program
from consentry.settings import Settings
from consentry.withdrawing import revoke_access
from fixtures.plain_pages import draw_plain_page
from store.tables import Case, Form, LedgerLeaf
from tests.faults.loop_disk import LoopDisk, loop_disk
from tests.faults.plain_district import Outcome, PlainDistrict, check_whole
from tests.faults.processes import SERVER, TODAY

UNFLUSHED = "unflushed"


def write_until_killed(home: Path, told: Path) -> None:
    """Acts on a home without end; a line in `told` acknowledges each, by the event and the subject of its ledger entry."""
    program = Program.open(Settings(home=home, today=date.fromisoformat(TODAY)))
    with program.installation.reading() as session:
        cases = session.execute(select(Case.case_id, Form.student_id).join(Form, Form.form_id == Case.form_id)).all()
    with told.open("w", buffering=1) as acknowledged, (home.parent / UNFLUSHED).open("w", buffering=1) as unflushed:

        def tell(event: str, subject: str) -> None:
            acknowledged.write(json.dumps([event, subject]) + "\n")
            unflushed.write(f"{event}\n")

        for number in itertools.count():
            case_id, student_id = cases[number % len(cases)]
            scan = told.with_name(f"scan-{number}.png")
            Image.fromarray(draw_plain_page({"parent_name": str(number)})).save(scan)
            receipt = receive_submission(program, "rainier", [scan], None, None)
            tell("submission-received", receipt.submission_id)
            decide_case(program, case_id, "accept", student_id, "looked at", "ana")
            tell("review-decided", case_id)
            ended = revoke_access(program, student_id, "rainier", date.fromisoformat(TODAY), "the mother called", "ana")
            tell("access-withdrawn", ended[0])
            reverse_decision(program, case_id, "lena", "another look", True)
            tell("decision-reversed", case_id)


def stop(writer: ForkServerProcess) -> None:
    """Stops a process where it is; returns once it stands still."""
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGSTOP)
    while Path(f"/proc/{writer.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "T":
        time.sleep(0.001)


def count_entries(district: PlainDistrict) -> Counter[tuple[str, str]]:
    """The entries of a home that is whole, by event and subject."""
    with district.opening() as program:
        check_whole(program)
        with program.installation.reading() as session:
            bodies = [json.loads(body) for body in session.scalars(select(LedgerLeaf.body))]
    return Counter((body["event"], body["subject"]) for body in bodies)


def check_after_cut(place: Path, before: Counter[tuple[str, str]], told: Path) -> int:
    """Nothing acknowledged is missing, at most the act in hand is there besides; returns how many unflushed lines are gone."""
    acts = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    acknowledged = Counter((event, subject) for event, subject in acts)
    recorded = count_entries(PlainDistrict(place))
    recorded.subtract(before)
    assert not acknowledged - recorded, "something acknowledged is lost"
    kinds = {event for event, _ in acknowledged}
    assert sum(count for (event, _), count in recorded.items() if event in kinds) <= len(acts) + 1
    unflushed = place / UNFLUSHED
    return len(acts) - (len(unflushed.read_text(encoding="ascii").splitlines()) if unflushed.exists() else 0)


def cut_often(settled: PlainDistrict, folder: Path, options: str, cuts: int, seed: int) -> tuple[int, int]:
    """Cuts the power so often in one run; returns how many acts were acknowledged by then, and how many unflushed lines were
    lost over all cuts.
    """
    rng, lost, before = random.Random(seed), 0, count_entries(settled)
    told = folder / "told"
    with contextlib.ExitStack() as held:
        try:
            disk: LoopDisk = held.enter_context(loop_disk(folder, options))
        except (OSError, FileNotFoundError) as error:
            pytest.skip(f"no disk can be made here: {error}")
        settled.copy(disk.place)
        os.sync()
        writer = SERVER.Process(target=write_until_killed, args=(disk.place / "home", told))
        writer.start()
        try:
            while not told.exists() or not told.stat().st_size:
                assert writer.is_alive()
                time.sleep(0.01)
            for _ in range(cuts):
                time.sleep(rng.uniform(0.0, 0.4))
                stop(writer)
                with disk.after_a_cut(folder) as place:
                    lost += check_after_cut(place, before, told)
                assert writer.pid is not None
                os.kill(writer.pid, signal.SIGCONT)
        finally:
            writer.kill()
            writer.join()
    return len(told.read_text(encoding="utf-8").splitlines()), lost


def test_a_power_cut_loses_nothing_acknowledged(settled: PlainDistrict, undisturbed: Outcome, tmp_path: Path) -> None:
    acts, unflushed = cut_often(settled, tmp_path, "data=ordered", cuts=3, seed=1)
    assert acts
    assert unflushed, "the cut took nothing away: it proves nothing"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_sixty_power_cuts_lose_nothing_acknowledged(
    settled: PlainDistrict, undisturbed: Outcome, tmp_path: Path, note_figure: Callable[[str], None]
) -> None:
    acts = unflushed = 0
    for seed, options in enumerate(("data=ordered", "data=writeback", "data=ordered,commit=1", "data=journal")):
        folder = tmp_path / str(seed)
        folder.mkdir()
        more = cut_often(settled, folder, options, cuts=15, seed=seed)
        acts, unflushed = acts + more[0], unflushed + more[1]
    assert unflushed, "the cuts took nothing away: they prove nothing"
    note_figure(
        f"P1: 60 power cuts in {acts} acts: 0 acknowledged lost, ledger whole; {unflushed} lines without a flush lost"
    )
