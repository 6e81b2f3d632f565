"""Accepting many plain cases at once: a page that lists exactly the rows, and another person's confirmation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from consentry.desk.accepting_many import BatchItem, confirm_batch, drop_batch, list_batches, list_items, propose_batch
from consentry.desk.deciding import Terms
from consentry.desk.viewing import Shown, record_view
from consentry.errors import CommandError
from consentry.web.batch_view import BatchRow, list_proposable, show_rows
from consentry.web.doors import AtDesk, Desk
from consentry.web.pages.cases import Wanted
from store.desk_tables import Batch

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/batches", name="batches")
def show_batches(desk: AtDesk, wanted: Wanted) -> Response:
    """Proposals that wait, and the plain cases that a person may propose."""
    with desk.program.installation.reading() as session:
        waiting = list_batches(session)
        rows = list_proposable(desk.office, session, wanted, desk.person.name)
    _note_rows(desk, "batches", "proposable", rows)
    return desk.show("batches.html", waiting=waiting, rows=rows, called=desk.find_names())


@router.post("/batches", name="propose_batch")
def propose(desk: AtDesk, reason: Text, item: Annotated[list[str] | None, Form()] = None) -> Response:
    """Accepts the ticked cases as the first of two."""
    items = [BatchItem(*parts) for one in item or [] if len(parts := one.split("/")) == 3]
    terms = Terms("", desk.office.enrollment, desk.list_leads())
    try:
        batch, _ = propose_batch(desk.program, items, reason, desk.person.name, terms)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse(f"/batches/{batch.batch_id}", 303)


@router.get("/batches/{batch_id}", name="batch")
def show_batch(desk: AtDesk, batch_id: str) -> Response:
    """The rows of a proposal."""
    with desk.program.installation.reading() as session:
        batch = session.get_one(Batch, batch_id)
        rows = show_rows(desk.office, session, list_items(batch))
    _note_rows(desk, "batch", batch_id, rows)
    return desk.show("batch.html", batch=batch, rows=rows, called=desk.find_names())


@router.post("/batches/{batch_id}/confirm", name="confirm_batch")
def confirm(desk: AtDesk, batch_id: str) -> Response:
    """Accepts the cases as the second of two."""
    terms = Terms("", desk.office.enrollment, desk.list_leads())
    try:
        left = confirm_batch(desk.program, batch_id, desk.person.name, terms)
    except CommandError as error:
        return desk.refuse(error)
    if left:
        named = "; ".join(f"{out.case_id}: {out.words}" for out in left)
        return desk.refuse(CommandError(f"these cases were left in the queue - {named}"))
    return RedirectResponse("/batches", 303)


@router.post("/batches/{batch_id}/drop", name="drop_batch")
def drop(desk: AtDesk, batch_id: str, reason: Text) -> Response:
    """Takes a proposal back."""
    try:
        drop_batch(desk.program, batch_id, desk.person.name, reason)
    except CommandError as error:
        return desk.refuse(error)
    return RedirectResponse("/batches", 303)


def _note_rows(desk: Desk, page: str, subject: str, rows: list[BatchRow]) -> None:
    """Records whose data the page shows, before it is sent."""
    if not rows:
        return
    shown = Shown(page, subject, [row.form_id for row in rows], [row.student.student_id for row in rows])
    with desk.program.installation.writing() as session:
        record_view(session, desk.program.read_clock(), desk.person.as_viewer, shown)
