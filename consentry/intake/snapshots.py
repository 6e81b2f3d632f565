"""Enrollment snapshots as they are kept: which one holds on a day, and who is on its roll. Loads no table library."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.types import Roll
from ingest.types import EnrolledStudent, EnrollmentExtract
from store import Installation
from store.tables import EnrollmentSnapshot

PROTECTED = "True"
"""What the column `protected` of a snapshot holds for a child whose address is confidential."""

_COLUMNS = tuple(column.name for column in fields(EnrolledStudent))


def find_snapshot(session: Session, day: date) -> EnrollmentSnapshot | None:
    """The snapshot that holds on `day`: the newest as of it or before (of two of one day the later loaded), else the first
    one after it; None where nothing was loaded.
    """
    newest = (
        select(EnrollmentSnapshot)
        .where(EnrollmentSnapshot.as_of <= day)
        .order_by(EnrollmentSnapshot.as_of.desc(), EnrollmentSnapshot.loaded_at.desc())
    )
    first = select(EnrollmentSnapshot).order_by(EnrollmentSnapshot.as_of, EnrollmentSnapshot.loaded_at)
    return session.scalars(newest.limit(1)).first() or session.scalars(first.limit(1)).first()


def find_roll(installation: Installation, session: Session, day: date) -> Roll | None:
    """Who is enrolled on a day, None where nothing was loaded: for one look, without the whole snapshot in memory."""
    snapshot = find_snapshot(session, day)
    return None if snapshot is None else read_roll(installation, snapshot)


class HeldRoll:
    """The roll of the snapshot that was asked for last, kept for the next look: reading one takes a tenth of a second."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._held: tuple[str, Roll] | None = None

    def find(self, session: Session, day: date) -> Roll | None:
        """Who is enrolled on a day, None where nothing was loaded."""
        snapshot = find_snapshot(session, day)
        if snapshot is None:
            return None
        if self._held is None or self._held[0] != snapshot.snapshot_id:
            self._held = snapshot.snapshot_id, read_roll(self._installation, snapshot)
        return self._held[1]


def read_roll(installation: Installation, snapshot: EnrollmentSnapshot) -> Roll:
    """The ids of a snapshot, their schools and who is protected: a tenth of the time that the whole takes."""
    content = io.StringIO(installation.documents.get(snapshot.document_sha256).decode())
    place, school, flag = (_COLUMNS.index(name) for name in ("student_id", "school", "protected"))
    rows = csv.reader(content)
    next(rows, None)
    held = [row for row in rows if row]
    return Roll(
        {row[place]: row[school] for row in held}, frozenset(row[place] for row in held if row[flag] == PROTECTED)
    )


def write_snapshot(extract: EnrollmentExtract) -> bytes:
    """An extract as the bytes that are kept of it: csv, by student ID."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(student) for student in sorted(extract.students, key=lambda student: student.student_id))
    return stream.getvalue().encode()
