"""The log: lines of JSON on standard error, each an event with ids, codes, counts and seconds. The one place that writes it.

Never a name, a date of birth, a file's name, a field's text or an error's own text, which may hold any of them: what isn't an
id of ours, a code or a number can't be logged, since the functions here take nothing else. Failures are always told; steps
(`$CONSENTRY_LOG=steps`) tell what the program does, so that a log collector can count and time it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import structlog

_LOG = structlog.wrap_logger(
    structlog.PrintLogger(sys.stderr),
    processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
)


class LogDetail(StrEnum):
    """What is told."""

    FAILURES = "failures"
    STEPS = "steps"


class _Detail:
    told = LogDetail.FAILURES


def set_log_detail(detail: LogDetail) -> None:
    """How much this process tells from now on."""
    _Detail.told = detail


def log_failure(work: str, work_id: str, error: BaseException) -> None:
    """One line about a failure: which work, its id, the kind of error and where."""
    _LOG.error("failed", work=work, id=work_id, error=type(error).__name__, where=find_place(error))


def log_step(step: str, step_id: str, code: str = "", **counts: float) -> None:
    """One line about a step that was done: its id, a code of ours, and counts or seconds."""
    if _Detail.told is LogDetail.STEPS:
        _LOG.info(step, id=step_id, **({"code": code} if code else {}), **counts)


@contextmanager
def timing_step(step: str, step_id: str) -> Iterator[None]:
    """Tells how long the block took, if it came to its end."""
    start = time.monotonic()
    yield
    log_step(step, step_id, seconds=round(time.monotonic() - start, 3))


def find_place(error: BaseException) -> str:
    """File and line where an error arose."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "nowhere"
