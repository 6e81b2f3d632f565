"""Which school year a form is of: its blank's, or, for a row of a right-to-view list, the one that the list was taken for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.tables import Form, FormTemplate

LIST_ROW = "list_row"
"""The `page_kind` of a row of a right-to-view list: it is ruled on, waits and is decided as a form is, and has no paper."""


ASKED_SCHOOL, LIST_YEAR = "list_school", "list_year"
"""Fields of such a row, and cells of the list's: the school that its submitter named, the year that it was taken for."""


def is_list_row(form: Form) -> bool:
    """Whether this is a row of a right-to-view list."""
    return form.page_kind == LIST_ROW


def find_form_year(session: Session, form: Form) -> str | None:
    """The label of a form's school year; None for a page of no known blank."""
    if form.template_id is not None:
        return session.get_one(FormTemplate, form.template_id).school_year
    field = form.fields.get(LIST_YEAR) if is_list_row(form) else None
    return str(field["value"]) if isinstance(field, dict) else None
