"""A partner's pages: what it sent and what came of it, sending. Neutral codes alone."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from access import write_report_xlsx
from consentry.errors import CommandError
from consentry.intake.uploads import (
    LIST,
    AnnouncedFile,
    Sender,
    begin_upload,
    check_list,
    find_answered,
    finish_upload,
    list_progress,
    take_piece,
)
from consentry.program_year.history import list_history
from consentry.program_year.waits import find_waits
from consentry.telling.reporting import report_as_released
from consentry.web.doors import AtDesk, Denied
from consentry.web.partner_view import list_lines, list_sent

router = APIRouter()
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Announced(BaseModel):
    name: str = Field(max_length=400)
    size: int
    kind: str = Field(max_length=10)


class _NewUpload(BaseModel):
    files: list[_Announced] = Field(max_length=1000)
    answers: str = Field("", max_length=80)


@router.get("/submissions", name="submissions")
def show_submissions(desk: AtDesk) -> Response:
    """The partner's submissions, newest first, and what they wait for."""
    with desk.program.installation.reading() as session:
        sent = list_sent(desk.program, session, desk.partner_id)
    waits, history = find_waits(desk.program, desk.partner_id), list_history(desk.program, desk.partner_id)
    return desk.show("submissions.html", sent=sent, waits=waits, history=history)


@router.get("/submissions/{submission_id}", name="submission")
def show_submission(desk: AtDesk, submission_id: str) -> Response:
    """What came of each form and row."""
    title, lines = report_as_released(desk.program, submission_id)
    with desk.program.installation.reading() as session:
        sent = list(list_lines(session, submission_id, lines))
    return desk.show("submission.html", title=title, sent=sent, submission_id=submission_id, is_fresh=True)


@router.get("/submissions/{submission_id}/report.xlsx", name="submission_report")
def send_report(desk: AtDesk, submission_id: str) -> Response:
    """The same as a workbook."""
    content = write_report_xlsx(*report_as_released(desk.program, submission_id))
    disposition = f'attachment; filename="report-{submission_id}.xlsx"'
    return Response(content, media_type=_XLSX, headers={"content-disposition": disposition})


@router.get("/send", name="send")
def show_sending(desk: AtDesk, answers: Annotated[str, Query(max_length=80)] = "") -> Response:
    """The page to send scans and list from; `answers`: the form or row that is corrected."""
    if answers and find_answered(desk.program, desk.partner_id, answers) is None:
        raise Denied(404)
    return desk.show("send.html", answers=answers)


@router.post("/uploads", name="begin_upload")
def begin(desk: AtDesk, new: Annotated[_NewUpload, Body()]) -> JSONResponse:
    """Announces files."""
    files = [AnnouncedFile(file.name, file.size, file.kind) for file in new.files]
    sender = Sender(desk.partner_id, desk.person.account_id, desk.person.name, new.answers)
    try:
        upload_id = begin_upload(desk.program, sender, files)
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse({"upload_id": upload_id}, 201)


@router.get("/uploads/{upload_id}", name="upload_progress")
def show_progress(desk: AtDesk, upload_id: str) -> JSONResponse:
    """How much of each file has come."""
    return JSONResponse({"received": [file.received for file in list_progress(desk.program, upload_id)]})


@router.put("/uploads/{upload_id}/files/{number}", name="take_piece")
async def take(desk: AtDesk, upload_id: str, number: int, offset: Annotated[int, Query(ge=0)]) -> JSONResponse:
    """Takes a piece of a file; the answer says how much has come, also where the piece didn't fit."""
    piece = await desk.request.body()
    try:
        received = await run_sync(take_piece, desk.program, upload_id, number, offset, piece)
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse({"received": received})


@router.post("/uploads/{upload_id}/check", name="check_upload")
def check(desk: AtDesk, upload_id: str) -> JSONResponse:
    """What is wrong with the list, before any scan has come."""
    try:
        found = check_list(desk.program, desk.office.cell, upload_id)
        has_list = any(file.kind == LIST for file in list_progress(desk.program, upload_id))
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse(
        {"rows": found.rows, "faults": [desk.voice.retell(fault) for fault in found.faults], "has_list": has_list}
    )


@router.post("/uploads/{upload_id}/finish", name="finish_upload")
def finish(desk: AtDesk, upload_id: str) -> JSONResponse:
    """Makes the submission."""
    try:
        submission_id = finish_upload(desk.program, upload_id, desk.person.name)
    except CommandError as error:
        return desk.answer_refused(error)
    return JSONResponse({"submission_id": submission_id}, 201)
