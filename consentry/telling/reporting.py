"""The match-error report of one submission, from its rows, its forms and what was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import ReportLine, Result, write_report_csv, write_report_html, write_report_xlsx
from consentry.errors import CommandError
from consentry.pipeline.reading_pages import SET_ASIDE
from consentry.program import Program
from consentry.telling.telling_partners import Answer, Answers, CompleteAnswers, find_released_answers
from review_queue import Reason, State, say_to_partner, tell_partner
from store.tables import Form, ListedStudent, Partner, RefusedInput, Submission

_WRITERS = {".csv": write_report_csv, ".xlsx": write_report_xlsx, ".html": write_report_html}
_NOTHING_TO_DO = frozenset({Reason.DECLINED, Reason.DUPLICATE})
_ACCEPTED = "Accepted. Nothing is left to do."
_IN_PROGRESS = "Being checked. Nothing is left to do for now."
_WAITS = "Waits for your agreement with the district. It is taken up by itself."


def write_report(program: Program, submission_id: str, out: Path) -> int:
    """Writes a submission's report as the suffix of `out` says; returns its number of lines."""
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        raise CommandError(f"a report is .xlsx, .csv or .html, not {out.suffix or 'without a suffix'}")
    as_released = program.rulebook.release.report_command == "as_released"
    title, lines = (report_as_released if as_released else gather_report)(program, submission_id)
    try:
        out.write_bytes(writer(title, lines))
    except OSError as error:
        raise CommandError(f"cannot write {out}: {error.strerror}") from None
    return len(lines)


def gather_report(program: Program, submission_id: str) -> tuple[str, list[ReportLine]]:
    """Title and lines of a submission's report: rows in file order, then forms without a row, then refused inputs.

    All that is decided by now: for the people inside. What a partner may see is `report_as_released`.
    """
    return _gather(program, submission_id, lambda _: CompleteAnswers())


def report_as_released(program: Program, submission_id: str) -> tuple[str, list[ReportLine]]:
    """As `gather_report`, with what partners have been told at the times of release: for their pages and outboxes."""
    return _gather(program, submission_id, lambda session: find_released_answers(session, submission_id))


def _gather(program: Program, submission_id: str, find: Callable[[Session], Answers]) -> tuple[str, list[ReportLine]]:
    with program.installation.reading() as session:
        submission = session.get(Submission, submission_id)
        if submission is None:
            raise CommandError(f"no submission {submission_id}")
        partner = session.get_one(Partner, submission.partner_id)
        rows = session.scalars(
            select(ListedStudent).where(ListedStudent.submission_id == submission_id).order_by(ListedStudent.row_number)
        ).all()
        forms = session.scalars(
            select(Form).where(Form.submission_id == submission_id, Form.state != SET_ASIDE).order_by(Form.position)
        ).all()
        refused = session.scalars(
            select(RefusedInput).where(RefusedInput.submission_id == submission_id).order_by(RefusedInput.position)
        ).all()
        answers = find(session)
    by_id = {form.form_id: form for form in forms}
    answered = {row.form_id for row in rows}
    lines = [_line_of_row(row, by_id.get(row.form_id or ""), answers) for row in rows]
    lines += [_line_of_form(form, answers) for form in forms if form.form_id not in answered]
    lines += _lines_of_refused(refused)
    return f"Match report for {partner.name}, received {submission.received_on.isoformat()}", lines


def _line_of_row(row: ListedStudent, form: Form | None, answers: Answers) -> ReportLine:
    result, code, words = _tell(answers.of_row(row, form))

    def cell(name: str) -> str:
        return str(row.cells.get(name, ""))

    return ReportLine(
        row_number=row.row_number,
        last_name=cell("last_name"),
        first_name=cell("first_name"),
        birth_date=cell("birth_date"),
        student_id=cell("student_id"),
        school=cell("school"),
        file=form.file_name if form else "",
        page_number=form.page_index + 1 if form else None,
        result=result,
        code=code,
        what_to_do=" ".join([words, *_tell_faults(row)]),
    )


def _tell_faults(row: ListedStudent) -> Iterator[str]:
    faults = row.cells.get("faults")
    for fault in faults if isinstance(faults, list) else []:
        if isinstance(fault, dict):
            yield str(fault["words"])


def _line_of_form(form: Form, answers: Answers) -> ReportLine:
    result, code, words = _tell(answers.of_form(form))
    return ReportLine(None, "", "", "", "", "", form.file_name, form.page_index + 1, result, code, words)


def _lines_of_refused(refused: Sequence[RefusedInput]) -> Iterator[ReportLine]:
    for entry in refused:
        code = Reason(entry.reason)
        result = Result.NOTHING_TO_DO if code in _NOTHING_TO_DO else Result.TO_MEND
        yield ReportLine(None, "", "", "", "", "", entry.file, None, result, code, entry.words)


def _tell(answer: Answer) -> tuple[Result, Reason | None, str]:
    state, reasons = answer.state, answer.reasons
    if state is State.GRANTED:
        return Result.ACCEPTED, None, _ACCEPTED
    if state is State.HELD:
        return Result.IN_PROGRESS, Reason.NO_ACTIVE_DSA, _WAITS
    if state not in (State.RETURNED, State.REJECTED):
        return Result.IN_PROGRESS, None, _IN_PROGRESS
    told = list(dict.fromkeys(tell_partner(Reason(code)) for code in reasons)) or [Reason.CANNOT_CONFIRM]
    result = Result.NOTHING_TO_DO if told[0] in _NOTHING_TO_DO else Result.TO_MEND
    return result, told[0], " ".join(say_to_partner(code) for code in told)
