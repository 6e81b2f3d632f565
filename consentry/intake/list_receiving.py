"""Takes a school's right-to-view list of an institutional service partner: submitted under a person's name, without scans.

Each row that asks for a student becomes a form without paper, which is ruled on, waits and is decided like any other; a row
that says the same as one that waits already is answered by that one. Nothing here grants anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import IS_LIST, find_gates
from consentry.desk.shown_fields import ShownField
from consentry.errors import CommandError
from consentry.intake.list_checks import check_list
from consentry.intake.receiving import Receipt, make_listed
from consentry.partners import find_partner
from consentry.pipeline.form_years import ASKED_SCHOOL, LIST_ROW, LIST_YEAR
from consentry.pipeline.list_schools import find_designee_schools, find_most_named, refuse_wrong_submitter
from consentry.program import Program
from ingest import read_student_list
from ingest.types import MediaType, Refusal, StudentList
from review_queue import Reason, State
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256, derive_id
from store.tables import Agreement, Form, ListedStudent, RefusedInput, Submission, Tracked

_SAID = ("last_name", "first_name", "middle_name", "birth_date", "student_id", "school", "grade")
_FIELDS = {
    "last_name": "student_last",
    "first_name": "student_first",
    "middle_name": "student_middle",
    "other_name": "other_name",
    "student_id": "student_id",
    "birth_date": "birth_date",
    "school": "school",
    "grade": "grade",
    "parent_name": "parent_name",
}
_NO_BOX = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ListOffer:
    """A list as it is offered: of which partner, by whom, for which school ("": the one that its rows name)."""

    partner_id: str
    path: Path
    submitted_by: str
    school: str = ""
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class _TakenList:
    sha256: Sha256
    size: int
    rows: StudentList
    school: str
    school_year: str


def receive_right_list(program: Program, offer: ListOffer) -> Receipt:
    """Takes a list into a submission. `CommandError`: no such partner or file, no name, or somebody who may not submit it."""
    if not offer.submitted_by.strip():
        raise CommandError("a right-to-view list is submitted under a name: --by NAME")
    if not offer.path.is_file():
        raise CommandError(f"no such file: {offer.path}")
    with program.installation.reading() as session:
        find_partner(session, offer.partner_id)
    clock = program.read_clock()
    day = offer.received_on or clock.today
    content = offer.path.read_bytes() if offer.path.stat().st_size <= program.limits.workbook_bytes else b""
    with program.open_cell() as cell:
        read = read_student_list(content, offer.path.name, cell, program.limits)
    sha256 = program.installation.documents.put(content)
    if isinstance(read, Refusal):
        taken = _TakenList(sha256, len(content), StudentList(()), "", program.rulebook.find_running_year(day))
        return _record(program, offer, taken, (read,), day, clock)
    school_year = find_most_named([row.school_year for row in read.rows]) or program.rulebook.find_running_year(day)
    program.rulebook.find_school_year(school_year)
    with program.installation.reading() as session:
        of_submitter = find_designee_schools(session, school_year, offer.submitted_by, day)
        school = offer.school or (of_submitter[0] if len(of_submitter) == 1 else "")
        school = school or find_most_named([row.school for row in read.rows])
        refuse_wrong_submitter(session, program, school_year, offer.submitted_by, school, day)
    return _record(program, offer, _TakenList(sha256, len(content), read, school, school_year), (), day, clock)


def _record(
    program: Program, offer: ListOffer, taken: _TakenList, refused: tuple[Refusal, ...], day: date, clock: Clock
) -> Receipt:
    with program.installation.writing() as session:
        count = len(session.scalars(select(Submission).where(Submission.partner_id == offer.partner_id)).all())
        submission = Submission(
            submission_id=derive_id("sub", offer.partner_id, str(count), clock.now.isoformat(), taken.sha256),
            partner_id=offer.partner_id,
            basis=IS_LIST,
            received_on=day,
            list_sha256=taken.sha256,
            list_name=offer.path.name,
            submitted_by=offer.submitted_by.strip(),
            created_at=clock.now,
            settlements=0,
            needs_settling=bool(taken.rows.rows),
        )
        listed = make_listed(submission, taken.rows)
        held_for = _find_closed_gate(session, program, offer.partner_id, taken.school_year, clock)
        waiting = _find_waiting(session, offer.partner_id, day - timedelta(days=400))
        forms = []
        for row in listed:
            row.cells = {**row.cells, ASKED_SCHOOL: taken.school, LIST_YEAR: taken.school_year}
            earlier = waiting.get(_said_by(row))
            if earlier is not None:
                row.state, row.reasons, row.form_id = earlier.state, list(earlier.reasons), earlier.form_id
            elif str(row.cells.get("action", "")).casefold() != "remove":
                forms.append(_make_form(submission, row, taken, held_for))
                row.form_id = forms[-1].form_id
                row.state, row.reasons = (State.HELD, [held_for]) if held_for else (row.state, [])
        rows: list[Tracked] = [
            *describe_document(session, taken.sha256, "list", taken.size, clock),
            submission,
            *forms,
            *listed,
            *(_keep_refusal(submission, place, refusal, taken.sha256) for place, refusal in enumerate(refused)),
        ]
        facts: dict[str, JsonValue] = {"rows": len(listed), "refused": len(refused), "basis": IS_LIST}
        subject = submission.submission_id
        record(session, clock, Entry(Event.SUBMISSION_RECEIVED, subject, submission.submitted_by, rows, facts))
    return Receipt(submission.submission_id, refused, check_list(program, taken.rows, offer.partner_id))


def _find_closed_gate(
    session: Session, program: Program, partner_id: str, school_year: str, clock: Clock
) -> Reason | None:
    """What the rows wait for before anybody looks at them; None where all gates are open."""
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == partner_id)).all()
    gates = find_gates(steps, school_year, clock.today, program.rulebook.policy, IS_LIST)
    if not gates.agreement_active:
        return Reason.NO_ACTIVE_DSA
    return Reason.TRAINING_LAPSED if gates.training_lapsed else None


def _find_waiting(session: Session, partner_id: str, since: date) -> dict[tuple[str, ...], Form]:
    """The partner's rows that wait for an agreement or a person, by what they say."""
    found = session.execute(
        select(ListedStudent, Form)
        .join(Form, Form.form_id == ListedStudent.form_id)
        .join(Submission, Submission.submission_id == ListedStudent.submission_id)
        .where(
            Submission.partner_id == partner_id,
            Submission.basis == IS_LIST,
            Submission.received_on >= since,
            Form.state.in_((State.HELD, State.READ, State.IN_REVIEW)),
        )
    )
    return {_said_by(row): form for row, form in found}


def _said_by(row: ListedStudent) -> tuple[str, ...]:
    return tuple(str(row.cells.get(name, "")) for name in (*_SAID, "action"))


def _make_form(submission: Submission, row: ListedStudent, taken: _TakenList, held_for: Reason | None) -> Form:
    said = {name: str(row.cells.get(cell, "")) for cell, name in _FIELDS.items()}
    said |= {ASKED_SCHOOL: taken.school, LIST_YEAR: taken.school_year}
    return Form(
        form_id=derive_id("form", submission.submission_id, taken.sha256, str(row.row_number)),
        submission_id=submission.submission_id,
        partner_id=submission.partner_id,
        position=row.row_number,
        document_sha256=taken.sha256,
        media_type=MediaType.LIST,
        file_name=submission.list_name,
        page_index=0,
        state=State.HELD if held_for else State.READ,
        page_kind=LIST_ROW,
        fields={name: ShownField(text, 1.0, _NO_BOX, "typed").as_json() for name, text in said.items() if text},
        signature={},
        match={},
        row_number=row.row_number,
        reasons=[held_for] if held_for else [],
        findings=[],
    )


def _keep_refusal(submission: Submission, position: int, refusal: Refusal, sha256: Sha256) -> RefusedInput:
    return RefusedInput(
        refusal_id=f"{submission.submission_id}/{position}",
        submission_id=submission.submission_id,
        position=position,
        file=refusal.file,
        reason=refusal.reason,
        words=refusal.words,
        document_sha256=sha256,
    )
