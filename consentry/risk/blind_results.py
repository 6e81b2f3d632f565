"""What the blind sample measures: how often a field or a grant was wrong, with Clopper and Pearson's interval.

A disagreement counts as wrong until its case is decided, and stays wrong unless a person confirmed the granted child.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.pipeline.rulings import RULES_ACTOR
from consentry.pipeline.standing import find_standing
from consentry.program import Program
from consentry.risk.blind_comparison import KEYED_FIELDS
from consentry.risk.blind_sample import AGREES, DISAGREES, OPEN, UNREADABLE
from consentry.risk.risk_bounds import ErrorCount, Interval, find_interval
from store.risk_tables import BlindTask, Keying
from store.tables import Case, Decision

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """Wrong ones among those keyed; `rate` None where nothing was keyed; the interval at 95%."""

    wrong: int
    keyed: int
    rate: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class BlindResults:
    """The blind sample so far. `disagreements_open`: cases that wait; `disagreements_cleared`: the granted child was right."""

    tasks: int
    waiting: int
    illegible: int
    disagreements_open: int
    disagreements_cleared: int
    automatic_grants: MeasuredRate
    peoples_grants: MeasuredRate
    fields: dict[str, MeasuredRate]


def measure_blind_sample(program: Program) -> BlindResults:
    """All tasks of the home, measured."""
    with program.installation.reading() as session:
        tasks = session.scalars(select(BlindTask)).all()
        states = Counter(task.state for task in tasks)
        fates = {task.task_id: _find_fate(session, task) for task in tasks if task.state == DISAGREES}
        keyings = session.scalars(select(Keying).order_by(Keying.at)).all()
    last = {keying.task_id: keying for keying in keyings}
    told = [task for task in tasks if task.state in (AGREES, DISAGREES)]

    def measure(chosen: Iterable[BlindTask]) -> MeasuredRate:
        wrong = [fates.get(task.task_id, "cleared") != "cleared" for task in chosen]
        return _measure(sum(wrong), len(wrong))

    outcomes = {name: [keying.comparisons.get(name) for keying in last.values()] for name in KEYED_FIELDS}
    return BlindResults(
        tasks=len(tasks),
        waiting=states[OPEN],
        illegible=states[UNREADABLE],
        disagreements_open=sum(fate == "open" for fate in fates.values()),
        disagreements_cleared=sum(fate == "cleared" for fate in fates.values()),
        automatic_grants=measure(task for task in told if task.granted_by == RULES_ACTOR),
        peoples_grants=measure(task for task in told if task.granted_by != RULES_ACTOR),
        fields={
            name: _measure(found.count("differs"), found.count("differs") + found.count("agrees"))
            for name, found in outcomes.items()
        },
    )


def _find_fate(session: Session, task: BlindTask) -> str:
    case = session.get_one(Case, task.case_id)
    if case.state == "open":
        return "open"
    standing = find_standing(session.scalars(select(Decision).where(Decision.case_id == case.case_id)))
    confirmed = bool(standing) and standing[-1].action == "accept" and standing[-1].student_id == task.student_id
    return "cleared" if confirmed else "wrong"


def _measure(wrong: int, keyed: int) -> MeasuredRate:
    count = ErrorCount(wrong, keyed)
    return MeasuredRate(wrong, keyed, wrong / keyed if keyed else None, find_interval(count, CONFIDENCE))
