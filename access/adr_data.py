"""Reads the district's student data: one csv file a report, beside a file that knows every student.

Decides whether the files can be used at all: every header that the registry names, every student asked for, whole lines. All
faults are told together. Only the columns that the registry names and the students asked for are kept in memory; other
columns of a file are never looked at. Accepted limit: a report that not every student has a row in (daily attendance) can
lose lines at a line's end without being noticed here; the summaries beside it hold the counts.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from access.adr_registry import STUDENT_COLUMNS, Registry, ReportSpec
from access.errors import StudentDataError

_ID = "SPSStudentID"
_OWN_KEYS = ("SchoolYear", "SchoolCode", "SchoolName", "Grade")
"""Keys that a row of a report may have of its own, such as the school of that year."""
_IDS_TOLD = 5
_FAULTS_A_FILE = 4


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as it was read: for the record of a delivery."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of a report's file: its cells in the order of the report's columns, and the keys that it has of its own."""

    cells: tuple[str, ...]
    own_keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StudentData:
    """What was kept. `students`: the columns of `STUDENT_COLUMNS` by student; `rows`: by report number, then by student."""

    students: Mapping[str, Mapping[str, str]]
    rows: Mapping[int, Mapping[str, tuple[DataRow, ...]]]
    known_ids: frozenset[str]
    files: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    header: dict[str, int]
    lines: list[list[str]]
    file: DataFile


def read_student_data(
    folder: Path, registry: Registry, wanted: Collection[str], reports: Collection[int]
) -> StudentData:
    """The data of the students `wanted` for the reports with these numbers. `StudentDataError` lists every fault."""
    if not folder.is_dir():
        raise StudentDataError("the student data cannot be used", ["no such folder"])
    faults: list[str] = []
    asked = [report for report in registry.reports if report.file and report.number in reports]
    table = _read_table(folder, registry.students_file, STUDENT_COLUMNS, faults)
    students = _take_students(table, registry.students_file, wanted, faults) if table else {}
    known = frozenset(line[table.header[_ID]].strip() for line in table.lines) if table else frozenset()
    files = [table.file] if table else []
    rows: dict[int, Mapping[str, tuple[DataRow, ...]]] = {}
    for report in asked:
        assert report.file is not None  # noqa: S101 - narrows the type
        table = _read_table(folder, report.file, (_ID, *dict.fromkeys(report.sources.values())), faults)
        if table is not None:
            files.append(table.file)
            rows[report.number] = _take_rows(table, report, wanted)
            faults += _find_missing(report, wanted, rows[report.number])
    if faults:
        raise StudentDataError("the student data cannot be used", faults)
    return StudentData(students, rows, known, tuple(files))


def _read_table(folder: Path, name: str, columns: Collection[str], faults: list[str]) -> _Table | None:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        faults.append(f"{name}: {'no such file' if isinstance(error, FileNotFoundError) else error.strerror}")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(f"{name}: not UTF-8 (at byte {error.start})")
        return None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        faults.append(f"{name}: not csv ({error})")
        return None
    header = [cell.strip() for cell in lines[0]] if lines else []
    missing = [column for column in columns if column not in header]
    twice = sorted({column for column in columns if header.count(column) > 1})
    found = [f"{name}: no column {column}" for column in missing]
    found += [f"{name}: the column {column} stands twice" for column in twice]
    body = [line for line in lines[1:] if line]
    found += list(_find_ragged(name, lines, len(header)))
    if text and not text.endswith(("\n", "\r")):
        found.append(f"{name}: the last line has no end: was the file cut off?")
    faults += found
    if found:
        return None
    file = DataFile(name, hashlib.sha256(content).hexdigest(), len(body))
    return _Table({column: place for place, column in enumerate(header)}, body, file)


def _find_ragged(name: str, lines: list[list[str]], width: int) -> Iterator[str]:
    ragged = [(number, len(line)) for number, line in enumerate(lines, start=1) if line and len(line) != width]
    for number, cells in ragged[:_FAULTS_A_FILE]:
        yield f"{name}: line {number} has {cells} cells and the header {width}"
    if len(ragged) > _FAULTS_A_FILE:
        yield f"{name}: {len(ragged) - _FAULTS_A_FILE} more such lines"


def _take_students(
    table: _Table, name: str, wanted: Collection[str], faults: list[str]
) -> dict[str, Mapping[str, str]]:
    places = [(column, table.header[column]) for column in STUDENT_COLUMNS]
    students: dict[str, Mapping[str, str]] = {}
    twice = set()
    for line in table.lines:
        student_id = line[table.header[_ID]].strip()
        if student_id not in wanted:
            continue
        if student_id in students:
            twice.add(student_id)
        students[student_id] = {column: line[place].strip() for column, place in places}
    if twice:
        faults.append(f"{name}: {_count(twice)} stand twice")
    if absent := set(wanted) - set(students):
        faults.append(f"{name}: {_count(absent)} with access have no row")
    return students


def _take_rows(table: _Table, report: ReportSpec, wanted: Collection[str]) -> dict[str, tuple[DataRow, ...]]:
    id_place = table.header[_ID]
    places = [table.header[report.sources[column]] for column in report.columns]
    own = [(key, table.header[key]) for key in _OWN_KEYS if key in table.header]
    kept: dict[str, list[DataRow]] = {}
    for line in table.lines:
        student_id = line[id_place].strip()
        if student_id in wanted:
            cells = tuple(line[place].strip() for place in places)
            keys = {key: line[place].strip() for key, place in own}
            kept.setdefault(student_id, []).append(DataRow(cells, keys))
    return {student_id: tuple(rows) for student_id, rows in kept.items()}


def _find_missing(
    report: ReportSpec, wanted: Collection[str], rows: Mapping[str, tuple[DataRow, ...]]
) -> Iterator[str]:
    absent = set(wanted) - set(rows) if report.every_student else set()
    if absent:
        yield f"{report.file}: {_count(absent)} with access have no row"


def _count(student_ids: Collection[str]) -> str:
    told = ", ".join(sorted(student_ids)[:_IDS_TOLD])
    more = f" and {len(student_ids) - _IDS_TOLD} more" if len(student_ids) > _IDS_TOLD else ""
    return f"{len(student_ids)} students ({told}{more})"
