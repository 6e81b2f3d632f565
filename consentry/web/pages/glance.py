"""Whose data a partner may see, of which kinds and until when; and one student at a glance. Recorded before either is sent."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from consentry.desk.viewing import Shown, record_view
from consentry.disclosing.glance import Viewer, list_open_students, show_student
from consentry.errors import CommandError
from consentry.web.doors import AtDesk, Denied, Desk
from consentry.web.glance_view import describe_glance
from store.tables import Grant

router = APIRouter()


@router.get("/students", name="students")
def show_students(desk: AtDesk) -> Response:
    """The students whose data the partner may see, in its own words; recorded."""
    found = list_open_students(desk.program, _find_viewer(desk), desk.office.enrollment)
    if found:
        shown = Shown("students", desk.partner_id, (), [student.student_id for student in found])
        with desk.program.installation.writing() as session:
            record_view(session, desk.program.read_clock(), desk.person.as_viewer, shown)
    return desk.show("students.html", students=found)


@router.get("/students/{grant_id}", name="glance")
def show_glance(desk: AtDesk, grant_id: str) -> Response:
    """One student: what the person's grants open of it, and nothing else."""
    try:
        glance = show_student(desk.program, _find_viewer(desk), grant_id, desk.office.enrollment)
    except CommandError as error:
        return desk.refuse(error)
    if glance is None:
        raise Denied(404)
    with desk.program.installation.reading() as session:
        label = session.get_one(Grant, grant_id).school_year
    return desk.show("glance.html", view=describe_glance(glance, desk.program.rulebook.find_school_year(label).begins))


def _find_viewer(desk: Desk) -> Viewer:
    return Viewer(desk.person.name, desk.partner_id)
