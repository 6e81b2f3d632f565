"""The measures of a running installation, as Prometheus reads them: counts and ages alone, nothing of a child or a partner.

All are read from the store when asked for, so every process of every machine tells the same, and none is lost with a process.
The automation share is of forms that ended: granted or returned by the rules, against those that a person decided.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.disclosing.freezing import find_freeze
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from review_queue import State
from store import Event
from store.ledger import read_body
from store.tables import Case, Decision, Form, LedgerHead, LedgerLeaf, RefusedInput, Submission, WorkerSlot
from store.worker_slots import EXPIRY

_RATE_WINDOW = timedelta(minutes=5)
_MOST_LEAVES = 3000
_QUANTILES = (0.5, 0.9, 1.0)


class _Measures(Collector):
    """Asks the store at each scrape."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every measure as it stands now."""
        program, clock = self._program, self._program.read_clock()
        with program.installation.reading() as session:
            yield _label("forms", "Forms by state.", "state", _count_states(session))
            yield _label("queue_age_days", "Age of open cases in days.", "quantile", _age_cases(session, program))
            yield _tell("queue_open_cases", "Cases that wait for a person.", _count_open(session))
            yield _tell("automation_share", "Share of ended forms that no person decided.", _share_automatic(session))
            yield _tell("pages_per_second", "Pages read, over five minutes.", _rate_reading(session, clock.now))
            yield _label("failures", "Refused inputs and returned forms by code.", "reason", _count_reasons(session))
            waiting = select(func.count()).select_from(Submission).where(Submission.needs_settling)
            yield _tell("submissions_waiting", "Submissions to be settled.", session.scalar(waiting) or 0)
            alive = select(func.count()).select_from(WorkerSlot).where(WorkerSlot.seen_at >= clock.now - EXPIRY)
            yield _tell("workers_alive", "Workers with a sign of life.", session.scalar(alive) or 0)
            yield _tell("ledger_entries", "Entries of the ledger.", session.get_one(LedgerHead, 1).size)
            yield _tell("exports_frozen", "1 while nothing may leave.", int(find_freeze(session) is not None))


def write_measures(program: Program) -> bytes:
    """The measures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Measures(program))
    return generate_latest(registry)


def serve_measures(program: Program, port: int) -> threading.Thread:
    """Serves the measures, and nothing else, to this machine alone."""
    registry = CollectorRegistry()
    registry.register(_Measures(program))
    _, thread = start_http_server(port, "127.0.0.1", registry)
    return thread


def _tell(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"consentry_{name}", words, value=value)


def _label(name: str, words: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"consentry_{name}", words, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _count_states(session: Session) -> dict[str, float]:
    counted = session.execute(select(Form.state, func.count()).group_by(Form.state))
    return {str(state): float(count) for state, count in counted}


def _count_open(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(Case.state == "open")) or 0


def _age_cases(session: Session, program: Program) -> dict[str, float]:
    received = (
        select(Submission.received_on)
        .join(Form, Form.submission_id == Submission.submission_id)
        .join(Case, Case.form_id == Form.form_id)
        .where(Case.state == "open")
        .order_by(Submission.received_on.desc())
    )
    today = program.read_clock().today
    ages = [(today - day).days for day in session.scalars(received)]
    return {str(part): float(ages[round(part * (len(ages) - 1))]) for part in _QUANTILES} if ages else {}


def _share_automatic(session: Session) -> float:
    ended = (State.GRANTED, State.RETURNED, State.REJECTED)
    counted = session.execute(
        select(Form.decided_by.is_(None) | (Form.decided_by == RULES_ACTOR), func.count())
        .where(Form.state.in_(ended), Form.form_id.in_(select(Decision.form_id)))
        .group_by(Form.decided_by.is_(None) | (Form.decided_by == RULES_ACTOR))
    )
    counts = {bool(is_automatic): count for is_automatic, count in counted}
    total = sum(counts.values())
    return counts.get(True, 0) / total if total else 0.0


def _count_reasons(session: Session) -> dict[str, float]:
    counts = Counter[str]()
    for reason, count in session.execute(select(RefusedInput.reason, func.count()).group_by(RefusedInput.reason)):
        counts[str(reason)] += count
    for reasons, count in session.execute(
        select(Form.reasons, func.count()).where(Form.state != State.GRANTED).group_by(Form.reasons)
    ):
        for reason in reasons:
            counts[str(reason)] += count
    return {reason: float(count) for reason, count in counts.items()}


def _rate_reading(session: Session, now: datetime) -> float:
    """Pages read in a second; bounded, so a very quick installation is told as slower than it is."""
    begins, read = now - _RATE_WINDOW, 0
    for leaf in session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.seq.desc()).limit(_MOST_LEAVES)):
        body = read_body(leaf)
        if datetime.fromisoformat(body["at"]) < begins:
            break
        read += body["event"] == Event.FORM_READ
    return read / _RATE_WINDOW.total_seconds()
