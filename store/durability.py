"""Whether what the database acknowledges is on the disk: read from the database itself, since a server may be set otherwise.

A home is only as durable as its server: PostgreSQL with `fsync` or `synchronous_commit` off acknowledges what is then lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, text

_FULL, _EXTRA = 2, 3
_WAITING = ("on", "local", "remote_write", "remote_apply")


@dataclass(frozen=True, slots=True)
class Durability:
    """The database, its settings that durability rests on, and whether they keep each acknowledged commit."""

    database: str
    settings: Mapping[str, str]
    holds: bool


def read_durability(engine: Engine) -> Durability:
    """What the database says of itself."""
    if engine.dialect.name == "sqlite":
        return _read_sqlite(engine)
    names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")
    with engine.connect() as connection:
        told = {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in names}
    holds = told["fsync"] == "on" and told["full_page_writes"] == "on" and told["synchronous_commit"] in _WAITING
    return Durability("PostgreSQL", told, holds)


def _read_sqlite(engine: Engine) -> Durability:
    with engine.connect() as connection:
        synchronous = int(connection.execute(text("PRAGMA synchronous")).scalar() or 0)
        journal = str(connection.execute(text("PRAGMA journal_mode")).scalar())
        version = str(connection.execute(text("SELECT sqlite_version()")).scalar())
    names = {0: "OFF", 1: "NORMAL", _FULL: "FULL", _EXTRA: "EXTRA"}
    told = {"version": version, "journal_mode": journal, "synchronous": names[synchronous]}
    return Durability("SQLite", told, synchronous >= _FULL)
