"""What is left to do for a partner, as a page to print and a workbook to mend; and the template of its list. Its own alone."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from access import write_report_xlsx
from consentry.intake.list_checks import make_template
from consentry.left_to_do import find_left_to_do
from consentry.web.doors import AtDesk

router = APIRouter()
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/left-to-do", name="left_to_do")
def show_left_to_do(desk: AtDesk) -> Response:
    """Every form and row that went back and was not answered yet, with hints."""
    return desk.show("left_to_do.html", left=find_left_to_do(desk.program, desk.partner_id))


@router.get("/left-to-do.xlsx", name="left_to_do_workbook")
def send_left_to_do(desk: AtDesk) -> Response:
    """The same as a workbook, to mend and send back."""
    left = find_left_to_do(desk.program, desk.partner_id)
    return _send(write_report_xlsx(left.partner_name, left.lines), "left-to-do.xlsx")


@router.get("/list-template.xlsx", name="list_template")
def send_template(desk: AtDesk) -> Response:
    """The student list template of this partner and year."""
    made = make_template(desk.program, desk.partner_id, None, is_right_to_view=False)
    return _send(made.content, f"student-list-{made.school_year}.xlsx")


def _send(content: bytes, name: str) -> Response:
    return Response(content, media_type=_XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})
