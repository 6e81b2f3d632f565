"""Broken, odd and malicious files of public test collections: each is read or refused, in time, and nothing is left."""

from __future__ import annotations

import csv
import time
from datetime import date
from pathlib import Path

import pytest

from ingest import (
    Cell,
    EnrollmentExtract,
    IncomingFile,
    Limits,
    MediaType,
    PageImage,
    Refusal,
    StudentList,
    UploadPath,
    draw_page,
    read_enrollment,
    read_student_list,
    take_in_scans,
)
from tests.ingest.sample_files import draw_picture, save_picture

FOLDER = Path("../shared/hostile/files")
FILES = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []
SECONDS = 30


def put_through(path: Path, cell: Cell, limits: Limits) -> list[Refusal]:
    """Every way that an upload can take; the refusals it met."""
    start = time.monotonic()
    refusals: list[Refusal] = []
    for taken in take_in_scans([UploadPath(path, path.name)], cell, limits):
        if isinstance(taken, Refusal):
            refusals.append(taken)
            continue
        for page_index in range(min(taken.page_count, 3)):
            page = draw_page(taken.content, taken.media_type, page_index, cell, limits)
            if isinstance(page, PageImage):
                assert page.pixels.size
            else:
                refusals.append(page)
    found = read_student_list(path.read_bytes(), path.name, cell, limits)
    assert isinstance(found, StudentList | Refusal)
    extract = read_enrollment(path, path.name, cell, limits, date(2025, 1, 1))
    assert isinstance(extract, EnrollmentExtract | Refusal)
    refusals += [one for one in (found, extract) if isinstance(one, Refusal)]
    assert time.monotonic() - start < SECONDS
    for refusal in refusals:
        assert refusal.reason == "BAD_FILE"
        assert refusal.words.endswith(".")
        assert path.name not in refusal.words
    return refusals


def check_all(files: list[Path], cell: Cell, limits: Limits) -> None:
    if not files:
        pytest.skip("../shared/hostile is not there")
    good = save_picture(draw_picture(), "PNG")
    for path in files:
        put_through(path, cell, limits)
        assert isinstance(draw_page(good, MediaType.PNG, 0, cell, limits), PageImage), path
    zygote = cell._zygote
    assert zygote is not None
    assert not list(Path(zygote.folder).iterdir())


def test_a_sample_of_the_hostile_files(cell: Cell, limits: Limits) -> None:
    check_all(FILES[::8], cell, limits)


@pytest.mark.slow
def test_all_hostile_files(cell: Cell, limits: Limits) -> None:
    check_all(FILES, cell, limits)


def test_good_but_odd_pdfs_are_read(cell: Cell, limits: Limits) -> None:
    """Most of a browser's PDF tests are odd, not broken."""
    listing = FOLDER.parent / "files.csv"
    if not listing.is_file():
        pytest.skip("../shared/hostile is not there")
    with listing.open(newline="") as opened:
        odd = [FOLDER.parent / row["file"] for row in csv.DictReader(opened) if row["repository"] == "mozilla/pdf.js"]
    taken = [one for path in odd for one in take_in_scans([UploadPath(path, path.name)], cell, limits)]
    assert len(odd) > 50
    assert sum(isinstance(one, IncomingFile) for one in taken) > 0.9 * len(odd)
