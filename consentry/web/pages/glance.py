"""A partner's students, and one of them at a glance: recorded as a disclosure before the page is sent."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from consentry.disclosing.glance import Viewer, list_open_students, show_student
from consentry.errors import CommandError
from consentry.web.doors import AtDesk, Denied, Desk
from consentry.web.glance_view import describe_glance
from store.tables import Grant

router = APIRouter()


@router.get("/students", name="students")
def show_students(desk: AtDesk) -> Response:
    """The students whose pages the person may open, in the partner's own words."""
    found = list_open_students(desk.program, _find_viewer(desk), desk.office.enrollment)
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
    if desk.person.partner_id is None:
        raise Denied(403)
    return Viewer(desk.person.name, desk.person.partner_id)
