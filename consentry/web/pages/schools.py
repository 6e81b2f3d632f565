"""A school's right-to-view lists: a principal or designee sends or types one under their own name, and confirms it each term.

Only for schools for which the person is on record; who is on record is a page of the lead's, here too.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Form, Query
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from consentry.accounts import Role, list_accounts
from consentry.desk.showing import find_enrolled
from consentry.desk.viewing import Shown, record_view
from consentry.errors import CommandError
from consentry.intake.list_checks import make_template
from consentry.intake.offers import Basis
from consentry.intake.typed_lists import FILE_NAME, TypedRow, write_typed_list
from consentry.intake.uploads import (
    LIST,
    AnnouncedFile,
    ListCheck,
    Sender,
    begin_upload,
    check_content,
    finish_upload,
    take_piece,
)
from consentry.pipeline.list_recording import confirm_term
from consentry.pipeline.list_schools import (
    Designee,
    DesigneeRole,
    DesigneeStatus,
    is_same_school,
    list_designees,
    record_designee,
)
from consentry.program_year.school_lists import (
    SchoolList,
    find_own_schools,
    list_school_lists,
    list_taking_partners,
)
from consentry.telling.reporting import report_as_released
from consentry.web.doors import AtDesk, Desk
from consentry.web.partner_view import list_sent_under
from consentry.web.words import mark

router = APIRouter()
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EMPTY_ROWS = 6
_NOT_ON_RECORD = mark("you are not on record as principal or designee of that school")
_NOT_TAKING = mark("no lists are taken for that partner")


class _Listed(BaseModel):
    name: str = Field(max_length=400)
    size: int
    kind: str = Field(max_length=10)


class _NewList(BaseModel):
    files: list[_Listed] = Field(max_length=1)
    partner: str = Field(max_length=80)
    school: str = Field(max_length=200)


class _ListEnd(BaseModel):
    school: str = Field(max_length=200)


@router.get("/lists", name="lists")
def show_lists(desk: AtDesk) -> Response:
    """Whom the school lists for which partner, until when it is confirmed, and what came of each list; recorded."""
    schools = find_own_schools(desk.program, desk.person.name)
    lists = list_school_lists(desk.program, desk.office.enrollment, schools)
    _note(desk, "lists", lists)
    with desk.program.installation.reading() as session:
        sent = list_sent_under(desk.program, session, desk.person.name)
    own = {one.school: next(school for school in schools if is_same_school(one.school, school)) for one in lists}
    return desk.show("lists.html", schools=schools, lists=lists, own=own, sent=sent, called=desk.find_names())


@router.get("/lists/send", name="send_list")
def show_sending(desk: AtDesk) -> Response:
    """The page to send or type a list from."""
    return _show_sending(desk, [], None)


@router.get("/lists/template.xlsx", name="list_form")
def send_template(desk: AtDesk, partner: Annotated[str, Query(max_length=80)]) -> Response:
    """The template of a right-to-view list for a partner and this year."""
    try:
        _refuse_partner(desk, partner)
        made = make_template(desk.program, partner, None, is_right_to_view=True)
    except CommandError as error:
        return desk.refuse(error)
    disposition = f'attachment; filename="right-to-view-{made.school_year}.xlsx"'
    return Response(made.content, media_type=_XLSX, headers={"content-disposition": disposition})


@router.get("/lists/sent/{submission_id}", name="sent_list")
def show_sent(desk: AtDesk, submission_id: str) -> Response:
    """What came of each row of a list, as its partner is told it."""
    title, lines = report_as_released(desk.program, submission_id)
    return desk.show("sent_list.html", title=title, lines=lines)


@router.post("/lists/uploads", name="begin_list")
def begin(desk: AtDesk, new: Annotated[_NewList, Body()]) -> JSONResponse:
    """Announces a list's file."""
    files = [AnnouncedFile(file.name, file.size, file.kind) for file in new.files]
    try:
        _refuse_school(desk, new.school)
        _refuse_partner(desk, new.partner)
        if [file.kind for file in files] != [LIST]:
            raise CommandError("send the list alone: xlsx, xls or csv")
        upload_id = begin_upload(desk.program, _make_sender(desk, new.partner), files)
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse({"upload_id": upload_id}, 201)


@router.post("/lists/uploads/{upload_id}/finish", name="finish_list")
def finish(desk: AtDesk, upload_id: str, end: Annotated[_ListEnd, Body()]) -> JSONResponse:
    """Makes the submission, under the person's own name."""
    try:
        _refuse_school(desk, end.school)
        submission_id = finish_upload(desk.program, upload_id, desk.person.name, Basis.IS, end.school)
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse({"submission_id": submission_id}, 201)


@router.post("/lists/typed", name="type_list")
def take_typed(
    desk: AtDesk,
    partner: Text,
    school: Text,
    last: Texts = None,
    first: Texts = None,
    middle: Texts = None,
    birth_date: Texts = None,
    student_id: Texts = None,
    grade: Texts = None,
    as_it_is: Annotated[bool, Form()] = False,
) -> Response:
    """Takes a list that was typed on the page; shows its faults first."""
    columns = [column or [] for column in (last, first, middle, birth_date, student_id, grade)]
    rows = [row for cells in zip(*columns, strict=False) if not (row := TypedRow(*cells)).is_empty]
    try:
        _refuse_school(desk, school)
        _refuse_partner(desk, partner)
        if not rows:
            raise CommandError("type at least one student")
        content = write_typed_list(rows, school, desk.person.name)
        found = check_content(desk.program, desk.office.cell, partner, FILE_NAME, content)
        if found.faults and not as_it_is:
            return _show_sending(desk, rows, found, partner, school)
        announced = [AnnouncedFile(FILE_NAME, len(content), LIST)]
        upload_id = begin_upload(desk.program, _make_sender(desk, partner), announced)
        take_piece(desk.program, upload_id, 0, 0, content)
        submission_id = finish_upload(desk.program, upload_id, desk.person.name, Basis.IS, school)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/lists/sent/{submission_id}", 303)


@router.post("/lists/confirmations", name="confirm_list")
def confirm(desk: AtDesk, partner: Text, school: Text, school_year: Text, taken_off: Texts = None) -> Response:
    """Stands by a list for the term that runs; whoever is ticked is taken off it."""
    try:
        _refuse_school(desk, school)
        confirm_term(desk.program, partner, school_year, desk.person.name, school, taken_off or [])
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/lists", 303)


@router.get("/schools", name="schools")
def show_schools(desk: AtDesk) -> Response:
    """Who may send lists for which school, and how each list stands; students are counted, not named."""
    today = desk.program.read_clock().today
    year = desk.program.rulebook.find_running_year(today)
    lists = list_school_lists(desk.program, desk.office.enrollment, None)
    with desk.program.installation.reading() as session:
        designees = list_designees(session, year, today)
        roll = find_enrolled(session, desk.office.enrollment, today)
    known = sorted(set(roll.schools.values())) if roll else []
    names = [account.name for account in list_accounts(desk.program, (Role.SCHOOL,))]
    return desk.show(
        "schools.html",
        year=year,
        designees=designees,
        lists=lists,
        known=known,
        names=names,
        called=desk.find_names(),
    )


@router.post("/schools/designees", name="record_designee")
def note_designee(
    desk: AtDesk,
    name: Text,
    school: Text,
    school_year: Text,
    role: Annotated[DesigneeRole, Form()],
    status: Annotated[DesigneeStatus, Form()],
    on: Annotated[date, Form()],
) -> Response:
    """Notes who may send lists for a school from a day on, or no longer."""
    try:
        record_designee(desk.program, Designee(name, role, school, school_year), status, on, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/schools", 303)


def _show_sending(
    desk: Desk, rows: list[TypedRow], check: ListCheck | None, partner: str = "", school: str = ""
) -> Response:
    return desk.show(
        "send_list.html",
        schools=find_own_schools(desk.program, desk.person.name),
        partners=list_taking_partners(desk.program),
        rows=[*rows, *[TypedRow("", "", "", "", "", "")] * _EMPTY_ROWS],
        faults=check.faults if check else (),
        partner=partner,
        school=school,
    )


def _make_sender(desk: Desk, partner_id: str) -> Sender:
    return Sender(partner_id, desk.person.account_id, desk.person.name)


def _refuse_school(desk: Desk, school: str) -> None:
    if school not in find_own_schools(desk.program, desk.person.name):
        raise CommandError(_NOT_ON_RECORD)


def _refuse_partner(desk: Desk, partner_id: str) -> None:
    if partner_id not in {partner.partner_id for partner in list_taking_partners(desk.program)}:
        raise CommandError(_NOT_TAKING)


def _note(desk: Desk, page: str, lists: list[SchoolList]) -> None:
    students = sorted({right.student_id for one in lists for right in one.rights})
    if students:
        with desk.program.installation.writing() as session:
            shown = Shown(page, desk.person.account_id, (), students)
            record_view(session, desk.program.read_clock(), desk.person.as_viewer, shown)
