"""Records that a page showed students or a form to somebody, before it is shown."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.program import Program
from store import Clock, Entry, Event, record
from store.desk_tables import PageView


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: which page, of what, and whose data stand on it."""

    page: str
    subject: str
    form_ids: Sequence[str] = ()
    student_ids: Sequence[str] = ()


def record_view(session: Session, clock: Clock, viewer: tuple[str, str], shown: Shown) -> None:
    """Notes a page view. `viewer`: account id and name. The session holds the ledger's lock."""
    account_id, name = viewer
    view = PageView(
        view_id=f"view-{uuid.uuid4().hex}",
        account_id=account_id,
        page=shown.page,
        subject=shown.subject,
        student_ids=list(shown.student_ids),
        form_ids=list(shown.form_ids),
        on_date=clock.today,
        at=clock.now,
    )
    record(session, clock, Entry(Event.PAGE_SHOWN, view.view_id, name, [view], {"page": shown.page}))


def record_view_once(program: Program, viewer: tuple[str, str], page: str, form_id: str) -> None:
    """Notes that a form's paper was shown, unless a page showed it to the same person earlier on the day."""
    clock = program.read_clock()
    noted = select(PageView.view_id).where(
        PageView.account_id == viewer[0], PageView.subject == form_id, PageView.on_date == clock.today
    )
    with program.installation.reading() as session:
        if session.scalars(noted.limit(1)).first() is not None:
            return
    with program.installation.writing() as session:
        record_view(session, clock, viewer, Shown(page, form_id, [form_id]))
