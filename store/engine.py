"""Opening the database: SQLite in the home, or PostgreSQL; and the sessions that write only through the ledger's door."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from store.errors import OutsideTheDoorError
from store.tables import LedgerHead, LedgerLeaf, LedgerNode, Tracked

_CUT_OFF = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15000",
}
"""How soon either end of a connection to PostgreSQL gives up the other where the network or its machine is gone: some 15 s. By
the systems' own defaults a host that vanished in the middle of a write would keep the ledger's lock for two hours.
"""

DOOR_KEY = "rows written through the ledger's door"


def open_engine(url: str) -> Engine:
    """An engine on `url`. SQLite: WAL, synchronous FULL, foreign keys on, writers queue up to 30 s.

    There is a connection for each of the web server's 40 threads, and for SQLite two: a page that waits for a scan to be drawn
    holds one, and others are not to wait for it. Parameters are hidden from errors: they hold personal data.
    """
    if not url.startswith("sqlite"):
        from store.rested_connections import ASKING_THE_RESTED

        return create_engine(
            watch_connections(url), max_overflow=35, hide_parameters=True, pool_events=ASKING_THE_RESTED
        )
    threads = {"check_same_thread": False}
    engine = create_engine(url, connect_args=threads, pool_size=20, max_overflow=80, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def watch_connections(url: str) -> str:
    """The address of a PostgreSQL database, with connections to it that notice when the other end is gone."""
    parsed = make_url(url)
    return parsed.set(query={**_CUT_OFF, **parsed.query}).render_as_string(hide_password=False)


def make_sessions(engine: Engine | Connection) -> sessionmaker[Session]:
    """Sessions that refuse a tracked row which no ledger entry names."""
    sessions = sessionmaker(bind=engine, expire_on_commit=False, autoflush=False)
    event.listen(sessions, "before_flush", _refuse_outside_the_door)
    return sessions


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _refuse_outside_the_door(session: Session, _context: Any, _instances: Any) -> None:
    written = session.info.get(DOOR_KEY, ())
    for row in (*session.new, *session.dirty, *session.deleted):
        if (
            isinstance(row, Tracked | LedgerLeaf | LedgerHead | LedgerNode)
            and row not in written
            and session.is_modified(row)
        ):
            raise OutsideTheDoorError(f"a row of {type(row).__name__} was written without a ledger entry")
