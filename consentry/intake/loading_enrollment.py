"""Loads an enrollment extract as the snapshot of a day, and keeps history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from consentry.accounts import check_lead
from consentry.errors import CommandError
from consentry.intake.enrolled_children import read_snapshot
from consentry.intake.extract_checks import Differences, compare_extracts, find_too_different
from consentry.intake.snapshots import find_snapshot, write_snapshot
from consentry.program import Program
from ingest import read_enrollment
from ingest.types import Refusal, RowFault
from store import Clock, Entry, Event, describe_document, record
from store.ids import derive_id
from store.safety_tables import ExtractConfirmation
from store.tables import EnrollmentSnapshot


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
        differences = compare_extracts(read_snapshot(program.installation, in_force), extract.students)
        too_different = find_too_different(program, differences)
        if too_different is not None and word is None:
            raise CommandError(
                f"this extract differs too much from the one in force, which stays: {too_different}; "
                "a lead who knows why loads it with --reason and --as"
            )
    content = write_snapshot(extract)
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
