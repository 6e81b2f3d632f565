"""Opening the database: SQLite in the home, or PostgreSQL; and the sessions that write only through the ledger's door."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from store.errors import OutsideTheDoorError
from store.tables import LedgerHead, LedgerLeaf, LedgerNode, Tracked

DOOR_KEY = "rows written through the ledger's door"


def open_engine(url: str) -> Engine:
    """An engine on `url`. SQLite: WAL, synchronous FULL, foreign keys on, writers queue up to 30 s.

    There is a connection for each of the web server's 40 threads, and for SQLite two: a page that waits for a scan to be drawn
    holds one, and others are not to wait for it. Parameters are hidden from errors: they hold personal data.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, max_overflow=35, hide_parameters=True)
    threads = {"check_same_thread": False}
    engine = create_engine(url, connect_args=threads, pool_size=20, max_overflow=80, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


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
