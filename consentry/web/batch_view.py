"""The rows of a batch as its pages list them: exactly the cases that it takes, each with paper, child and probability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from consentry.desk.accepting_many import BatchItem
from consentry.desk.deciding import describe_seen
from consentry.desk.eyes_first import find_field_to_key
from consentry.desk.queue_board import QueueFilter, list_lines
from consentry.intake.held_enrollment import ShownStudent
from consentry.web.case_view import is_plain, show_candidates
from consentry.web.office import Office
from store.tables import Case, Form, Partner

MOST_ROWS = 25
_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One case of a batch. `crops`: the fields whose ink is shown beside the child."""

    item: BatchItem
    form_id: str
    partner_name: str
    student: ShownStudent
    percent: str
    crops: tuple[str, ...]


def list_proposable(office: Office, session: Session, wanted: QueueFilter, user: str) -> list[BatchRow]:
    """Plain cases that may be accepted together: the best child certain enough for one person, nothing to be keyed first."""
    rows: list[BatchRow] = []
    for line in list_lines(office.program, session, wanted, user, _LOOKED_THROUGH):
        if line.is_free_for(user) and not line.accepted_by:
            case = session.get_one(Case, line.case_id)
            rows += _show_if_plain(office, session, case)
        if len(rows) >= MOST_ROWS:
            break
    return rows


def show_rows(office: Office, session: Session, items: list[BatchItem]) -> list[BatchRow]:
    """The rows of a proposal, with the child that was proposed."""
    today = office.program.read_clock().today
    students = office.enrollment.show(session, today, [item.student_id for item in items])
    rows = []
    for item in items:
        form = session.get_one(Form, session.get_one(Case, item.case_id).form_id)
        if item.student_id in students:
            rows.append(_show(session, form, item, students[item.student_id]))
    return rows


def _show_if_plain(office: Office, session: Session, case: Case) -> Iterator[BatchRow]:
    form = session.get_one(Form, case.form_id)
    candidates = show_candidates(office, session, form)
    sure = float(str(form.match.get("probability") or 0.0)) >= office.program.rulebook.policy.second_person_below
    if sure and is_plain(session, case, form, candidates) and find_field_to_key(form, case.reasons, ()) is None:
        student = candidates[0].student
        yield _show(session, form, BatchItem(case.case_id, student.student_id, describe_seen(form)), student)


def _show(session: Session, form: Form, item: BatchItem, student: ShownStudent) -> BatchRow:
    crops = tuple(name for name in ("student_first", "student_last", "birth_date") if name in form.fields)
    percent = f"{100 * float(str(form.match.get('probability') or 0.0)):.1f}%"
    partner = session.get_one(Partner, form.partner_id)
    return BatchRow(item, form.form_id, partner.name, student, percent, crops)
