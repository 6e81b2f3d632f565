"""The right-to-view lists of a partner that nobody of the school has confirmed for the term that runs: what each waits for.

Tells schools and days, never a student or how many. Who confirms is decided in `list_schools`, what holds in `list_rights`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.program_year.reminders import Reminder, YearDay, find_term_reminder
from store.tables import Grant
from store.year_tables import ListRight, TermConfirmation


@dataclass(frozen=True, slots=True)
class TermWait:
    """A school's list that waits to be confirmed for a term: a sentence, and the reminder that is due."""

    school: str
    term: str
    words: str
    reminder: Reminder


def find_term_waits(session: Session, partner_id: str, on: YearDay) -> list[TermWait]:
    """The lists that give this partner rights of the year, by school, which nobody has confirmed for the term that runs."""
    label = on.rules.school_year.label
    schools = session.scalars(
        select(ListRight.school)
        .join(Grant, Grant.grant_id == ListRight.grant_id)
        .where(Grant.partner_id == partner_id, Grant.school_year == label, Grant.revoked_on.is_(None))
        .distinct()
        .order_by(ListRight.school)
    ).all()
    if not schools:
        return []
    given = session.scalars(
        select(TermConfirmation)
        .where(TermConfirmation.partner_id == partner_id, TermConfirmation.school_year == label)
        .order_by(TermConfirmation.on_date, TermConfirmation.recorded_at)
    ).all()
    last = {each.school: each for each in given if each.on_date <= on.today}
    term, _ = on.rules.find_term(on.today)
    waiting = []
    for school in schools:
        newest = last.get(school)
        if newest is None or newest.term != term.name:
            reminder = find_term_reminder(newest.holds_until if newest else None, term.name, on)
            words = f"The list of {school} waits to be confirmed by the school for the {term.name}."
            waiting.append(TermWait(school, term.name, words, reminder))
    return waiting
