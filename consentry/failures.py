"""Says on standard error what failed: which work, its id, the kind of error and where. Never an error's text, which may hold
names or dates.
"""

from __future__ import annotations

import sys
from pathlib import Path

import structlog

_LOG = structlog.wrap_logger(
    structlog.PrintLogger(sys.stderr),
    processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
)


def log_failure(work: str, work_id: str, error: BaseException) -> None:
    """One line of JSON about a failure."""
    _LOG.error("failed", work=work, id=work_id, error=type(error).__name__, where=find_place(error))


def find_place(error: BaseException) -> str:
    """File and line where an error arose."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "nowhere"
