"""The classes of records that time lets go, and how long each is kept: `retention.toml`, checked whole.

A class says which records it has, the day from which each one's time runs, and whom it concerns, so that a legal hold finds it.
What can't be told apart by student or partner concerns every one of them. What has no class is kept: enrollment snapshots,
agreements, blanks, packages and the record of what was disclosed in them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from store.door_tables import Arrival, CoverSheet
from store.packet_tables import PrintBatch, PrintedSheet
from store.tables import Form, Grant, StudentDataLoad, Submission, Tracked


class RecordClass(StrEnum):
    """What is kept for a time of its own."""

    SUBMISSIONS = "submissions"
    STUDENT_DATA = "student_data"
    PACKETS = "packets"
    ARRIVALS = "arrivals"


_TABLES: dict[RecordClass, tuple[type[Tracked], ...]] = {
    RecordClass.SUBMISSIONS: (Submission,),
    RecordClass.STUDENT_DATA: (StudentDataLoad,),
    RecordClass.PACKETS: (PrintBatch,),
    RecordClass.ARRIVALS: (Arrival, CoverSheet),
}


class _Class(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    keep_years: int = Field(default=0, ge=0, le=100)


class _RetentionFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    submissions: _Class = _Class()
    student_data: _Class = _Class()
    packets: _Class = _Class()
    arrivals: _Class = _Class()


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record that a class may let go. `last_used`: days that its time runs from, the latest counts; `student_ids` and
    `partner_ids`: whom it concerns, None: it may be anybody.
    """

    record_class: RecordClass
    row: Tracked
    last_used: tuple[date, ...]
    received_on: date
    student_ids: frozenset[str] | None
    partner_ids: frozenset[str] | None


def read_keep_years(home: Path) -> dict[RecordClass, int]:
    """The years of each class, 0 for ever: of the home's `retention.toml`, else as delivered. `CommandError` for faults."""
    own = home / "retention.toml"
    content = (
        own.read_text("utf-8") if own.exists() else (resources.files("consentry") / "data/retention.toml").read_text()
    )
    try:
        parsed = _RetentionFile.model_validate(tomllib.loads(content))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CommandError(f"retention.toml has faults: {faults}") from None
    except ValueError:
        raise CommandError("retention.toml is not TOML") from None
    return {
        RecordClass.SUBMISSIONS: parsed.submissions.keep_years,
        RecordClass.STUDENT_DATA: parsed.student_data.keep_years,
        RecordClass.PACKETS: parsed.packets.keep_years,
        RecordClass.ARRIVALS: parsed.arrivals.keep_years,
    }


def list_records(session: Session, record_class: RecordClass) -> Iterator[KeptRecord]:
    """The records of a class that may go at all, oldest first."""
    rows: list[Tracked]
    match record_class:
        case RecordClass.SUBMISSIONS:
            rows = [*session.scalars(select(Submission).order_by(Submission.received_on))]
        case RecordClass.STUDENT_DATA:  # the newest is what pages are shown from
            rows = [*session.scalars(select(StudentDataLoad).order_by(StudentDataLoad.loaded_at))][:-1]
        case RecordClass.PACKETS:
            rows = [*session.scalars(select(PrintBatch).order_by(PrintBatch.on_date))]
        case RecordClass.ARRIVALS:  # what made no submission, and cover sheets that never came back
            came = select(Arrival).where(Arrival.submission_id.is_(None)).order_by(Arrival.received_on)
            lost = select(CoverSheet).where(CoverSheet.arrival_id.is_(None)).order_by(CoverSheet.on_date)
            rows = [*session.scalars(came), *session.scalars(lost)]
    return (describe_record(session, row) for row in rows)


def find_record(session: Session, record_class: RecordClass, record_id: str) -> KeptRecord | None:
    """A record of a class by its id."""
    rows = (session.get(table, record_id) for table in _TABLES[record_class])
    return next((describe_record(session, row) for row in rows if row is not None), None)


def describe_record(session: Session, row: Tracked) -> KeptRecord:
    """Since when a record's time runs, and whom it concerns."""
    match row:
        case Submission():
            return _describe_submission(session, row)
        case StudentDataLoad():
            return KeptRecord(RecordClass.STUDENT_DATA, row, (), row.as_of, None, None)
        case PrintBatch():
            students, partner = _find_printed(session, row), frozenset({row.partner_id})
            return KeptRecord(RecordClass.PACKETS, row, (), row.on_date, students, partner)
        case CoverSheet():
            return KeptRecord(RecordClass.ARRIVALS, row, (), row.on_date, None, frozenset({row.partner_id}))
        case Arrival():
            partners = frozenset({row.partner_id}) if row.partner_id else None
            return KeptRecord(RecordClass.ARRIVALS, row, (), row.received_on, None, partners)
        case _:
            raise ValueError(f"{row.__tablename__} has no class")


def _describe_submission(session: Session, submission: Submission) -> KeptRecord:
    own = Form.submission_id == submission.submission_id
    grants = session.execute(
        select(Grant.student_id, Grant.to_date).join(Form, Form.form_id == Grant.form_id).where(own)
    )
    ends = [*grants]
    students = {student for student in session.scalars(select(Form.student_id).where(own)) if student}
    return KeptRecord(
        RecordClass.SUBMISSIONS,
        submission,
        tuple(to_date for _, to_date in ends),
        submission.received_on,
        frozenset(students | {student_id for student_id, _ in ends}),
        frozenset({submission.partner_id}),
    )


def _find_printed(session: Session, batch: PrintBatch) -> frozenset[str] | None:
    """The students of a batch by the IDs printed on it; None where a sheet has none."""
    sheets = session.scalars(select(PrintedSheet).where(PrintedSheet.batch_id == batch.batch_id))
    printed = [str(sheet.printed.get("student_id") or "") for sheet in sheets]
    return frozenset(printed) if all(printed) else None
