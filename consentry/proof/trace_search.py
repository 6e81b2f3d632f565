"""Finds what an auditor may trace: by student, form, grant, person or day. Writes nothing; the caller notes who searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.intake.held_enrollment import HeldEnrollment
from store.desk_tables import Account
from store.tables import Decision, Form, Grant

MOST_FOUND = 100


class SearchKind(StrEnum):
    """What is searched by."""

    STUDENT = "student"
    FORM = "form"
    GRANT = "grant"
    PERSON = "person"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """Something to trace: `kind` is student, form or grant. `words` says what it is, `student_id` whom it shows."""

    kind: str
    subject_id: str
    words: str
    student_id: str | None = None


def search_subjects(
    session: Session, enrollment: HeldEnrollment, today: date, kind: SearchKind, text: str
) -> list[FoundSubject]:
    """What fits, at most `MOST_FOUND`. `CommandError` for a day of no calendar."""
    wanted = text.strip()
    if not wanted:
        return []
    found = {
        SearchKind.STUDENT: lambda: _find_students(session, enrollment, today, wanted),
        SearchKind.FORM: lambda: _find_forms(session, wanted),
        SearchKind.GRANT: lambda: _find_grants(session, wanted),
        SearchKind.PERSON: lambda: _find_decisions(session, wanted, None),
        SearchKind.DAY: lambda: _find_decisions(session, None, _read_day(wanted)),
    }
    return list(found[kind]())[:MOST_FOUND]


def _find_students(session: Session, enrollment: HeldEnrollment, today: date, text: str) -> Iterator[FoundSubject]:
    shown = set()
    for student in enrollment.search(session, today, text):
        shown.add(student.student_id)
        words = f"{student.first} {student.last}, born {student.birth_date}, {student.school}"
        yield FoundSubject("student", student.student_id, words, student.student_id)
    left = select(Grant.student_id).where(Grant.student_id == text).distinct()
    for student_id in session.scalars(left):
        if student_id not in shown:
            yield FoundSubject("student", student_id, f"{student_id}, not enrolled any more", student_id)


def _find_forms(session: Session, text: str) -> Iterator[FoundSubject]:
    fits = Form.form_id.startswith(text, autoescape=True) | Form.file_name.contains(text, autoescape=True)
    for form in session.scalars(select(Form).where(fits).order_by(Form.form_id).limit(MOST_FOUND)):
        yield _show_form(form, form.state.replace("_", " "))


def _find_grants(session: Session, text: str) -> Iterator[FoundSubject]:
    fits = Grant.grant_id.startswith(text, autoescape=True) | (Grant.partner_id == text)
    for grant in session.scalars(select(Grant).where(fits).order_by(Grant.recorded_at).limit(MOST_FOUND)):
        words = f"{grant.partner_id}, {grant.from_date} to {grant.to_date}, {', '.join(grant.categories)}"
        yield FoundSubject("grant", grant.grant_id, words)


def _find_decisions(session: Session, actor: str | None, day: date | None) -> Iterator[FoundSubject]:
    chosen = select(Decision, Form).join(Form, Form.form_id == Decision.form_id).order_by(Decision.at.desc())
    if actor is not None:
        chosen = chosen.where(Decision.actor.in_(_find_accounts(session, actor)))
    if day is not None:
        chosen = chosen.where(Decision.on_date == day)
    for decision, form in session.execute(chosen.limit(MOST_FOUND)):
        yield _show_form(form, f"{decision.action.replace('_', ' ')} by {decision.actor} on {decision.on_date}")


def _find_accounts(session: Session, text: str) -> list[str]:
    """The names under which somebody may have decided: the text itself, and accounts of that name or full name."""
    called = func.lower(Account.name) == text.lower()
    fits = called | Account.full_name.icontains(text, autoescape=True)
    return [text, *session.scalars(select(Account.name).where(fits))]


def _show_form(form: Form, said: str) -> FoundSubject:
    return FoundSubject(
        "form", form.form_id, f"{said}; {form.partner_id}, {form.file_name}, page {form.page_index + 1}"
    )


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError("a day is written YYYY-MM-DD") from None
