"""Asks a connection to PostgreSQL whether it still stands, where it lay unused for a while, before it is used again.

Asking each time, as SQLAlchemy's own `pool_pre_ping` does, was a fifth of all that a worker says to the server. Accepted limit:
a connection that breaks sooner after its last use fails its user once, as one that breaks in use does; its pool is then
emptied.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from sqlalchemy.exc import DisconnectionError

RESTED_SECONDS = 5.0
_SINCE = "rests since"


def _note_rest(_connection: Any, record: Any) -> None:
    record.info[_SINCE] = time.monotonic()


def _ask_the_rested(connection: Any, record: Any, _proxy: Any) -> None:
    now = time.monotonic()
    if now - record.info.get(_SINCE, now) < RESTED_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error:
        raise DisconnectionError from None


ASKING_THE_RESTED = ((_note_rest, "checkin"), (_ask_the_rested, "checkout"))
"""What a pool does when a connection comes back and before it is used: `create_engine(..., pool_events=...)`."""
