"""An auditor's pages: search, the chain from a grant to the pixels, and its bundle to take away. They change nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from consentry.desk.viewing import Shown, record_view
from consentry.errors import CommandError
from consentry.proof.bundling import pack_bundle
from consentry.proof.trace_search import SearchKind, search_subjects
from consentry.proof.tracing import Subject
from consentry.web.doors import AtDesk, Denied, Desk
from consentry.web.trace_view import describe_trace

router = APIRouter()


@router.get("/trace", name="trace_search")
def show_search(
    desk: AtDesk, kind: SearchKind = SearchKind.STUDENT, text: Annotated[str, Query(max_length=120)] = ""
) -> Response:
    """Searches by student, form, grant, person or day."""
    clock = desk.program.read_clock()
    try:
        with desk.program.installation.reading() as session:
            found = search_subjects(session, desk.office.enrollment, clock.today, kind, text)
    except CommandError as error:
        return desk.refuse(error)
    students = [each.student_id for each in found if each.student_id]
    if students:
        with desk.program.installation.writing() as session:
            record_view(session, clock, desk.person.as_viewer, Shown("trace search", "search", (), students))
    return desk.show("trace_search.html", kinds=list(SearchKind), kind=kind, text=text, found=found)


@router.get("/trace/{kind}/{subject_id}", name="trace_chain")
def show_chain(desk: AtDesk, kind: str, subject_id: str) -> Response:
    """The chain of a student, a grant or a form."""
    subject = _read_subject(kind, subject_id)
    try:
        with desk.program.installation.reading() as session:
            view = describe_trace(desk.office, session, subject)
    except CommandError:
        raise Denied(404) from None
    students = sorted({grant.student_id for grant in view.grants} | set(view.students))
    _note(desk, "trace", subject_id, view.form_ids, students)
    return desk.show("trace_chain.html", view=view, kind=kind, subject_id=subject_id, called=desk.find_names())


@router.get("/trace/{kind}/{subject_id}/bundle.zip", name="trace_bundle")
def send_bundle(desk: AtDesk, kind: str, subject_id: str) -> Response:
    """The chain as a zip that is verified without this program; in the ledger as exported."""
    try:
        content = pack_bundle(desk.program, _read_subject(kind, subject_id), None, desk.person.name)
    except CommandError:
        raise Denied(404) from None
    _note(desk, "trace bundle", subject_id, [], [subject_id] if kind == "student" else [])
    disposition = f'attachment; filename="trace-{kind}.zip"'
    return Response(content, media_type="application/zip", headers={"content-disposition": disposition})


def _read_subject(kind: str, subject_id: str) -> Subject:
    if kind == "student":
        return Subject(student_id=subject_id)
    if kind == "grant":
        return Subject(grant_id=subject_id)
    if kind == "form":
        return Subject(form_id=subject_id)
    raise Denied(404)


def _note(desk: Desk, page: str, subject_id: str, form_ids: list[str], student_ids: list[str]) -> None:
    """Records whose data the page shows, before it is sent."""
    shown = Shown(page, subject_id, form_ids, student_ids)
    with desk.program.installation.writing() as session:
        record_view(session, desk.program.read_clock(), desk.person.as_viewer, shown)
