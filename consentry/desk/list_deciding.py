"""What a person may accept on a row of a right-to-view list: a student of the list's own school, under active agreements."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import IS_LIST, find_gates
from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrolledChildren
from consentry.pipeline.form_years import ASKED_SCHOOL, find_form_year
from consentry.pipeline.list_recording import find_running_rights, make_right
from consentry.pipeline.list_schools import find_school
from consentry.program import Program
from store import Clock
from store.tables import Agreement, Form, Grant, ListedStudent, Partner, Submission
from store.year_tables import ListRight


@dataclass(frozen=True, slots=True)
class RowRight:
    """What a grant on a row rests on."""

    row: ListedStudent
    submission: Submission
    school: str

    def rest(self, grant: Grant) -> ListRight:
        """The row that says so."""
        return make_right(grant, self.row, self.school, self.submission)


def check_row_acceptable(session: Session, program: Program, form: Form, clock: Clock) -> tuple[str, list[str]]:
    """The school year and the categories of a row. `CommandError` if agreement or designation are not active."""
    year = find_form_year(session, form) or ""
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == form.partner_id)).all()
    gates = find_gates(steps, year, clock.today, program.rulebook.policy, IS_LIST)
    if not gates.agreement_active:
        raise CommandError("the partner has no active agreement and designation for the list's school year")
    if gates.training_lapsed:
        raise CommandError("the partner's training of that school year is not done: accept it once it is")
    of_year = program.rulebook.find_year_rules(year).categories
    return year, [name for name in session.get_one(Partner, form.partner_id).categories if name in of_year]


def find_row_right(session: Session, form: Form, student_id: str, children: EnrolledChildren) -> RowRight:
    """The right that accepting a student on a row gives. `CommandError`: of another school, or there already."""
    asked = form.fields.get(ASKED_SCHOOL)
    school = find_school(str(asked["value"]), children.schools.values()) if isinstance(asked, dict) else None
    if school is None or children.schools.get(student_id) != school:
        raise CommandError("that student is not at the school whose list this is: the row can be returned or rejected")
    if student_id in find_running_rights(session, form.partner_id, school, find_form_year(session, form) or ""):
        raise CommandError(
            "the school's list gave this partner the right to that student already: return it as DUPLICATE"
        )
    row = session.scalars(select(ListedStudent).where(ListedStudent.form_id == form.form_id)).first()
    if row is None:
        raise CommandError("the row of this case is gone")
    return RowRight(row, session.get_one(Submission, form.submission_id), school)
