"""What a partner's and a school's pages show of what was sent: the sender's own values, and results as the partner was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from access import IS_LIST, ReportLine, Result
from consentry.program import Program
from consentry.telling.reporting import report_as_released
from store.desk_tables import SubmissionAnswer
from store.tables import Form, Partner, Submission


@dataclass(frozen=True, slots=True)
class SentSubmission:
    """A submission: what came of its forms and rows so far, as its partner was told, and what it answered."""

    submission: Submission
    partner_name: str
    results: dict[Result, int]
    answers: str


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line of a submission, and what a correction of it names as answered; "" where none is asked for."""

    line: ReportLine
    answered_by: str


def list_sent(program: Program, session: Session, partner_id: str) -> list[SentSubmission]:
    """A partner's own submissions, newest first; a school's list for it names children that may never be open to it."""
    return _list(program, session, and_(Submission.partner_id == partner_id, Submission.basis != IS_LIST))


def list_sent_under(program: Program, session: Session, name: str) -> list[SentSubmission]:
    """The right-to-view lists that somebody submitted under their name, newest first."""
    return _list(program, session, and_(Submission.submitted_by == name, Submission.basis == IS_LIST))


def _list(program: Program, session: Session, which: ColumnElement[bool]) -> list[SentSubmission]:
    sent = []
    newest_first = select(Submission, Partner.name).join(Partner, Partner.partner_id == Submission.partner_id)
    for submission, partner_name in session.execute(newest_first.where(which).order_by(Submission.created_at.desc())):
        _, lines = report_as_released(program, submission.submission_id)
        link = session.get(SubmissionAnswer, submission.submission_id)
        answers = (link.answers_form_id or link.answers_row_id or "") if link else ""
        results = dict(Counter(line.result for line in lines))
        sent.append(SentSubmission(submission, partner_name, results, answers))
    return sent


def list_lines(session: Session, submission_id: str, lines: Sequence[ReportLine]) -> Iterator[SentLine]:
    """The lines of a submission, each with what a correction would answer."""
    of_it = select(Form).where(Form.submission_id == submission_id)
    forms = {(form.file_name, form.page_index + 1): form.form_id for form in session.scalars(of_it)}
    for line in lines:
        target = f"{submission_id}/{line.row_number}" if line.row_number else ""
        if not target and line.page_number is not None:
            target = forms.get((line.file, line.page_number), "")
        yield SentLine(line, target if line.result is Result.TO_MEND else "")
