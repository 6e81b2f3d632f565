"""What a partner's pages show of what it sent: its own values, and results as they were told to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import ReportLine, Result
from consentry.program import Program
from consentry.telling.reporting import report_as_released
from store.desk_tables import SubmissionAnswer
from store.tables import Form, Submission


@dataclass(frozen=True, slots=True)
class SentSubmission:
    """A submission in the partner's list: what came of its forms and rows so far, and what it answered."""

    submission: Submission
    results: dict[Result, int]
    answers: str


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line of a submission, and what a correction of it names as answered; "" where none is asked for."""

    line: ReportLine
    answered_by: str


def list_sent(program: Program, session: Session, partner_id: str) -> list[SentSubmission]:
    """A partner's submissions, newest first."""
    mine = select(Submission).where(Submission.partner_id == partner_id).order_by(Submission.created_at.desc())
    sent = []
    for submission in session.scalars(mine):
        _, lines = report_as_released(program, submission.submission_id)
        link = session.get(SubmissionAnswer, submission.submission_id)
        answers = (link.answers_form_id or link.answers_row_id or "") if link else ""
        sent.append(SentSubmission(submission, dict(Counter(line.result for line in lines)), answers))
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
