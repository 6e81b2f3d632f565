"""The last days in figures: what came, what was decided and by whom, how old the oldest is, which faults came from whom.

Counts alone, no student. What labels and the blind sample say of wrong grants comes from `risk_control` and `blind_results`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.pipeline.reading_pages import SET_ASIDE
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from review_queue import State
from store.tables import Case, Decision, Form, Partner, Submission

_SETTLED_BY_RULES = (State.GRANTED, State.RETURNED)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day: forms that came, forms that the rules settled, decisions of people, cases opened."""

    day: date
    arrived: int
    by_rules: int
    by_people: int
    opened: int


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How many forms of a partner went back for a reason."""

    partner_name: str
    reason: str
    forms: int


@dataclass(frozen=True, slots=True)
class Week:
    """The days, oldest first. `automation`: settled by rules of all that were ruled on; None where nothing was."""

    days: tuple[DayCount, ...]
    automation: float | None
    open_cases: int
    oldest_days: int | None
    faults: tuple[FaultCount, ...]


def count_week(program: Program, session: Session, days: int = 7) -> Week:
    """The last `days` days, today included."""
    today = program.read_clock().today
    first = today - timedelta(days=days - 1)
    came = session.execute(
        select(Submission.received_on, func.count())
        .join(Form, Form.submission_id == Submission.submission_id)
        .where(Submission.received_on >= first, Form.state != SET_ASIDE)
        .group_by(Submission.received_on)
    )
    arrived = Counter({day: count for day, count in came})
    decided = session.execute(
        select(Decision.on_date, Decision.actor, Decision.action, func.count())
        .where(Decision.on_date >= first)
        .group_by(Decision.on_date, Decision.actor, Decision.action)
    ).all()
    by_rules, by_people, opened = Counter[date](), Counter[date](), Counter[date]()
    for day, actor, action, count in decided:
        if actor != RULES_ACTOR:
            by_people[day] += count
        elif action in _SETTLED_BY_RULES:
            by_rules[day] += count
        elif action == State.IN_REVIEW:
            opened[day] += count
    ruled = by_rules.total() + opened.total()
    named = [first + timedelta(days=number) for number in range(days)]
    return Week(
        days=tuple(DayCount(day, arrived[day], by_rules[day], by_people[day], opened[day]) for day in named),
        automation=by_rules.total() / ruled if ruled else None,
        open_cases=session.scalar(select(func.count()).where(Case.state == "open")) or 0,
        oldest_days=_find_oldest(session, today),
        faults=_count_faults(session, first),
    )


def _find_oldest(session: Session, today: date) -> int | None:
    oldest = session.scalar(
        select(func.min(Submission.received_on))
        .join(Form, Form.submission_id == Submission.submission_id)
        .join(Case, Case.form_id == Form.form_id)
        .where(Case.state == "open")
    )
    return (today - oldest).days if oldest else None


def _count_faults(session: Session, first: date) -> tuple[FaultCount, ...]:
    returned = session.execute(
        select(Partner.name, Form.reasons)
        .join(Partner, Partner.partner_id == Form.partner_id)
        .where(Form.state == State.RETURNED, Form.decided_on >= first)
    )
    counts = Counter((name, code) for name, reasons in returned for code in reasons)
    return tuple(FaultCount(name, code, forms) for (name, code), forms in counts.most_common())
