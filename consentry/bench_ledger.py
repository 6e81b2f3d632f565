"""The bench of the ledger: durable appends a second, and how long it takes to verify what was appended."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from store import Clock, Entry, Event, Installation, record
from store.tables import Partner
from store.verification import verify_ledger


def run(appends: int) -> dict[str, Any]:
    """Appends entries of one row each, a transaction an entry, in a new SQLite home; then verifies them all."""
    clock = Clock.read(None)
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        installation = Installation.create(Path(place) / "home", None, clock)
        seconds = [_append(installation, clock, number) for number in range(appends)]
        started = time.perf_counter()
        with installation.reading() as session:
            verdict = verify_ledger(session, installation.documents)
        verified = time.perf_counter() - started
        installation.engine.dispose()
    return {
        "appends": appends,
        "durable_appends_a_second": round(appends / sum(seconds)),
        "append_milliseconds_p50": round(1000 * float(np.percentile(seconds, 50)), 2),
        "append_milliseconds_p99": round(1000 * float(np.percentile(seconds, 99)), 2),
        "verify_seconds": round(verified, 2),
        "leaves_verified_a_second": round(verdict.size / verified),
        "whole": not verdict.breaks,
    }


def _append(installation: Installation, clock: Clock, number: int) -> float:
    started = time.perf_counter()
    with installation.writing() as session:
        row = Partner(partner_id=f"p{number}", name="a partner", purpose="", categories=[])
        record(session, clock, Entry(Event.PARTNER_ADDED, row.partner_id, "bench", [row]))
    return time.perf_counter() - started
