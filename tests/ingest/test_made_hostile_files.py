"""P10: files of our own making, of every family of trick, and good files broken at random: each gets its answer in time.

Beside what `put_through` asks of every file, nothing may have come to lie beside the upload.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from ingest import Cell, Limits, MediaType, PageImage, draw_page
from tests.ingest.hostile_makers import FAMILIES, make_seeds, mangle
from tests.ingest.sample_files import draw_picture, save_picture
from tests.ingest.test_hostile_files import put_through

GOOD = save_picture(draw_picture(), "PNG")
_QUICK_EVERY, _SOAK_SEEDS, _BROKEN = 14, 4, 400


def put_all_through(files: Iterable[tuple[str, str, bytes]], cell: Cell, limits: Limits, folder: Path) -> list[float]:
    """Puts files (what, name, content) through every way; the seconds that each took."""
    taken = []
    for what, name, content in files:
        upload = folder / name
        upload.write_bytes(content)
        start = time.monotonic()
        put_through(upload, cell, limits)
        taken.append(time.monotonic() - start)
        assert [place.name for place in folder.iterdir()] == [name], what
        assert not (folder.parent / "evil.png").exists(), what
        upload.unlink()
        assert isinstance(draw_page(GOOD, MediaType.PNG, 0, cell, limits), PageImage), what
    zygote = cell._zygote
    assert zygote is not None
    assert not list(Path(zygote.folder).iterdir())
    return taken


def make_family(what: str, seed: int) -> tuple[str, str, bytes]:
    name, maker = FAMILIES[what]
    return what, name, maker(random.Random(f"{what} {seed}"))


def make_broken(count: int, seed: int) -> Iterable[tuple[str, str, bytes]]:
    rng, seeds = random.Random(seed), make_seeds()
    for number in range(count):
        name = list(seeds)[number % len(seeds)]
        yield f"{name}, broken {number}", name, mangle(seeds[name], rng)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "uploads"
    made.mkdir()
    return made


def test_a_share_of_the_families_gets_an_answer(cell: Cell, limits: Limits, folder: Path) -> None:
    assert len(FAMILIES) > 80
    put_all_through((make_family(what, 1) for what in list(FAMILIES)[::_QUICK_EVERY]), cell, limits, folder)


def test_some_broken_files_get_an_answer(cell: Cell, limits: Limits, folder: Path) -> None:
    put_all_through(make_broken(24, 1), cell, limits, folder)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_family_gets_an_answer(
    cell: Cell, limits: Limits, folder: Path, note_figure: Callable[[str], None]
) -> None:
    files = (make_family(what, seed) for what in FAMILIES for seed in range(_SOAK_SEEDS))
    taken = put_all_through(files, cell, limits, folder)
    _note(note_figure, f"{len(FAMILIES)} families of hostile files, {len(taken)} files", taken)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_hundreds_of_broken_files_get_an_answer(
    cell: Cell, limits: Limits, folder: Path, note_figure: Callable[[str], None]
) -> None:
    taken = put_all_through(make_broken(_BROKEN, 2), cell, limits, folder)
    _note(note_figure, f"{len(taken)} good files broken at random", taken)


def _note(note_figure: Callable[[str], None], what: str, taken: list[float]) -> None:
    p99, most = np.percentile(taken, 99), max(taken)
    note_figure(f"P10: {what}: all answered; all ways together p99 {p99:.1f} s, longest {most:.1f} s by the clock")
