"""The script of a simulated year: which partner signs what when, which families sign which forms, which schools send lists.

Drawn from a seed before anything is played. It is also the truth that the played year is held against: it knows on which days
an agreement, a training, a list or a student's enrollment holds, and never asks the program.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from access.business_days import BusinessCalendar
from fixtures.district import Student

LABEL, NEXT_LABEL = "2024-25", "2025-26"
PUBLISHED, DUE, ENDS = date(2024, 5, 1), date(2025, 6, 1), date(2025, 8, 31)
FIRST_DAY, LAST_DAY = PUBLISHED, date(2025, 9, 30)
SNAPSHOTS = (date(2024, 7, 1), date(2024, 11, 4), date(2025, 2, 3), date(2025, 4, 7))
SECOND_TERM, CONFIRM_BY, SUMMER_CONFIRM_BY = date(2025, 2, 1), date(2025, 2, 20), date(2025, 7, 5)
_MOST_FORMS = 40


class Fault(StrEnum):
    """What is wrong with a form; NONE for one that has to be granted."""

    NONE = "none"
    UNSIGNED = "unsigned"
    UNDATED = "undated"
    DECLINED = "declined"
    NO_ROW = "no row"
    OTHER_CHILD_IN_ROW = "row says otherwise"
    STRANGER = "not enrolled"
    OLD_BLANK = "last year's blank"
    UNSURE_SIGNATURE = "hardly signed"
    LATE = "after the due day"


_SHARES = {
    Fault.UNSIGNED: 0.03, Fault.UNDATED: 0.02, Fault.DECLINED: 0.02, Fault.NO_ROW: 0.02, Fault.OTHER_CHILD_IN_ROW: 0.015,
    Fault.STRANGER: 0.01, Fault.OLD_BLANK: 0.01, Fault.UNSURE_SIGNATURE: 0.01,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormScript:
    """A form: whose it is in truth, what is wrong with it, the day it was signed, the day the family takes it back."""

    student: Student
    fault: Fault
    signed_on: date
    revoked_on: date | None


@dataclass(frozen=True, slots=True)
class SubmissionScript:
    """Forms that a partner sends on a day."""

    partner_id: str
    on: date
    forms: tuple[FormScript, ...]


@dataclass(frozen=True, slots=True)
class ListScript:
    """A school's list: its own students, and rows that nobody may be granted. `confirmed_on`: in the second term, if at all."""

    partner_id: str
    on: date
    school: str
    submitted_by: str
    own: tuple[Student, ...]
    of_others: tuple[Student, ...]
    confirmed_on: date | None

    def stands_on(self, day: date, since: date) -> bool:
        """Whether the list holds on a day, taken as settled `since`."""
        spans = [
            (since, ENDS if since >= date(2025, 6, 20) else SUMMER_CONFIRM_BY if since >= SECOND_TERM else CONFIRM_BY)
        ]
        if self.confirmed_on:
            spans.append((self.confirmed_on, SUMMER_CONFIRM_BY))
        return any(first <= day <= last for first, last in spans)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which something holds; `last` is the first day on which it doesn't."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.first <= day < self.last


@dataclass(frozen=True, slots=True)
class PartnerScript:
    """A partner's agreements. `training` is empty where it was never recorded; `training_begun` the day it was noted.

    `network`: when its network use agreement is active; `named`: while that names the partner's one person.
    """

    partner_id: str
    name: str
    submitted_on: date
    agreement: tuple[Span, ...]
    training_begun: date | None
    training: tuple[Span, ...]
    designation: Span | None
    designation_submitted: date | None
    network: Span
    named: Span
    renews: bool

    def has_agreement(self, day: date) -> bool:
        """Whether the data sharing agreement is active."""
        return any(span.covers(day) for span in self.agreement)

    def is_trained(self, day: date) -> bool:
        """Whether nothing says that training has lapsed."""
        if self.training_begun is None or day < self.training_begun:
            return True
        return any(span.covers(day) for span in self.training)

    def may_log_in(self, day: date) -> bool:
        """Whether the partner's person may see students one at a time."""
        return day <= ENDS and self.network.covers(day) and self.named.covers(day) and self.is_trained(day)

    def is_designated(self, day: date) -> bool:
        """Whether the institutional service designation is active."""
        return self.designation is not None and self.designation.covers(day)


@dataclass(frozen=True, slots=True)
class YearScript:
    """The whole year. `left_on`, `moved`: students who leave the district, or change to another school, with a snapshot."""

    students: tuple[Student, ...]
    strangers: tuple[Student, ...]
    partners: tuple[PartnerScript, ...]
    submissions: tuple[SubmissionScript, ...]
    lists: tuple[ListScript, ...]
    left_on: dict[str, date] = field(default_factory=dict)
    moved: dict[str, tuple[date, str]] = field(default_factory=dict)

    def find_school(self, student: Student, day: date) -> str | None:
        """A student's school on a day; None once they have left."""
        left = self.left_on.get(student.student_id)
        if left is not None and left <= day:
            return None
        moved = self.moved.get(student.student_id)
        return moved[1] if moved is not None and moved[0] <= day else student.school


def write_script(
    students: Sequence[Student], partners: int, forms: int, lists: int, calendar: BusinessCalendar, seed: int
) -> YearScript:
    """Draws a year. Of `students` the last hundredth are strangers: they are never enrolled."""
    rng = random.Random(seed)  # noqa: S311 - a rehearsal, no secret
    enrolled, strangers = tuple(students[: -len(students) // 100]), tuple(students[-len(students) // 100 :])
    serving = max(1, round(0.3 * partners)) if lists else 0
    scripts = tuple(_draw_partner(number, number < serving, calendar, rng) for number in range(partners))
    sent = list(_draw_submissions(scripts, enrolled, strangers, forms, calendar, rng))
    drawn = tuple(_draw_list(scripts[number % serving], enrolled, calendar, rng) for number in range(lists))
    schools = sorted({student.school for student in enrolled})
    left = {student.student_id: rng.choice(SNAPSHOTS[1:]) for student in enrolled if rng.random() < 0.02}
    moved = {
        student.student_id: (
            rng.choice(SNAPSHOTS[1:]),
            rng.choice([name for name in schools if name != student.school]),
        )
        for student in enrolled
        if student.student_id not in left and rng.random() < 0.02
    }
    return YearScript(enrolled, strangers, scripts, tuple(sorted(sent, key=lambda each: each.on)), drawn, left, moved)


def _draw_day(first: date, last: date, calendar: BusinessCalendar, rng: random.Random) -> date:
    return calendar.add(first + timedelta(days=rng.randrange((last - first).days + 1)), 0)


def _draw_partner(number: int, serves: bool, calendar: BusinessCalendar, rng: random.Random) -> PartnerScript:
    submitted = _draw_day(date(2024, 7, 15), date(2024, 10, 15), calendar, rng)
    active = calendar.add(submitted, rng.randint(10, 18) if rng.random() < 0.9 else rng.randint(20, 30))
    agreement: tuple[Span, ...] = (Span(active, LAST_DAY),)
    if number % 4 == 1:
        ended = _draw_day(date(2025, 1, 8), date(2025, 3, 20), calendar, rng)
        agreement = (Span(active, ended), Span(calendar.add(ended, 10), LAST_DAY))
    begun, training = None, tuple[Span, ...]()
    kind = rng.random()
    if kind < 0.9:
        begun = _draw_day(date(2024, 8, 1), date(2024, 9, 20), calendar, rng)
        done = begun if kind < 0.7 else calendar.add(begun, rng.randint(10, 60))
        training = (Span(done, LAST_DAY),)
        if number % 4 == 3:  # it lapses in spring and is done again
            training = (Span(done, date(2025, 4, 2)), Span(date(2025, 4, 9), LAST_DAY))
    offered = _draw_day(date(2024, 8, 1), date(2024, 10, 1), calendar, rng) if serves else None
    designation = Span(calendar.add(offered, rng.randint(14, 24)), LAST_DAY) if offered else None
    return PartnerScript(
        partner_id=f"p{number:03}",
        name=f"Partner {number:03} {rng.choice(('Youth', 'Tutoring', 'Mentoring', 'Arts', 'Sports'))}",
        submitted_on=submitted,
        agreement=agreement,
        training_begun=begun,
        training=training,
        designation=designation,
        designation_submitted=offered,
        network=Span(calendar.add(submitted, 5 + number % 3), LAST_DAY if number % 5 != 2 else date(2025, 3, 3)),
        named=Span(submitted, LAST_DAY if number % 3 else date(2025, 2, 10)),
        renews=rng.random() < 0.5,
    )


def _draw_submissions(
    partners: Sequence[PartnerScript],
    enrolled: Sequence[Student],
    strangers: Sequence[Student],
    forms: int,
    calendar: BusinessCalendar,
    rng: random.Random,
) -> list[SubmissionScript]:
    minors = [student for student in enrolled if student.birth_date > "2006-12-01"]
    share = [forms // len(partners) + (number < forms % len(partners)) for number in range(len(partners))]
    found = []
    for partner, count in zip(partners, share, strict=True):
        children = rng.sample(minors, count)
        while children:
            now, children = children[:_MOST_FORMS], children[_MOST_FORMS:]
            early = rng.random() < 0.7
            window = (date(2024, 8, 20), date(2024, 11, 15)) if early else (date(2024, 11, 18), date(2025, 5, 23))
            day = _draw_day(*window, calendar, rng) if rng.random() > 0.03 else date(2025, 6, 4)
            drawn = tuple(_draw_form(student, day, strangers, rng) for student in now)
            found.append(SubmissionScript(partner.partner_id, day, drawn))
    return found


def _draw_form(student: Student, day: date, strangers: Sequence[Student], rng: random.Random) -> FormScript:
    draw, fault = rng.random(), Fault.LATE if day > DUE else Fault.NONE
    for candidate, share in _SHARES.items() if fault is Fault.NONE else ():
        if 0 <= draw < share:
            fault = candidate
            break
        draw -= share
    signed = max(PUBLISHED, min(day, DUE) - timedelta(days=rng.randint(1, 40)))
    later = min(day + timedelta(days=rng.randint(60, 150)), ENDS)
    revoked = later if fault is Fault.NONE and rng.random() < 0.02 else None
    return FormScript(rng.choice(strangers) if fault is Fault.STRANGER else student, fault, signed, revoked)


def _draw_list(
    partner: PartnerScript, enrolled: Sequence[Student], calendar: BusinessCalendar, rng: random.Random
) -> ListScript:
    school = rng.choice(enrolled).school
    own = [student for student in enrolled if student.school == school and not student.protected]
    others = [student for student in enrolled if student.school != school and not student.protected]
    day = _draw_day(date(2024, 9, 5), date(2024, 12, 10), calendar, rng)
    confirmed = _draw_day(date(2025, 2, 3), date(2025, 3, 14), calendar, rng) if rng.random() < 0.7 else None
    return ListScript(
        partner_id=partner.partner_id,
        on=day,
        school=school,
        submitted_by=f"Principal of {school}",
        own=tuple(rng.sample(own, min(20, len(own)))),
        of_others=tuple(rng.sample(others, 2)),
        confirmed_on=confirmed,
    )
