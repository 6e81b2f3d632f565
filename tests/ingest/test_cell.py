from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import Cell, CellBroken, Limits, MediaType, PageImage, Refusal, draw_page
from tests.ingest.sample_files import draw_picture, save_picture, write_page_pdf

PNG = save_picture(draw_picture(), "PNG")
SLOW = write_page_pdf(b"0 0 m 600 700 20 300 500 10 c S\n" * 3_000_000)


def memory_hog() -> bytes:
    """A small PDF whose picture says to be 60,000 pixels square."""
    picture = b"<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 "
    picture += b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Length 0 >>"
    return write_page_pdf(
        b"q 612 0 0 792 0 0 cm /P Do Q",
        page=b"/Resources << /XObject << /P 5 0 R >> >>",
        more=[picture + b"\nstream\n\nendstream"],
    )


def draw(content: bytes, cell: Cell, limits: Limits, kind: MediaType = MediaType.PNG) -> PageImage | Refusal:
    return draw_page(content, kind, 0, cell, limits)


def test_every_protection_holds_or_is_reported(cell: Cell) -> None:
    found = cell.protections()
    assert set(found) == {
        "resource_limits", "no_new_rights", "file_access_limited", "capabilities_dropped", "system_calls_filtered",
        "network_cut",
    }  # fmt: skip
    assert found["resource_limits"]
    assert found["no_new_rights"]


def test_time_limit_kills_and_is_named(cell: Cell, limits: Limits) -> None:
    start = time.monotonic()
    refusal = draw(SLOW, cell, replace(limits, seconds_a_page=1.5), MediaType.PDF)
    assert time.monotonic() - start < 5
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "BAD_FILE"
    assert "more than 1.5 seconds, the limit" in refusal.words


def test_memory_limit_is_a_refusal_and_the_next_file_is_read(cell: Cell, limits: Limits) -> None:
    small = replace(limits, cell_memory_bytes=600_000_000)
    picture = save_picture(draw_picture(7000, 8000, "RGB"), "JPEG", quality=30)
    with Cell(small) as tight:
        refusal = draw(picture, tight, small, MediaType.JPEG)
        assert isinstance(refusal, Refusal)
        assert "0.6 GB of memory" in refusal.words
        assert isinstance(draw(PNG, tight, small), PageImage)


def test_picture_larger_than_memory_within_a_pdf_harms_nobody(cell: Cell, limits: Limits) -> None:
    draw(memory_hog(), cell, limits, MediaType.PDF)
    assert isinstance(draw(PNG, cell, limits), PageImage)


def test_threads_share_a_cell(cell: Cell, limits: Limits) -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: draw(PNG, cell, limits), range(40)))
    assert all(isinstance(page, PageImage) for page in drawn)


def test_a_dead_zygote_is_replaced(limits: Limits) -> None:
    with Cell(limits) as own:
        assert isinstance(draw(PNG, own, limits), PageImage)
        zygote = own._zygote
        assert zygote is not None
        os.kill(zygote.process.pid, signal.SIGKILL)
        assert isinstance(draw(PNG, own, limits), PageImage)


def test_a_zygote_lost_in_the_middle_of_a_task_does_not_blame_the_file(limits: Limits) -> None:
    with Cell(limits) as own:
        assert isinstance(draw(PNG, own, limits), PageImage)
        zygote = own._zygote
        assert zygote is not None
        threading.Timer(0.3, os.kill, (zygote.process.pid, signal.SIGKILL)).start()
        refusal = draw(SLOW, own, replace(limits, seconds_a_page=1.5), MediaType.PDF)
        assert isinstance(refusal, Refusal)
        assert "seconds, the limit" in refusal.words  # read again by a new zygote, and stopped for its own fault


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path, limits: Limits) -> None:
    with Cell(limits, scratch=tmp_path) as own:
        draw(PNG, own, limits)
        draw(SLOW, own, replace(limits, seconds_a_page=0.5), MediaType.PDF)
        (folder,) = tmp_path.iterdir()
        assert not list(folder.iterdir())
    assert not list(tmp_path.iterdir())


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from ingest import *; "
        "cell = Cell(scratch=Path(sys.argv[2])); cell.protections(); print(cell._zygote.process.pid, flush=True); "
        "draw_page(Path(sys.argv[3]).read_bytes(), MediaType.PDF, 0, cell, cell.limits)"
    )
    (tmp_path / "slow").write_bytes(SLOW)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(Path.cwd()), str(scratch), str(tmp_path / "slow")], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    zygote = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (Path(f"/proc/{zygote}").exists() or list(scratch.iterdir())):
        time.sleep(0.05)
    assert not Path(f"/proc/{zygote}").exists()
    assert not list(scratch.iterdir())


def test_a_cell_outlives_the_thread_that_started_it(limits: Limits) -> None:
    with Cell(limits) as own:
        starter = threading.Thread(target=own.protections)
        starter.start()
        starter.join()
        zygote = own._zygote
        assert isinstance(draw(PNG, own, limits), PageImage)
        assert own._zygote is zygote


def test_a_closed_cell_runs_nothing(limits: Limits) -> None:
    own = Cell(limits)
    own.close()
    with pytest.raises(CellBroken):
        draw(PNG, own, limits)


def test_descriptors_do_not_leak(cell: Cell, limits: Limits) -> None:
    draw(PNG, cell, limits)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        draw(PNG, cell, limits)
    draw(SLOW, cell, replace(limits, seconds_a_page=0.3), MediaType.PDF)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
