"""Bench of student lists: how long checking a list of many rows takes, and that every fault planted in it is found."""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from consentry.intake.list_checks import ListGround, find_list_faults
from fixtures.district import make_district
from fixtures.student_lists import ListFault, StudentRow, write_student_list
from ingest import Cell, read_student_list
from ingest.types import Limits, Refusal, RowFault
from review_queue import SchoolYear

_YEAR = SchoolYear("2024-25", date(2024, 9, 1), date(2025, 6, 1), date(2025, 8, 31))
_FAULTY_SHARE = 0.03
_RUNS = 3


def run(rows: int, seed: int) -> dict[str, Any]:
    """Seconds to read and check a list of `rows` rows of each kind of file; faults planted and found."""
    rng = random.Random(seed)  # noqa: S311 - sample data, no secret
    listed, planted = _make_rows(rows, seed, rng)
    ground = ListGround(_YEAR, date(2024, 5, 1), "Rainier Youth Partners", date(2024, 10, 1))
    figures: dict[str, Any] = {"rows": rows, "faults_planted": len(planted), "machine_load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("xlsx", "csv", "xls"):
            file = Path(folder) / f"list.{kind}"
            write_student_list(file, listed, [ListFault.SERIAL_DATES] if kind == "xls" else [])
            figures[kind] = _measure_with_cell(file, ground, planted)
    return figures


def _measure_with_cell(file: Path, ground: ListGround, planted: set[int]) -> dict[str, Any]:
    """The figures of one kind of file, and the processor seconds of a check: the reading child's too, its start with them."""
    limits, begun = Limits(), _sum_processor_seconds()
    cell = Cell(limits)
    try:
        figures = _measure(file, cell, limits, ground, planted)
    finally:
        cell.close()
    return {**figures, "cpu_seconds": round((_sum_processor_seconds() - begun) / _RUNS, 2)}


def _sum_processor_seconds() -> float:
    """Of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _measure(file: Path, cell: Cell, limits: Limits, ground: ListGround, planted: set[int]) -> dict[str, Any]:
    content, seconds, rows_read = file.read_bytes(), [], 0
    faults: tuple[RowFault, ...] = ()
    for _ in range(_RUNS):
        begun = time.perf_counter()
        read = read_student_list(content, file.name, cell, limits)
        if isinstance(read, Refusal):
            return {"refused": read.words}
        faults = find_list_faults(read, ground)
        seconds.append(time.perf_counter() - begun)
        rows_read = len(read.rows)
    found = {fault.row_number - 1 for fault in faults}
    return {
        "seconds": round(min(seconds), 2),
        "slowest_seconds": round(max(seconds), 2),
        "rows_read": rows_read,
        "planted_and_found": len(planted & found),
        "told_without_fault": len(found - planted),
    }


def _make_rows(rows: int, seed: int, rng: random.Random) -> tuple[list[StudentRow], set[int]]:
    """Rows of distinct children, and the places (from 1) of those that got a fault that nobody can overlook."""
    listed, planted = list[StudentRow](), set[int]()
    for place, student in enumerate(list(make_district(rows, seed))[:rows], start=1):
        row = StudentRow(
            student.last,
            student.first,
            student.birth_date,
            student.school,
            student_id=student.student_id,
            grade=student.grade,
        )
        if rng.random() < _FAULTY_SHARE:
            planted.add(place)
            row = rng.choice(
                (
                    replace(row, birth_date=""),
                    replace(row, birth_date="1950-02-03"),
                    replace(row, student_id="12A4"),
                    replace(row, grade="99"),
                )
            )
        listed.append(row)
    return listed, planted
