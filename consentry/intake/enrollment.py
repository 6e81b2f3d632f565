"""Enrollment snapshots: loading one, keeping history, and the view of the newest that matching and the rules work with."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from access.types import Roll
from consentry.accounts import check_lead
from consentry.errors import CommandError
from consentry.intake.extract_checks import Differences, compare_extracts, find_too_different
from consentry.program import Program
from ingest import read_enrollment
from ingest.types import EnrolledStudent, EnrollmentExtract, Refusal, RowFault
from matching import Matcher
from store import Clock, Entry, Event, Installation, describe_document, record
from store.ids import derive_id
from store.safety_tables import ExtractConfirmation
from store.tables import EnrollmentSnapshot

_PROTECTED = "True"
_COLUMNS = tuple(column.name for column in fields(EnrolledStudent))


@dataclass(frozen=True, slots=True)
class LoadedEnrollment:
    """What a load brought: the snapshot's id, its number of students, the rows that could not be used."""

    snapshot_id: str
    students: int
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class ExtractWord:
    """A lead's word that an extract which differs much from the one before is right."""

    by: str
    why: str


def load_enrollment(
    program: Program, path: Path, as_of: date | None, word: ExtractWord | None = None
) -> LoadedEnrollment:
    """Loads a file as the snapshot of a day. `CommandError` for a file that can't be read as enrollment, or that differs too
    much from the snapshot in force without a lead's word; the old one stays then.
    """
    if word is not None and not (word.by.strip() and word.why.strip()):
        raise CommandError("standing by an extract needs a lead (--as) and a reason (--reason)")
    if not path.is_file():
        raise CommandError(f"no such file: {path}")
    clock = program.read_clock()
    day = as_of or clock.today
    with program.open_cell() as cell:
        extract = read_enrollment(path, path.name, cell, program.limits, day)
    if isinstance(extract, Refusal):
        raise CommandError(f"cannot load enrollment: {extract.words}")
    with program.installation.reading() as session:
        in_force = find_snapshot(session, day)
    differences = None
    if in_force is not None and in_force.as_of <= day:
        differences = compare_extracts(_read_snapshot(program.installation, in_force), extract.students)
        too_different = find_too_different(program, differences)
        if too_different is not None and word is None:
            raise CommandError(
                f"this extract differs too much from the one in force, which stays: {too_different}; "
                "a lead who knows why loads it with --reason and --as"
            )
    content = _write_snapshot(extract)
    digest = program.installation.documents.put(content)
    snapshot_id = derive_id("snap", day.isoformat(), digest)
    with program.installation.writing() as session:
        if session.get(EnrollmentSnapshot, snapshot_id) is None:
            snapshot = EnrollmentSnapshot(
                snapshot_id=snapshot_id,
                as_of=day,
                students=len(extract.students),
                document_sha256=digest,
                loaded_at=clock.now,
                loaded_on=clock.today,
            )
            rows = [*describe_document(session, digest, "enrollment", len(content), clock), snapshot]
            facts = {"students": len(extract.students), "unusable_rows": len(extract.faults)}
            record(session, clock, Entry(Event.ENROLLMENT_LOADED, snapshot_id, "program", rows, dict(facts)))
            if word is not None and differences is not None:
                _record_word(session, clock, snapshot_id, word, differences)
    return LoadedEnrollment(snapshot_id, len(extract.students), extract.faults)


def _record_word(session: Session, clock: Clock, snapshot_id: str, word: ExtractWord, differences: Differences) -> None:
    check_lead(session, word.by, "stands by such an extract")
    confirmation = ExtractConfirmation(
        snapshot_id=snapshot_id,
        actor=word.by,
        reason=word.why,
        differences=differences.as_facts(),
        on_date=clock.today,
        at=clock.now,
    )
    record(session, clock, Entry(Event.EXTRACT_CONFIRMED, snapshot_id, word.by, [confirmation]))


class EnrolledChildren:
    """One snapshot in memory: a matcher over it, and what the rules ask of a single child."""

    def __init__(self, snapshot_id: str, frame: pd.DataFrame) -> None:
        self.snapshot_id = snapshot_id
        self.frame = frame.set_index("student_id", drop=False)
        self.ids = frozenset(self.frame.index)
        self._protected = frozenset(frame.loc[frame["protected"] == _PROTECTED, "student_id"])
        self._matcher: Matcher | None = None

    @cached_property
    def roll(self) -> Roll:
        """Who is enrolled."""
        return Roll(self.schools, self._protected)

    @cached_property
    def schools(self) -> dict[str, str]:
        """The school of each child, by id."""
        return dict(zip(self.frame.index, self.frame["school"], strict=True))

    @property
    def matcher(self) -> Matcher:
        """The matcher over these children, indexed at first use."""
        if self._matcher is None:
            self._matcher = Matcher(self.frame.reset_index(drop=True))
        return self._matcher

    def find_birth_date(self, student_id: str) -> date | None:
        """A child's birth date, None for a child that isn't enrolled."""
        return date.fromisoformat(str(self.frame.at[student_id, "birth_date"])) if student_id in self.ids else None

    def is_protected(self, student_id: str) -> bool:
        """Whether a child's address is confidential."""
        return student_id in self._protected

    def are_siblings(self, one: str, other: str) -> bool:
        """Whether two children look like one family: a surname and a birth date, or a surname and a guardian, in common."""
        first, second = self.frame.loc[one], self.frame.loc[other]
        if not _words(first["last"]) & _words(second["last"]):
            return False
        guardians = {name for name in str(first["guardians"]).split(";") if name}
        return first["birth_date"] == second["birth_date"] or bool(guardians & set(str(second["guardians"]).split(";")))


class EnrollmentCache:
    """The newest snapshot on or before a day, loaded once a process."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._held: EnrolledChildren | None = None

    def find(self, session: Session, day: date) -> EnrolledChildren:
        """The children enrolled on `day`. `CommandError` where nothing was loaded."""
        snapshot = find_snapshot(session, day)
        if snapshot is None:
            raise CommandError("no enrollment is loaded: run 'consentry enrollment load' first")
        if self._held is None or self._held.snapshot_id != snapshot.snapshot_id:
            self._held = EnrolledChildren(snapshot.snapshot_id, _read_snapshot(self._installation, snapshot))
        return self._held


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


def read_roll(installation: Installation, snapshot: EnrollmentSnapshot) -> Roll:
    """The ids of a snapshot, their schools and who is protected: a tenth of the time that the whole takes."""
    content = io.StringIO(installation.documents.get(snapshot.document_sha256).decode())
    place, school, flag = (_COLUMNS.index(name) for name in ("student_id", "school", "protected"))
    rows = csv.reader(content)
    next(rows, None)
    held = [row for row in rows if row]
    return Roll(
        {row[place]: row[school] for row in held}, frozenset(row[place] for row in held if row[flag] == _PROTECTED)
    )


def _write_snapshot(extract: EnrollmentExtract) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(student) for student in sorted(extract.students, key=lambda student: student.student_id))
    return stream.getvalue().encode()


def _read_snapshot(installation: Installation, snapshot: EnrollmentSnapshot) -> pd.DataFrame:
    content = installation.documents.get(snapshot.document_sha256)
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def _words(name: object) -> set[str]:
    return set(str(name).casefold().replace("-", " ").split())
