"""What waits on what: each partner's steps side by side, and the forms, list rows and people that each of them holds up.

The same words for the partner and for the staff. No student is named, only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, has_lapsed_training
from access.agreement_standing import Standing, find_standing
from consentry.accounts import list_open_accounts
from consentry.partners import find_partner
from consentry.pipeline.form_years import find_form_year, is_list_row
from consentry.program import Program
from consentry.program_year.agreement_reviews import find_missing_departments
from consentry.program_year.list_terms import TermWait, find_term_waits
from consentry.program_year.named_people import find_named
from consentry.program_year.reminders import Reminder, YearDay, find_step_reminder
from consentry.program_year.school_years import join_calendars
from consentry.risk.policy import Rulebook
from review_queue import Reason, State
from store import JsonValue
from store.tables import Agreement, Form, Partner, PersonStep
from store.year_tables import DepartmentVerdict, NamedPerson

NAMES = {
    AgreementKind.DSA: "data sharing agreement",
    AgreementKind.NUA: "network use agreement",
    AgreementKind.IS: "institutional service designation",
    AgreementKind.TRAINING: "data stewardship training",
}
_SAID = {
    None: "which was not submitted yet",
    AgreementStatus.NOT_RENEWED: "which is not renewed yet",
    AgreementStatus.ENDED: "which has ended",
    AgreementStatus.RETURNED: "which went back to you for changes",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits on one agreement."""

    forms: int = 0
    list_rows: int = 0
    people: int = 0

    def say(self) -> str:
        """The counts in words; "" where nothing waits."""
        parts = [
            f"{count} {one if count == 1 else many}"
            for count, one, many in (
                (self.forms, "form", "forms"),
                (self.list_rows, "row of a list", "rows of lists"),
                (self.people, "person's account", "people's accounts"),
            )
            if count
        ]
        return " and ".join(parts)

    @property
    def total(self) -> int:
        """All that waits."""
        return self.forms + self.list_rows + self.people


@dataclass(frozen=True, slots=True)
class StepWaits:
    """One step of a partner's year: where it stands, what waits on it, a sentence that says so, a reminder if one is due."""

    standing: Standing
    waiting: Waiting
    words: str
    due: Reminder | None = None

    @property
    def reminder(self) -> str:
        """The reminder with the step that it is of; "" for none."""
        return f"{self.standing.kind}: {self.due.words}" if self.due else ""


@dataclass(frozen=True, slots=True)
class PartnerWaits:
    """A partner's steps of one school year, side by side, and the schools' lists that wait to be confirmed for the term."""

    partner_id: str
    name: str
    school_year: str
    steps: tuple[StepWaits, ...]
    people: tuple[str, ...]
    trained: int
    lists: tuple[TermWait, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What waits on what, in sentences."""
        return (*(step.words for step in self.steps), *(each.words for each in self.lists))

    @property
    def reminders(self) -> tuple[str, ...]:
        """The words of all reminders that are due."""
        of_lists = (f"is, {each.school}: {each.reminder.words}" for each in self.lists)
        return (*(step.reminder for step in self.steps if step.due), *of_lists)


def find_waits(program: Program, partner_id: str | None = None) -> list[PartnerWaits]:
    """What waits on what, of one partner or of all, for every school year that they have begun and that hasn't ended.
    `CommandError` for an unknown partner.
    """
    today, rulebook = program.read_clock().today, program.rulebook
    with program.installation.reading() as session:
        every = select(Partner).order_by(Partner.partner_id)
        partners = session.scalars(every).all() if partner_id is None else [find_partner(session, partner_id)]
        return [found for partner in partners for found in _find_of_partner(session, rulebook, partner, today)]


def show_waits(waits: PartnerWaits) -> dict[str, JsonValue]:
    """The waits of a partner as JSON."""
    steps: list[JsonValue] = []
    for step in waits.steps:
        standing = step.standing
        steps.append(
            {
                "kind": standing.kind,
                "status": standing.status.value if standing.status else "not_begun",
                "since": standing.since.isoformat() if standing.since else None,
                "submitted_on": standing.submitted_on.isoformat() if standing.submitted_on else None,
                "due_on": standing.due_on.isoformat() if standing.due_on else None,
                "business_days_left": standing.business_days_left,
                "late": standing.is_late,
                "missing_departments": list(standing.missing_departments),
                "waiting": {
                    "forms": step.waiting.forms,
                    "list_rows": step.waiting.list_rows,
                    "people": step.waiting.people,
                },
                "words": step.words,
                "reminder": step.reminder,
            }
        )
    return {
        "partner_id": waits.partner_id,
        "partner": waits.name,
        "school_year": waits.school_year,
        "steps": steps,
        "lists": [
            {"school": each.school, "term": each.term, "words": each.words, "reminder": each.reminder.words}
            for each in waits.lists
        ],
        "people_named": len(waits.people),
        "people_trained": waits.trained,
    }


def _find_of_partner(session: Session, rulebook: Rulebook, partner: Partner, today: date) -> list[PartnerWaits]:
    mine = partner.partner_id
    steps = session.scalars(select(Agreement).where(Agreement.partner_id == mine)).all()
    verdicts = session.scalars(select(DepartmentVerdict).where(DepartmentVerdict.partner_id == mine)).all()
    trained_there = (NamedPerson.partner_id == mine, NamedPerson.kind == AgreementKind.TRAINING)
    people = session.scalars(select(NamedPerson).where(*trained_there)).all()
    named = session.scalars(select(PersonStep).where(PersonStep.partner_id == mine)).all()
    accounts = list_open_accounts(session, mine)
    held = session.scalars(select(Form).where(Form.partner_id == mine, Form.state == State.HELD)).all()
    years = [find_form_year(session, form) for form in held]
    labels = {step.school_year for step in steps} | {year for year in years if year}
    open_years = sorted(label for label in labels if rulebook.find_school_year(label).ends >= today)
    if not open_years:
        open_years = [_find_year_of(today)]
    calendar = join_calendars(rulebook.find_year_rules(label) for label in open_years)
    found = []
    for label in open_years:
        of_year = [
            form
            for form, year in zip(held, years, strict=True)
            if year == label or (not year and label == open_years[0])
        ]
        on = YearDay(rulebook.find_year_rules(label), today, calendar)
        standings = {kind: _stand(steps, verdicts, kind, on) for kind in AgreementKind}
        addresses = find_named(named, label, today)
        waiting = len(addresses) if standings[AgreementKind.NUA].is_active else len(addresses or accounts)
        lapsed = has_lapsed_training(steps, label, today, rulebook.policy.training_must_be_recorded)
        counts = _count_waiting(of_year, waiting, lapsed)
        lines = tuple(_say_step(standings[kind], standings[AgreementKind.DSA], counts[kind], on) for kind in standings)
        trained = len({person.full_name for person in people if person.school_year == label})
        lists = tuple(find_term_waits(session, mine, on))
        found.append(PartnerWaits(mine, partner.name, label, lines, tuple(sorted(addresses)), trained, lists))
    return found


def _find_year_of(today: date) -> str:
    first = today.year if today.month >= 5 else today.year - 1
    return f"{first}-{(first + 1) % 100:02}"


def _stand(
    steps: Sequence[Agreement], verdicts: Sequence[DepartmentVerdict], kind: AgreementKind, on: YearDay
) -> Standing:
    label, target = on.rules.school_year.label, on.rules.file.targets.of_kind(kind)
    missing = find_missing_departments(verdicts, on.rules.find_departments(kind), kind, label)
    return find_standing(steps, kind, label, on.today, target, on.calendar, missing)


def _count_waiting(held: Sequence[Form], people: int, training_lapsed: bool) -> dict[AgreementKind, Waiting]:
    for_agreement = Counter(is_list_row(form) for form in held if Reason.NO_ACTIVE_DSA in form.reasons)
    for_training = Counter(is_list_row(form) for form in held if Reason.TRAINING_LAPSED in form.reasons)
    return {
        AgreementKind.DSA: Waiting(for_agreement[False], for_agreement[True]),
        AgreementKind.NUA: Waiting(people=people),
        AgreementKind.IS: Waiting(list_rows=for_agreement[True]),
        AgreementKind.TRAINING: Waiting(for_training[False], for_training[True], people if training_lapsed else 0),
    }


def _say_step(standing: Standing, agreement: Standing, counts: Waiting, on: YearDay) -> StepWaits:
    name = NAMES[standing.kind]
    if standing.is_active:
        since = standing.since.isoformat() if standing.since else ""
        nobody = standing.kind is AgreementKind.NUA and not counts.people
        added = " It names nobody yet, so nobody may log in." if nobody else ""
        return StepWaits(standing, Waiting(), f"Your {name} is active since {since}.{added}")
    verb = "waits" if counts.total == 1 else "wait"
    begin = f"{counts.say()} {verb} for your {name}" if counts.total else f"Your {name}: nothing waits for it"
    words = f"{begin}, {_say_standing(standing, on.today)}."
    return StepWaits(standing, counts, words, find_step_reminder(standing, agreement, counts.people > 0, on))


def _say_standing(standing: Standing, today: date) -> str:
    if standing.submitted_on is None or standing.due_on is None:
        return _SAID.get(standing.status, "which is not active")
    days = (today - standing.submitted_on).days
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    said = f"submitted {ago}"
    if standing.status is AgreementStatus.IN_REVIEW:
        said += f", in review by {', '.join(standing.missing_departments)}" if standing.missing_departments else ""
        said += "" if standing.missing_departments else ", approved by all and to be signed"
    elif standing.status is AgreementStatus.SIGNED:
        said += ", signed and not yet in force"
    due = standing.due_on.isoformat()
    return f"{said}; it was due on {due}" if standing.is_late else f"{said}; due on {due}"
