"""The queue and the page of a case, and what people do there."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from consentry.accounts import Role
from consentry.case_steps import CORRECTED, Keyed, defer_case, key_field
from consentry.claims import beat_claim, claim_case, take_over_case
from consentry.deciding import Terms, decide_case
from consentry.errors import CommandError
from consentry.queue_board import find_next, list_lines
from consentry.undoing import reverse_decision
from consentry.viewing import record_view, record_view_once
from consentry.web.case_view import describe_case
from consentry.web.doors import AtDesk, Denied, Desk
from store.desk_tables import Account
from store.tables import Case
from store.tables import Form as FormRow

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/queue", name="queue")
def show_queue(desk: AtDesk, partner: str = "", reason: str = "") -> Response:
    """Open cases, oldest first."""
    with desk.program.installation.reading() as session:
        everything = list_lines(desk.program, session)
        lines = list_lines(desk.program, session, partner, reason) if partner or reason else everything
    partners = sorted({line.partner_id for line in everything})
    reasons = sorted({code for line in everything for code in line.reasons})
    return desk.show("queue.html", lines=lines, partners=partners, reasons=reasons, partner=partner, reason=reason)


@router.get("/cases/{case_id}", name="case")
def show_case(desk: AtDesk, case_id: str) -> Response:
    """One case; recorded as shown, and claimed where the person decides and nobody else holds it."""
    clock, person = desk.program.read_clock(), desk.person
    with desk.program.installation.writing() as session:
        case = session.get_one(Case, case_id)
        holder = None
        if case.state == "open" and person.role is not Role.AUDITOR:
            holder = claim_case(session, case_id, person.name, clock.now).holder
        view = describe_case(desk.office, session, case, person)
        record_view(session, clock, (person.account_id, person.name), "case", case.form_id, view.student_ids)
    return desk.show("case.html", view=view, holder=holder, may_decide=holder == person.name)


@router.get("/forms/{form_id}/page", name="page_picture")
def send_page_picture(desk: AtDesk, form_id: str) -> Response:
    """The page of a form, drawn; recorded as shown where no page that shows it was today."""
    person = desk.person
    record_view_once(desk.program, (person.account_id, person.name), "page", form_id)
    with desk.program.installation.reading() as session:
        form = session.get_one(FormRow, form_id)
    picture = desk.office.pictures.draw(form)
    if picture is None:
        raise Denied(404)
    return Response(picture.content, media_type="image/webp", headers={"cache-control": "private, max-age=600"})


@router.post("/cases/{case_id}/decide", name="decide")
def decide(desk: AtDesk, case_id: str, action: Text, seen: Text, reason: Text = "", student: Text = "") -> Response:
    """Decides, and goes on to the next case."""
    terms = Terms(seen, desk.office.enrollment, _list_leads(desk))
    why = reason.strip() or ("page looked at, the child agrees" if action == "accept" else "")
    if action == "accept" and not student:
        return desk.refuse(CommandError("choose the child first: keys 1 to 5"))
    try:
        decide_case(desk.program, case_id, action, student or None, why, desk.person.name, terms)
    except CommandError as error:
        return desk.refuse(error)
    return _go_on(desk, case_id)


@router.post("/cases/{case_id}/key", name="key")
def key(desk: AtDesk, case_id: str, field: Text, value: Text = "", kind: Text = CORRECTED) -> Response:
    """Notes what a person keyed and shows the case matched anew."""
    try:
        key_field(desk.program, desk.office.enrollment, case_id, Keyed(field, value, kind), desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/defer", name="defer")
def defer(desk: AtDesk, case_id: str, until: Text, reason: Text) -> Response:
    """Puts a case off to a day."""
    try:
        defer_case(desk.program, case_id, date.fromisoformat(until), reason, desk.person.name)
    except ValueError:
        return desk.refuse(CommandError("a day is written YYYY-MM-DD"))
    except CommandError as error:
        return desk.refuse(error)
    return _go_on(desk, case_id)


@router.post("/cases/{case_id}/reverse", name="reverse")
def reverse(desk: AtDesk, case_id: str, reason: Text = "") -> Response:
    """Takes the last decision on a case back."""
    try:
        reverse_decision(desk.program, case_id, desk.person.name, reason, desk.is_lead)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/take-over", name="take_over")
def take_over(desk: AtDesk, case_id: str, reason: Text) -> Response:
    """Takes a case from whoever holds it."""
    try:
        take_over_case(desk.program, case_id, desk.person.name, reason)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/beat", name="beat")
def beat(desk: AtDesk, case_id: str) -> Response:
    """Keeps the claim on a case alive."""
    return Response(status_code=204 if beat_claim(desk.program, case_id, desk.person.name) else 409)


def _go_on(desk: Desk, case_id: str) -> Response:
    with desk.program.installation.reading() as session:
        following = find_next(list_lines(desk.program, session), case_id, desk.person.name)
    return RedirectResponse(f"/cases/{following}?after={case_id}" if following else f"/queue?after={case_id}", 303)


def _list_leads(desk: Desk) -> frozenset[str]:
    with desk.program.installation.reading() as session:
        return frozenset(session.scalars(select(Account.name).where(Account.role == Role.LEAD)))
