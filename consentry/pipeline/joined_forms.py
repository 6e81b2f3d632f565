"""Puts the pages of a form on the row of its first: fields of all pages there, the others set aside and named.

A field that stands on another page says on which, so that nobody cuts its pixels out of the wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from consentry.desk.shown_fields import ShownField, show_fields, show_signature
from consentry.pipeline.plans import JoinedForm
from consentry.pipeline.reading_pages import JOINED_PAGE, JOINED_TO, SET_ASIDE
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from ocr import FormReading
from review_queue import State
from store import Clock, Entry, Event, JsonValue, describe_document, record
from store.ids import Sha256
from store.tables import Form


def record_joined(session: Session, program: Program, joined: JoinedForm, clock: Clock) -> None:
    """Writes the whole reading on the form's row and sets its further pages aside. The session holds the ledger's lock. Nothing
    is done to a form that was decided meanwhile.
    """
    form = session.get_one(Form, joined.form_id)
    if form.state != State.READ:
        return
    pages = [session.get_one(Form, form_id) for form_id in joined.further]
    content = program.installation.documents.get(Sha256(joined.reading_sha256))
    documents = describe_document(session, Sha256(joined.reading_sha256), "reading", len(content), clock)
    reading = FormReading.from_bytes(content)
    form.fields = {name: _show_field(name, shown, form, pages) for name, shown in show_fields(reading).items()}
    form.reading_sha256 = joined.reading_sha256
    form.signature = show_signature(reading).as_json()
    for page in pages:
        page.state, page.page_kind = SET_ASIDE, JOINED_PAGE
        page.match = {JOINED_TO: form.form_id}
    facts: dict[str, JsonValue] = {"kind": JOINED_PAGE, "pages": len(pages) + 1}
    record(session, clock, Entry(Event.FORM_READ, form.form_id, RULES_ACTOR, [*documents, form, *pages], facts))


def _show_field(name: str, shown: ShownField, form: Form, pages: Sequence[Form]) -> JsonValue:
    page = next((page for page in pages if name in page.fields and name not in form.fields), None)
    return shown.as_json() if page is None else {**shown.as_json(), "source": show_source(page)}


def show_source(page: Form) -> dict[str, JsonValue]:
    """Where a page lies: file, content, page, and the type of the file."""
    return {
        "file": page.file_name,
        "sha256": page.document_sha256,
        "page": page.page_index + 1,
        "media_type": page.media_type,
    }
