"""Which reminder is due: of a step of a partner's year, or of a school's list that somebody has to stand by for the term.

Each is sent once an occasion, to whoever has to act, in a sentence without a student. What is active needs none; a step that
nobody asked for (an institutional service, accounts) is reminded of only where it was there before or somebody waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from access import AgreementKind, AgreementStatus
from access.agreement_standing import UNDER_WAY, Standing
from access.business_days import BusinessCalendar
from consentry.program_year.school_years import YearRules

_NOT_BEGUN = (None, AgreementStatus.NOT_RENEWED)


class Occasion(StrEnum):
    """Why a reminder is due."""

    TARGET_NEAR = "target-near"
    TARGET_PAST = "target-past"
    SENT_BACK = "sent-back"
    NOT_BEGUN = "not-begun"
    YEAR_BEGINS = "year-begins"
    YEAR_DUE = "year-due"
    TERM_BEGUN = "term-begun"
    TERM_NEAR = "term-near"
    TERM_PAST = "term-past"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is due today or was before; its words don't say of what."""

    occasion: Occasion
    words: str


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day of a school year, and the business days to count by."""

    rules: YearRules
    today: date
    calendar: BusinessCalendar

    def count_until(self, day: date) -> int:
        """Business days up to a day; negative past it."""
        return self.calendar.count(self.today, day)


def find_step_reminder(standing: Standing, agreement: Standing, waits: bool, on: YearDay) -> Reminder | None:
    """Of a step. `agreement`: where the partner's data sharing agreement of the year stands; `waits`: whether anybody's account
    waits for the step.
    """
    kind, left = standing.kind, standing.business_days_left
    if left is not None:
        return _remind_of_target(left, on.rules.file.reminders.before_target)
    if standing.status is AgreementStatus.RETURNED and standing.since is not None:
        is_old = -on.count_until(standing.since) >= on.rules.file.reminders.after_return
        return Reminder(Occasion.SENT_BACK, f"went back to you on {standing.since}") if is_old else None
    if kind is AgreementKind.DSA:
        return _remind_of_year(standing, on)
    return _remind_to_begin(standing, agreement, waits, on)


def find_term_reminder(holds_until: date | None, term: str, on: YearDay) -> Reminder:
    """Of a school's list that nobody of the school has confirmed for the term that runs."""
    if holds_until is None or holds_until < on.today:
        return Reminder(Occasion.TERM_PAST, f"the list is not confirmed for the {term}: nobody on it may be viewed")
    left = on.count_until(holds_until)
    occasion = Occasion.TERM_NEAR if left <= on.rules.file.reminders.before_term_ends else Occasion.TERM_BEGUN
    return Reminder(occasion, f"the list is to be confirmed for the {term} by {holds_until}")


def _remind_of_target(left: int, before: int) -> Reminder | None:
    if left < 0:
        return Reminder(Occasion.TARGET_PAST, f"{_count_days(-left)} past its target")
    if left <= before:
        return Reminder(Occasion.TARGET_NEAR, f"due in {_count_days(left)}" if left else "due today")
    return None


def _remind_of_year(standing: Standing, on: YearDay) -> Reminder | None:
    """The agreement before the year begins, if it was there the year before, and before forms and agreements are due."""
    year, before = on.rules.school_year, on.rules.file.reminders.before_due
    if standing.status is AgreementStatus.NOT_RENEWED and 0 <= on.count_until(year.begins) <= before:
        return Reminder(Occasion.YEAR_BEGINS, f"not renewed, and the school year begins on {year.begins}")
    if 0 <= on.count_until(year.due) <= before:
        return Reminder(Occasion.YEAR_DUE, f"the year's forms and agreements are due on {year.due}")
    return None


def _remind_to_begin(standing: Standing, agreement: Standing, waits: bool, on: YearDay) -> Reminder | None:
    """A step beside the agreement that was not begun, once the agreement has been under way for as long as the step takes."""
    kind = standing.kind
    is_asked = standing.status is AgreementStatus.NOT_RENEWED or kind is AgreementKind.TRAINING
    is_asked = is_asked or (kind is AgreementKind.NUA and waits)
    begun = agreement.submitted_on or agreement.since
    is_under_way = agreement.is_active or agreement.status in UNDER_WAY
    if standing.status not in _NOT_BEGUN or not is_asked or not is_under_way or begun is None:
        return None
    if -on.count_until(begun) < on.rules.file.targets.of_kind(kind):
        return None
    return Reminder(Occasion.NOT_BEGUN, f"not begun, and your data sharing agreement is since {begun}")


def _count_days(days: int) -> str:
    return f"{days} business day{'' if days == 1 else 's'}"
