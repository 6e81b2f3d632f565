"""P5: a full disk is refused in one line, nothing is half done, and all goes on once there is room."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import SUBMISSIONS
from tests.faults.plain_district import Outcome, PlainDistrict
from tests.faults.processes import WORKER, Step

BALLAST = 4096
MARGINS = (0, 8, 24, 60, 140, 300)
"""Pages of 4096 bytes left free when a command begins."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "consentry-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def nearly_full(disk: Path, pages: int) -> Iterator[None]:
    """Fills a disk but for so many pages while the block runs."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(BALLAST))
        except OSError:
            pass
        stream.truncate(max(stream.tell() - pages * BALLAST, 0))
    yield
    ballast.unlink()


def test_a_full_disk_is_told_and_nothing_is_half_done(
    prepared: PlainDistrict, undisturbed: Outcome, small_disk: Path, note_figure: Callable[[str], None]
) -> None:
    district, refused, slowest = prepared.copy(small_disk / "district"), 0, 0.0
    for number in range(SUBMISSIONS):
        for pages in MARGINS[number::3]:
            listed = ("--list", str(district.find_list(number)))
            scans = str(district.find_scans(number))
            with nearly_full(small_disk, pages):
                step = Step(district.home, "submit", "--partner", "rainier", *listed, scans).go()
                code = step.end()
            if code == 2:
                assert step.complaint.startswith("consentry: "), step.complaint
                assert len(step.complaint.strip().splitlines()) == 1
                refused += 1
            else:
                assert code in (0, 1), step.complaint
            assert district.expect("ledger", "verify")["whole"]
    for pages in (0, 24):
        with nearly_full(small_disk, pages):
            worker = Step(district.home, WORKER, "--owner", f"full-{pages}", "--drain").go()
            time.sleep(2)
            worker.kill()
    for number in range(SUBMISSIONS):
        district.submit(number)
    start = time.monotonic()
    last = Step(district.home, WORKER, "--owner", "last", "--drain").go()
    assert last.end(200) == 0, last.complaint
    slowest = time.monotonic() - start
    assert refused >= SUBMISSIONS
    assert district.find_outcome().access == undisturbed.access
    note_figure(
        f"P5: {refused} intakes refused on a full disk in one line each; all done {slowest:.0f} s after there was room"
    )
