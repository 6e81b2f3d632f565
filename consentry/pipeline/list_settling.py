"""Plans the rulings on a right-to-view list: whom each row means, and whether that child is at the list's school.

Planning only reads; what it finds is one stored document. The same matcher weighs a row as weighs a form.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.intake.enrolled_children import EnrolledChildren
from consentry.intake.listed_rows import find_faults, query_row
from consentry.pipeline.form_years import ASKED_SCHOOL, LIST_YEAR
from consentry.pipeline.list_schools import find_school, is_same_school
from consentry.pipeline.match_facts import gather_match_facts
from consentry.program import Program
from matching import Candidate
from review_queue import MatchFacts, Reason, State
from store.tables import Form, ListedStudent, Submission


@dataclass(frozen=True, slots=True)
class ListRowPlan:
    """What planning found for one row. `form_id` is None for a row that asks for a student to be removed."""

    row_id: str
    row_number: int
    form_id: str | None
    faults: tuple[Reason, ...]
    names_other_school: bool
    is_of_school: bool | None
    match: MatchFacts
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What planning found for a list: the school whose list it is ("" if it can't be told), its year, its rows."""

    submission_id: str
    snapshot_id: str
    school: str
    school_year: str
    rows: tuple[ListRowPlan, ...]


_PLAN_JSON = TypeAdapter(ListPlan)


def plan_list(session: Session, program: Program, submission: Submission, children: EnrolledChildren) -> str:
    """Plans the rows of a list that wait for a ruling; returns the hash of the stored plan."""
    of_it = select(ListedStudent).where(ListedStudent.submission_id == submission.submission_id)
    listed = session.scalars(of_it.order_by(ListedStudent.row_number)).all()
    waiting = select(Form).where(Form.submission_id == submission.submission_id, Form.state == State.READ)
    forms = {form.form_id: form for form in session.scalars(waiting)}
    asked = [row for row in listed if row.form_id in forms or _is_removal(row)]
    asked_school, year = (str(listed[0].cells[name]) for name in (ASKED_SCHOOL, LIST_YEAR))
    school = find_school(asked_school, children.schools.values()) if asked_school else None
    found = children.matcher.match_batch([query_row(row) for row in asked])
    rows = tuple(
        _plan_row(row, candidates, school, asked_school, children) for row, candidates in zip(asked, found, strict=True)
    )
    plan = ListPlan(submission.submission_id, children.snapshot_id, school or "", year, rows)
    return program.installation.documents.put(_PLAN_JSON.dump_json(plan))


def read_list_plan(content: bytes) -> ListPlan:
    """A stored plan."""
    return _PLAN_JSON.validate_json(content)


def _plan_row(
    row: ListedStudent,
    candidates: list[Candidate],
    school: str | None,
    asked_school: str,
    children: EnrolledChildren,
) -> ListRowPlan:
    match = gather_match_facts(candidates, candidates, candidates, children)
    named = str(row.cells.get("school", ""))
    of_child = children.schools.get(match.student_id or "")
    return ListRowPlan(
        row_id=row.row_id,
        row_number=row.row_number,
        form_id=None if _is_removal(row) else row.form_id,
        faults=find_faults(row),
        names_other_school=bool(named) and not is_same_school(named, school or asked_school),
        is_of_school=None if school is None else of_child == school,
        match=match,
        candidates=tuple(candidates),
    )


def _is_removal(row: ListedStudent) -> bool:
    return row.state == State.RECEIVED and str(row.cells.get("action", "")).casefold() == "remove"
