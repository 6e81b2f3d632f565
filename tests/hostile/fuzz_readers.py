"""Fuzzes the readers of lists, enrollment and blanks, guided by what they have run through:
`python -m tests.hostile.fuzz_readers TARGET --seconds N --folder EMPTY`.

The readers run in this process in the place of a cell, so that the fuzzer sees their code; what one raises there would be a
refusal. A crash is what a cell could not answer for: anything that the outside of a reader raises, a result of the wrong form,
more than `--seconds-a-file` on one input. Needs atheris (`pip install consentry[fuzz]`).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

from fixtures.build_forms import FORMS_FOLDER
from ingest import Cell, EnrollmentExtract, Limits, Refusal, StudentList, read_enrollment, read_student_list
from ingest.cell import CellStopped
from ingest.cell_frames import Frame, Json
from ocr import Template
from ocr.errors import TemplateError
from ocr.field_maps import read_field_map
from tests.ingest.hostile_makers import make_seeds, mangle

LIMITS = Limits(workbook_rows=500, workbook_unpacked_bytes=5_000_000, enrollment_rows=2_000, enrollment_bytes=5_000_000)
BLANK = FORMS_FOLDER / "consent-2024-25-en.pdf"


class OpenCell:
    """Does a task in this process, as a cell's child would; what the task raises ends it as it would end there."""

    def __init__(self) -> None:
        from ingest import cell_tasks

        cell_tasks.preload()
        self._tasks = cell_tasks._TASKS

    def run(self, name: str, content: bytes, arguments: Mapping[str, Json], seconds: float) -> Iterator[Frame]:
        try:
            for frame in self._tasks[name](io.BytesIO(content), arguments):
                yield Frame(json.loads(json.dumps(frame.header)), frame.blobs)
        except Exception as error:
            raise CellStopped("error") from error


def find_targets() -> dict[str, Callable[[bytes], None]]:
    """What is fuzzed, by name: each takes an input and fails where it may not."""
    cell = cast("Cell", OpenCell())

    def read_list(content: bytes) -> None:
        found = read_student_list(content, "list", cell, LIMITS)
        assert isinstance(found, StudentList | Refusal)
        for row in found.rows if isinstance(found, StudentList) else ():
            assert row.birth_date_readings or not row.birth_date or row.faults
            assert all(date.fromisoformat(day) for day in row.birth_date_readings)

    def read_extract(content: bytes) -> None:
        found = read_enrollment(content, "extract", cell, LIMITS, date(2025, 1, 1))
        assert isinstance(found, EnrollmentExtract | Refusal)
        for student in found.students if isinstance(found, EnrollmentExtract) else ():
            assert student.student_id
            assert date.fromisoformat(student.birth_date)

    def read_map(content: bytes) -> None:
        with contextlib.suppress(TemplateError):
            read_field_map(content.decode("utf-8", "replace"), ())

    def learn_blank(content: bytes) -> None:
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(content)
            file.flush()
            with contextlib.suppress(TemplateError):
                Template.from_pdf(file.name, "C", "2024-25", "en")

    return {"list": read_list, "enrollment": read_extract, "field map": read_map, "blank": learn_blank}


def find_seeds(target: str) -> list[bytes]:
    """Good inputs of a target."""
    made = make_seeds()
    rows = b"student_id,first,last,birth_date,school,grade\n1000001,Amina,Warsame,2012-03-04,Cedar Grove,5\n"
    power = b"Student_Number,First_Name,Last_Name,DOB,SchoolID,Grade_Level,EntryDate\n1,A,B,03/04/2012,7,5,09/01/2024\n"
    if target == "field map":
        maps = sorted(FORMS_FOLDER.glob("*.yaml"))
        return [
            b"fields:\n- {field: student_first, page: 1, box: [1, 2, 90, 40]}\n",
            *(each.read_bytes() for each in maps),
        ]
    if target == "blank":
        return [made["page.pdf"], BLANK.read_bytes()]
    return [rows, power, made["list.csv"], made["list.xlsx"], made["scans.zip"]]


def try_broken(target: str, count: int, seed: int) -> None:
    """Feeds a target good inputs broken at random: what there is without a fuzzer."""
    feed, seeds, rng = find_targets()[target], find_seeds(target), random.Random(seed)
    for content in seeds:
        feed(content)
    for number in range(count):
        feed(mangle(seeds[number % len(seeds)], rng))


def main() -> None:
    import atheris

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=["list", "enrollment", "field map", "blank"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seconds-a-file", type=int, default=20)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    corpus = asked.folder / "corpus"
    corpus.mkdir(parents=True)
    for number, content in enumerate(find_seeds(asked.target)):
        (corpus / f"seed-{number}").write_bytes(content)
    atheris.instrument_all()
    feed = find_targets()[asked.target]
    os.chdir(asked.folder)
    bound = [
        f"-max_total_time={asked.seconds}",
        f"-timeout={asked.seconds_a_file}",
        "-rss_limit_mb=2000",
        "-max_len=60000",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *bound, "-print_final_stats=1"], cast("Any", feed))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
