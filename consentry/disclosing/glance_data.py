"""The student data that Student-at-a-Glance pages are made from: loaded whole from the folder that the reports are made from.

Only students to whom a grant runs are kept, in documents by a hash of the student's id, so that a page reads one of them. What
a load held can be shown again later. Data read under another registry than the one in force is not shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.adr_data import DataRow, StudentData, read_student_data
from access.errors import AccessError
from consentry.disclosing.delivering_registry import RegistryInForce, load_registry
from consentry.errors import CommandError
from consentry.program import Program
from store import Entry, Event, JsonValue, describe_document, record
from store.ids import derive_id
from store.tables import Grant, StudentDataLoad, Tracked

_BUCKETS = 256
_DOCUMENT = "student-data"
_ACTOR = "program"


@dataclass(frozen=True, slots=True)
class LoadedData:
    """What a load brought."""

    load_id: str
    students: int
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class GlanceData:
    """The data of one student, the registry it was read under, and the load it comes from."""

    data: StudentData
    in_force: RegistryInForce
    load_id: str
    as_of: date


def load_student_data(program: Program, folder: Path, as_of: date | None) -> LoadedData:
    """Loads the data of every student to whom a grant runs. `CommandError` lists every fault of the files."""
    in_force, clock = load_registry(program), program.read_clock()
    with program.installation.reading() as session:
        wanted = set(session.scalars(select(Grant.student_id).where(Grant.to_date >= clock.today)))
    if not wanted:
        raise CommandError("no grant runs, so there is no student to load data of")
    numbers = {report.number for report in in_force.registry.reports if report.file}
    try:
        data = read_student_data(folder, in_force.registry, wanted, numbers)
    except AccessError as error:
        raise CommandError(f"nothing was loaded: {error}") from None
    contents = [*_write_buckets(data), "\n".join(sorted(data.known_ids)).encode()]
    digests = [program.installation.documents.put(content) for content in contents]
    files: dict[str, JsonValue] = {
        "read": {file.name: file.sha256 for file in data.files},
        "registry": in_force.registry.sha256,
        "known_ids": digests[-1],
    }
    load = StudentDataLoad(
        load_id=derive_id("load", clock.now.isoformat(), *digests),
        as_of=as_of or clock.today,
        students=len(data.students),
        buckets=list(digests[:-1]),
        files=files,
        loaded_at=clock.now,
    )
    with program.installation.writing() as session:
        rows: list[Tracked] = []
        for digest, content in dict(zip(digests, contents, strict=True)).items():
            rows += describe_document(session, digest, _DOCUMENT, len(content), clock)
        facts: dict[str, JsonValue] = {"students": load.students, "files": len(data.files)}
        record(session, clock, Entry(Event.STUDENT_DATA_LOADED, load.load_id, _ACTOR, [*rows, load], facts))
    return LoadedData(load.load_id, load.students, {file.name: file.sha256 for file in data.files})


def find_student_data(program: Program, session: Session, student_id: str) -> GlanceData | None:
    """The newest data of a student; None where none was loaded. `CommandError` if the registry has changed since."""
    load = session.scalars(select(StudentDataLoad).order_by(StudentDataLoad.loaded_at.desc()).limit(1)).first()
    if load is None:
        return None
    in_force = load_registry(program)
    if load.files["registry"] != in_force.registry.sha256:
        raise CommandError("the registry of reports has changed since the data was loaded: load it again")
    documents = program.installation.documents
    bucket = json.loads(documents.get(load.buckets[_place(student_id)]))
    known = frozenset(documents.get(str(load.files["known_ids"])).decode().split("\n"))
    if student_id not in bucket:
        return None
    held = bucket[student_id]
    rows = {
        int(number): {student_id: tuple(DataRow(tuple(row["cells"]), row["keys"]) for row in found)}
        for number, found in held["rows"].items()
    }
    every = {report.number: rows.get(report.number, {}) for report in in_force.registry.reports if report.file}
    return GlanceData(StudentData({student_id: held["keys"]}, every, known, ()), in_force, load.load_id, load.as_of)


def _place(student_id: str) -> int:
    return hashlib.sha256(student_id.encode()).digest()[0] % _BUCKETS


def _write_buckets(data: StudentData) -> list[bytes]:
    buckets: list[dict[str, object]] = [{} for _ in range(_BUCKETS)]
    for student_id, keys in sorted(data.students.items()):
        rows = {
            str(number): _write_rows(found[student_id]) for number, found in data.rows.items() if student_id in found
        }
        buckets[_place(student_id)][student_id] = {"keys": dict(keys), "rows": rows}
    return [json.dumps(bucket, sort_keys=True, ensure_ascii=False).encode() for bucket in buckets]


def _write_rows(rows: tuple[DataRow, ...]) -> list[Mapping[str, object]]:
    return [{"cells": list(row.cells), "keys": dict(row.own_keys)} for row in rows]
