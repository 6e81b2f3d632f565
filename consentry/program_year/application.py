"""The application for an institutional service: the year's questions to be answered, checked whole, and kept as its paper.

Decides whether every question of the year's file has an answer; what is answered is for the review team, and never read here.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from access import AgreementKind, AgreementStatus
from consentry.errors import CommandError
from consentry.intake.registering import record_agreement
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote
from store.tables import Agreement

_HEAD = "# Application for an institutional service, {year}. Write an answer between the quotation marks after each question.\n"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str


class _Application(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: tuple[_Answer, ...]


def draft_application(program: Program, school_year: str, out: Path) -> int:
    """Writes a year's questions to be answered; how many. `CommandError` for a file that can't be written."""
    questions = _list_questions(program, school_year)
    asked = (
        f'\n[[answers]]\nquestion = {json.dumps(each, ensure_ascii=False)}\nanswer = """\n"""\n' for each in questions
    )
    try:
        out.write_text(_HEAD.format(year=school_year) + "".join(asked), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {out}: {error.strerror}") from None
    return len(questions)


def submit_application(
    program: Program, partner_id: str, school_year: str, file: Path, on_date: date, user: str
) -> Agreement:
    """Notes an answered application as submitted, with the file as its paper. `CommandError` lists every question that has no
    answer, and every one that the year doesn't ask.
    """
    if not file.is_file():
        raise CommandError(f"no such file: {file}")
    try:
        given = _Application.model_validate(tomllib.loads(file.read_text("utf-8"))).answers
    except ValueError:
        raise CommandError("the application isn't as it was drafted: see 'partner application --draft'") from None
    questions = _list_questions(program, school_year)
    answered = {each.question for each in given if each.answer.strip()}
    faults = [f"question {number} has no answer" for number, asked in enumerate(questions, 1) if asked not in answered]
    faults += [f"{school_year} doesn't ask: {each.question}" for each in given if each.question not in questions]
    if faults:
        raise CommandError(f"the application has faults: {'; '.join(faults)}")
    step = (AgreementKind.IS, school_year, AgreementStatus.SUBMITTED, on_date)
    return record_agreement(program, partner_id, *step, StepNote(user, "application", file))


def _list_questions(program: Program, school_year: str) -> tuple[str, ...]:
    return program.rulebook.find_year_rules(school_year).file.application.questions
