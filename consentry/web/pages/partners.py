"""A partner's pages: what it sent and what came of each form, in its own values and the neutral codes alone."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from access import write_report_xlsx
from consentry.reporting import gather_report
from consentry.web.doors import AtDesk
from store.tables import Submission

router = APIRouter()
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/submissions", name="submissions")
def show_submissions(desk: AtDesk) -> Response:
    """The partner's submissions, newest first."""
    mine = select(Submission).where(Submission.partner_id == desk.person.partner_id)
    with desk.program.installation.reading() as session:
        found = session.scalars(mine.order_by(Submission.created_at.desc())).all()
    return desk.show("submissions.html", submissions=found)


@router.get("/submissions/{submission_id}", name="submission")
def show_submission(desk: AtDesk, submission_id: str) -> Response:
    """What came of each form and row."""
    title, lines = gather_report(desk.program, submission_id)
    return desk.show("submission.html", title=title, lines=lines, submission_id=submission_id)


@router.get("/submissions/{submission_id}/report.xlsx", name="submission_report")
def send_report(desk: AtDesk, submission_id: str) -> Response:
    """The same as a workbook."""
    content = write_report_xlsx(*gather_report(desk.program, submission_id))
    disposition = f'attachment; filename="report-{submission_id}.xlsx"'
    return Response(content, media_type=_XLSX, headers={"content-disposition": disposition})
