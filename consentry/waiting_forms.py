"""Forms that went back for want of a row, and the rows that may mean them: in whatever order lists and scans came.

Nothing is decided here, and nothing written: what may belong together is looked at again, and planning says what does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.corrections import (
    SCAN,
    count_agreements,
    find_returned,
    is_mended_by_a_row,
    say_who,
    say_who_of_row,
)
from review_queue import Reason, State
from store.tables import Form, ListedStudent, Submission
from store.year_tables import Correction


def find_waiting(session: Session, submission: Submission) -> list[Form]:
    """The forms of `find_returned`, and those that a new scan answered in vain, since it went back for what no row mends:
    a signed form that waits for its row is still good though an unsigned copy came after it.
    """
    waiting = list(find_returned(session, submission))
    linked = (
        select(Form, Correction.form_id)
        .join(Correction, Correction.first_form_id == Form.form_id)
        .where(
            Correction.partner_id == submission.partner_id,
            Correction.kind == SCAN,
            Form.submission_id != submission.submission_id,
            Form.state == State.RETURNED,
            Form.reading_sha256.is_not(None),
        )
        .order_by(Form.form_id)
    )
    for form, answer_id in session.execute(linked):
        answer = session.get(Form, answer_id)
        if answer is not None and answer.state == State.RETURNED and not is_mended_by_a_row(session, answer):
            waiting.append(form)
    return waiting


def wake_lists(session: Session, submission: Submission, ruled: Sequence[Form]) -> list[Submission]:
    """Has lists looked at again whose rows may mean forms of this submission that went back for want of a row: a list may have
    come before its scans, or with a scan that was not good yet. Returns their submissions, to be written.
    """
    waiting = [form for form in ruled if form.state == State.RETURNED and Reason.FORM_WITHOUT_ROW in form.reasons]
    said = [say_who(form, None) for form in waiting]
    if not said:
        return []
    open_rows = (
        select(ListedStudent, Submission)
        .join(Submission, Submission.submission_id == ListedStudent.submission_id)
        .where(
            Submission.partner_id == submission.partner_id,
            Submission.basis == submission.basis,
            Submission.submission_id != submission.submission_id,
            ListedStudent.state.in_((State.RECEIVED, State.RETURNED)),
        )
        .order_by(ListedStudent.row_id)
    )
    woken = {
        other.submission_id: other
        for row, other in session.execute(open_rows)
        if any(_may_be_same(each, say_who_of_row(row)) for each in said)
    }
    for other in woken.values():
        other.needs_settling = True
        other.settlements += 1  # a plan that was made before knows nothing of these forms
    return list(woken.values())


def wants_another_look(session: Session, submission: Submission, ruled: Sequence[Form]) -> bool:
    """Whether a form of the partner that waits for a row may be of a student whose form of this submission just went back."""
    said = [say_who(form, None) for form in ruled if form.state == State.RETURNED and form.row_number is not None]
    if not said:
        return False
    waiting = [form for form in find_waiting(session, submission) if Reason.FORM_WITHOUT_ROW in form.reasons]
    return any(_may_be_same(say_who(form, None), each) for form in waiting for each in said)


def _may_be_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether it is worth a look if two papers speak of one student: one of name, birth date and ID agrees."""
    return bool(count_agreements(one, other))
