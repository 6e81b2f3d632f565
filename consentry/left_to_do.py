"""What is left to do for a partner: every form and row that went back and was not answered yet, as one list to print.

The lines are those of the match reports as the partner may know them; hints say what was mended the same way again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from access import IS_LIST, ReportLine, Result, write_report_csv, write_report_html, write_report_xlsx
from consentry.corrections import Hint, find_hints
from consentry.errors import CommandError
from consentry.partners import find_partner
from consentry.program import Program
from consentry.telling.reporting import report_as_released
from store.desk_tables import SubmissionAnswer
from store.tables import Form, ListedStudent, Submission
from store.year_tables import Correction

_WRITERS = {".csv": write_report_csv, ".xlsx": write_report_xlsx, ".html": write_report_html}


@dataclass(frozen=True, slots=True)
class LeftToDo:
    """What a partner has to mend. Each line is of the submission of the same place in `submissions`."""

    partner_name: str
    lines: tuple[ReportLine, ...]
    submissions: tuple[str, ...]
    hints: tuple[Hint, ...]


def find_left_to_do(program: Program, partner_id: str) -> LeftToDo:
    """What is left to do for a partner in the school year that runs. `CommandError` for an unknown partner."""
    today, rulebook = program.read_clock().today, program.rulebook
    since = rulebook.find_year_rules(rulebook.find_running_year(today)).file.school_year.forms_published
    with program.installation.reading() as session:
        partner = find_partner(session, partner_id)
        sent = select(Submission.submission_id).where(
            Submission.partner_id == partner_id,
            Submission.received_on >= since,
            Submission.basis != IS_LIST,  # a school's list is the school's to mend, and names children to no partner
        )
        submissions = list(session.scalars(sent.order_by(Submission.created_at)))
        answered = _find_answered(program, partner_id)
        hints = tuple(find_hints(session, partner_id))
    lines, of_line = list[ReportLine](), list[str]()
    for submission_id in submissions:
        _, told = report_as_released(program, submission_id)
        for line in told:
            place = (submission_id, line.row_number, line.file, line.page_number)
            if line.result is Result.TO_MEND and place not in answered:
                lines.append(line)
                of_line.append(submission_id)
    return LeftToDo(partner.name, tuple(lines), tuple(of_line), hints)


def write_left_to_do(program: Program, partner_id: str, out: Path) -> LeftToDo:
    """Writes the list as the suffix of `out` says: .html to print, .xlsx to mend and send back, or .csv."""
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        raise CommandError(f"the list is .html, .xlsx or .csv, not {out.suffix or 'without a suffix'}")
    found = find_left_to_do(program, partner_id)
    title = f"{found.partner_name}: left to do on {program.read_clock().today.isoformat()}"
    if found.hints:
        title += ". " + " ".join(hint.words for hint in found.hints)
    try:
        out.write_bytes(writer(title, found.lines))
    except OSError as error:
        raise CommandError(f"cannot write {out}: {error.strerror}") from None
    return found


def _find_answered(program: Program, partner_id: str) -> set[tuple[str, int | None, str, int | None]]:
    """Report lines that something has answered: by submission, row and page."""
    with program.installation.reading() as session:
        firsts = session.scalars(select(Correction).where(Correction.partner_id == partner_id)).all()
        found = set[tuple[str, int | None, str, int | None]]()
        for correction in firsts:
            form = session.get(Form, correction.first_form_id) if correction.first_form_id else None
            row = session.get(ListedStudent, correction.first_row_id) if correction.first_row_id else None
            if form is not None:
                found.add((form.submission_id, row.row_number if row else None, form.file_name, form.page_index + 1))
        named = select(SubmissionAnswer).join(Submission, Submission.submission_id == SubmissionAnswer.submission_id)
        for answer in session.scalars(named.where(Submission.partner_id == partner_id)):
            form = session.get(Form, answer.answers_form_id) if answer.answers_form_id else None
            if form is not None:
                found |= {
                    (form.submission_id, number, form.file_name, form.page_index + 1)
                    for number in (None, form.row_number)
                }
            row = session.get(ListedStudent, answer.answers_row_id) if answer.answers_row_id else None
            if row is not None:
                found.add((row.submission_id, row.row_number, "", None))
    return found
