"""What waits on what: each partner's steps side by side, and the forms, list rows and people that each of them holds up.

The same words for the partner and for the staff. No student is named, only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import AgreementKind, AgreementStatus, has_lapsed_training
from access.agreement_standing import Standing, find_standing
from access.business_days import BusinessCalendar
from consentry.partners import find_partner
from consentry.pipeline.form_years import find_form_year, is_list_row
from consentry.program import Program
from consentry.program_year.agreement_reviews import find_missing_departments
from consentry.program_year.named_people import find_named
from consentry.program_year.school_years import YearRules, join_calendars
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


class Occasion(StrEnum):
    """Why a reminder is due; of each step it is sent once an occasion."""

    TARGET_NEAR = "target-near"
    TARGET_PAST = "target-past"
    YEAR_DUE = "year-due"


@dataclass(frozen=True, slots=True)
class StepWaits:
    """One step of a partner's year: where it stands, what waits on it, a sentence that says so, a reminder if one is due."""

    standing: Standing
    waiting: Waiting
    words: str
    reminder: str
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class PartnerWaits:
    """A partner's steps of one school year, side by side."""

    partner_id: str
    name: str
    school_year: str
    steps: tuple[StepWaits, ...]
    people: tuple[str, ...]
    trained: int


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
        rules = rulebook.find_year_rules(label)
        addresses = find_named(named, label, today)
        lapsed = has_lapsed_training(steps, label, today, rulebook.policy.training_must_be_recorded)
        counts = _count_waiting(of_year, len(addresses), lapsed)
        lines = []
        for kind in AgreementKind:
            standing = _stand(steps, verdicts, kind, rules, today, calendar)
            lines.append(_say_step(standing, counts[kind], rules, today, calendar))
        trained = len({person.full_name for person in people if person.school_year == label})
        found.append(PartnerWaits(mine, partner.name, label, tuple(lines), tuple(sorted(addresses)), trained))
    return found


def _find_year_of(today: date) -> str:
    first = today.year if today.month >= 5 else today.year - 1
    return f"{first}-{(first + 1) % 100:02}"


def _stand(
    steps: Sequence[Agreement],
    verdicts: Sequence[DepartmentVerdict],
    kind: AgreementKind,
    rules: YearRules,
    today: date,
    calendar: BusinessCalendar,
) -> Standing:
    label = rules.school_year.label
    missing = find_missing_departments(verdicts, rules.find_departments(kind), kind, label)
    return find_standing(steps, kind, label, today, rules.file.targets.of_kind(kind), calendar, missing)


def _count_waiting(held: Sequence[Form], people: int, training_lapsed: bool) -> dict[AgreementKind, Waiting]:
    for_agreement = Counter(is_list_row(form) for form in held if Reason.NO_ACTIVE_DSA in form.reasons)
    for_training = Counter(is_list_row(form) for form in held if Reason.TRAINING_LAPSED in form.reasons)
    return {
        AgreementKind.DSA: Waiting(for_agreement[False], for_agreement[True]),
        AgreementKind.NUA: Waiting(people=people),
        AgreementKind.IS: Waiting(list_rows=for_agreement[True]),
        AgreementKind.TRAINING: Waiting(for_training[False], for_training[True], people if training_lapsed else 0),
    }


def _say_step(
    standing: Standing, counts: Waiting, rules: YearRules, today: date, calendar: BusinessCalendar
) -> StepWaits:
    name = NAMES[standing.kind]
    if standing.is_active:
        since = standing.since.isoformat() if standing.since else ""
        nobody = standing.kind is AgreementKind.NUA and not counts.people
        added = " It names nobody yet, so nobody may log in." if nobody else ""
        return StepWaits(standing, Waiting(), f"Your {name} is active since {since}.{added}", "")
    verb = "waits" if counts.total == 1 else "wait"
    begin = f"{counts.say()} {verb} for your {name}" if counts.total else f"Your {name}: nothing waits for it"
    words = f"{begin}, {_say_standing(standing, today)}."
    occasion = _find_occasion(standing, rules, today, calendar)
    return StepWaits(standing, counts, words, _remind(standing, rules, occasion), occasion)


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


def _find_occasion(standing: Standing, rules: YearRules, today: date, calendar: BusinessCalendar) -> Occasion | None:
    left, reminders = standing.business_days_left, rules.file.reminders
    if left is not None:
        near = Occasion.TARGET_NEAR if left <= reminders.before_target else None
        return Occasion.TARGET_PAST if left < 0 else near
    until_due = calendar.count(today, rules.school_year.due)
    is_near = standing.kind is AgreementKind.DSA and 0 <= until_due <= reminders.before_due
    return Occasion.YEAR_DUE if is_near else None


def _remind(standing: Standing, rules: YearRules, occasion: Occasion | None) -> str:
    """The reminder that is due today or was before; "" for none."""
    left = standing.business_days_left or 0
    said = {
        Occasion.TARGET_PAST: f"{standing.kind}: {_count_days(-left)} past its target",
        Occasion.TARGET_NEAR: f"{standing.kind}: due {f'in {_count_days(left)}' if left else 'today'}",
        Occasion.YEAR_DUE: f"{standing.kind}: the year's forms and agreements are due on {rules.school_year.due}",
    }
    return said[occasion] if occasion else ""


def _count_days(days: int) -> str:
    return f"{days} business day{'' if days == 1 else 's'}"
