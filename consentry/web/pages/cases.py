"""The queue and the page of a case, and what people do there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from consentry.accounts import Role
from consentry.desk.case_steps import CORRECTED, ILLEGIBLE, KEYED, Keyed, defer_case, key_field
from consentry.desk.claims import beat_claim, claim_case, take_over_case
from consentry.desk.deciding import ACCEPT, REJECT, RETURN, Terms, decide_case
from consentry.desk.queue_board import GRADES, MOST_LINES, QueueFilter, describe_queue, find_next
from consentry.desk.undoing import is_reversible, reverse_decision
from consentry.desk.viewing import Shown, record_view, record_view_once
from consentry.errors import CommandError
from consentry.pipeline.form_pages import list_sources
from consentry.web.case_fields import find_box
from consentry.web.case_view import describe_case
from consentry.web.doors import AtDesk, Denied, Desk
from consentry.web.words import RETURN_REASONS, mark
from review_queue import Reason
from store.tables import Case
from store.tables import Form as FormRow

router = APIRouter()
Text = Annotated[str, Form()]
NONE_OF_THESE = "none"


def _read_filter(
    partner: str = "", reason: str = "", school: str = "", age: str = "", mine: bool = False
) -> QueueFilter:
    return QueueFilter(partner, reason, school, age if age in GRADES else "", mine)


Wanted = Annotated[QueueFilter, Depends(_read_filter)]


@router.get("/queue", name="queue")
def show_queue(desk: AtDesk, wanted: Wanted, after: str = "") -> Response:
    """Open cases, oldest first."""
    with desk.program.installation.reading() as session:
        board = describe_queue(desk.program, session, wanted, desk.person.name)
        last = _find_last(desk, session, after)
    return desk.show(
        "queue.html", board=board, wanted=wanted, most=MOST_LINES, last=last, is_fresh=True, called=desk.find_names()
    )


@router.get("/cases/{case_id}", name="case")
def show_case(desk: AtDesk, wanted: Wanted, case_id: str, after: str = "", find: str = "") -> Response:
    """One case; recorded as shown, and claimed where the person decides and nobody else holds it."""
    clock, person, installation = desk.program.read_clock(), desk.person, desk.program.installation
    with installation.reading() as session:
        case = session.get_one(Case, case_id)
        view = describe_case(desk.office, session, case, person, find)
        last = _find_last(desk, session, after)
    holder = None
    with installation.writing() as session:
        if case.state == "open" and person.role is not Role.AUDITOR:
            holder = claim_case(session, case_id, person.name, clock.now).holder
        shown = Shown("key first" if view.to_key else "case", case.form_id, [case.form_id], view.student_ids)
        record_view(session, clock, person.as_viewer, shown)
    page = desk.show(
        "eyes_first.html" if view.to_key and holder == person.name else "case.html",
        view=view,
        holder=holder,
        may_decide=holder == person.name and case.state == "open",
        wanted=wanted,
        last=last,
        find=find,
        return_reasons=RETURN_REASONS,
        called=desk.find_names(),
    )
    page.background = BackgroundTask(_draw_following, desk, wanted, case_id)
    return page


@router.get("/forms/{form_id}/page", name="page_picture")
def send_page_picture(desk: AtDesk, form_id: str, number: Annotated[int, Query(ge=1)] = 1) -> Response:
    """A page of a form, drawn; recorded as shown where no page that shows it was today."""
    record_view_once(desk.program, desk.person.as_viewer, "page", form_id)
    with desk.program.installation.reading() as session:
        sources = list_sources(session.get_one(FormRow, form_id))
    picture = desk.office.pictures.draw(sources[number - 1]) if number <= len(sources) else None
    return _send_picture(picture.content if picture else None)


@router.get("/forms/{form_id}/crops/{field}", name="crop_picture")
def send_crop(desk: AtDesk, form_id: str, field: str) -> Response:
    """One field of a form and nothing else of its page."""
    record_view_once(desk.program, desk.person.as_viewer, "crop", form_id)
    with desk.program.installation.reading() as session:
        form = session.get_one(FormRow, form_id)
    found = find_box(form, field, list_sources(form))
    return _send_picture(desk.office.pictures.cut(found.page, found.box) if found else None)


@router.post("/cases/{case_id}/decide", name="decide")
def decide(
    desk: AtDesk,
    wanted: Wanted,
    case_id: str,
    action: Text,
    seen: Text,
    reason: Text = "",
    student: Text = "",
    code: Annotated[list[Reason] | None, Form()] = None,
) -> Response:
    """Decides, and goes on to the next case."""
    terms = Terms(seen, desk.office.enrollment, desk.list_leads())
    if action == ACCEPT and not student:
        return desk.refuse(CommandError(mark("choose the child first: keys 1 to 5, or 0 for none of these")))
    if action == ACCEPT and student == NONE_OF_THESE:
        action, code = RETURN, [Reason.NOT_ENROLLED]
    why = _word_reason(action, reason, code or [])
    chosen = student if action == ACCEPT else None
    try:
        if action == REJECT and not reason.strip():
            raise CommandError(mark("rejecting a form needs a reason in words"))
        if action == RETURN and not code:
            raise CommandError(mark("tick first what the partner is told"))
        decide_case(desk.program, case_id, action, chosen, why, desk.person.name, terms)
    except CommandError as error:
        return desk.refuse(error)
    return _go_on(desk, wanted, case_id)


@router.post("/cases/{case_id}/key", name="key")
def key(desk: AtDesk, wanted: Wanted, case_id: str, field: Text, value: Text = "", kind: Text = CORRECTED) -> Response:
    """Notes what a person keyed and shows the case matched anew."""
    keyed = Keyed(field, value, kind if kind in (KEYED, ILLEGIBLE) else CORRECTED)
    try:
        key_field(desk.program, desk.office.enrollment, case_id, keyed, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}{wanted.as_query()}", 303)


@router.post("/cases/{case_id}/defer", name="defer")
def defer(desk: AtDesk, wanted: Wanted, case_id: str, until: Text, reason: Text) -> Response:
    """Puts a case off to a day."""
    try:
        defer_case(desk.program, case_id, date.fromisoformat(until), reason, desk.person.name)
    except ValueError:
        return desk.refuse(CommandError("a day is written YYYY-MM-DD"))
    except CommandError as error:
        return desk.refuse(error)
    return _go_on(desk, wanted, case_id)


@router.post("/cases/{case_id}/reverse", name="reverse")
def reverse(desk: AtDesk, wanted: Wanted, case_id: str, reason: Text = "") -> Response:
    """Takes the last decision on a case back."""
    try:
        reverse_decision(desk.program, case_id, desk.person.name, reason, desk.is_lead)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}{wanted.as_query()}", 303)


@router.post("/cases/{case_id}/take-over", name="take_over")
def take_over(desk: AtDesk, wanted: Wanted, case_id: str, reason: Text) -> Response:
    """Takes a case from whoever holds it."""
    try:
        take_over_case(desk.program, case_id, desk.person.name, reason)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/cases/{case_id}{wanted.as_query()}", 303)


@router.post("/cases/{case_id}/beat", name="beat")
def beat(desk: AtDesk, case_id: str) -> Response:
    """Keeps the claim on a case alive."""
    return Response(status_code=204 if beat_claim(desk.program, case_id, desk.person.name) else 409)


def _draw_following(desk: Desk, wanted: QueueFilter, case_id: str) -> None:
    """Draws the pages of the case that comes next while the person looks at this one."""
    with desk.program.installation.reading() as session:
        following = find_next(desk.program, session, wanted, case_id, desk.person.name)
        ahead = session.get(FormRow, session.get_one(Case, following).form_id) if following else None
    if ahead is not None:
        desk.office.pictures.draw_ahead(list_sources(ahead))


def _word_reason(action: str, reason: str, codes: list[Reason]) -> str:
    if action == ACCEPT:
        return reason.strip() or "page looked at, the child agrees"
    return ": ".join(part for part in (" ".join(codes), reason.strip()) if part)


def _go_on(desk: Desk, wanted: QueueFilter, case_id: str) -> Response:
    with desk.program.installation.reading() as session:
        following = find_next(desk.program, session, wanted, case_id, desk.person.name)
    place = f"/cases/{following}" if following else "/queue"
    query = wanted.as_query()
    return RedirectResponse(f"{place}{query}{'&' if query else '?'}after={case_id}", 303)


@dataclass(frozen=True, slots=True)
class LastDecision:
    """What the person has just decided: the case, and the state of its form now."""

    case_id: str
    state: str


def _find_last(desk: Desk, session: Session, case_id: str) -> LastDecision | None:
    """The case that the person has just decided, where they can take that back."""
    if not case_id or not is_reversible(session, case_id, desk.person.name, desk.is_lead):
        return None
    form = session.get_one(FormRow, session.get_one(Case, case_id).form_id)
    return LastDecision(case_id, form.state)


def _send_picture(content: bytes | None) -> Response:
    if content is None:
        raise Denied(404)
    return Response(content, media_type="image/webp", headers={"cache-control": "private, max-age=600"})
