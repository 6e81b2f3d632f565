"""Records that a page showed students or a form to somebody, before it is shown."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.program import Program
from store import Clock, Entry, Event, record
from store.desk_tables import PageView


def record_view(
    session: Session, clock: Clock, viewer: tuple[str, str], page: str, form_id: str, student_ids: Sequence[str]
) -> None:
    """Notes a page view. `viewer`: account id and name. The session holds the ledger's lock."""
    account_id, name = viewer
    view = PageView(
        view_id=f"view-{uuid.uuid4().hex}",
        account_id=account_id,
        page=page,
        subject=form_id,
        student_ids=list(student_ids),
        form_ids=[form_id],
        on_date=clock.today,
        at=clock.now,
    )
    record(session, clock, Entry(Event.PAGE_SHOWN, view.view_id, name, [view], {"page": page}))


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
        record_view(session, clock, viewer, page, form_id, [])
