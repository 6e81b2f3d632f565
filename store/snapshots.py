"""One state of the database as files, taken while others write: for a backup; and a database made of such files again.

SQLite: its online copy, in one read transaction, which keeps no writer waiting. PostgreSQL: a COPY of each table within one
REPEATABLE READ transaction. The workflow engine's own tables stay behind: what it had begun is begun anew, and rests on ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select, text

from store.engine import make_sessions, open_engine
from store.errors import StoreError
from store.installation import Installation
from store.migrating import migrate
from store.tables import LedgerHead, Table

SQLITE_FILE = "consentry.sqlite"
_COPY_SUFFIX = ".copy"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of the database: its files, its schema, and the installation as it was then, for reading alone."""

    files: tuple[Path, ...]
    revision: str
    installation: Installation


@contextmanager
def take_snapshot(installation: Installation, folder: Path) -> Iterator[Snapshot]:
    """The state of now, in files in `folder`; its installation can be read until the block ends."""
    if installation.engine.dialect.name == "sqlite":
        yield from _take_of_sqlite(installation, folder)
    else:
        yield from _take_of_postgresql(installation, folder)


def _take_of_sqlite(installation: Installation, folder: Path) -> Iterator[Snapshot]:
    file = folder / SQLITE_FILE
    raw: Any = installation.engine.raw_connection()
    with closing(raw), closing(sqlite3.connect(file)) as target:
        raw.dbapi_connection.backup(target)
    engine = open_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            revision = _read_revision(connection)
        yield Snapshot((file,), revision, replace(installation, engine=engine, sessions=make_sessions(engine)))
    finally:
        engine.dispose()


def _take_of_postgresql(installation: Installation, folder: Path) -> Iterator[Snapshot]:
    engine = installation.engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, connection.begin():
        revision = _read_revision(connection)
        files = [_copy_out(connection, name, folder) for name in _list_tables(connection)]
        yield Snapshot(tuple(files), revision, replace(installation, sessions=make_sessions(connection)))


def _read_revision(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _list_tables(connection: Connection) -> list[str]:
    there = set(connection.dialect.get_table_names(connection))
    return [table.name for table in Table.metadata.sorted_tables if table.name in there]


def _copy_out(connection: Connection, name: str, folder: Path) -> Path:
    file = folder / f"{name}{_COPY_SUFFIX}"
    cursor: Any = connection.connection.cursor()
    with file.open("wb") as stream, cursor.copy(f"COPY {name} TO STDOUT") as copy:
        for block in copy:
            stream.write(block)
    return file


def fill_database(engine: Engine, revision: str, files: dict[str, Path]) -> None:
    """Makes an empty PostgreSQL database what the files of a snapshot were. `StoreError` if it isn't empty."""
    migrate(engine, revision)
    with engine.begin() as connection:
        if connection.execute(select(LedgerHead.only)).first() is not None:
            raise StoreError("the database holds an installation already: restore into an empty one")
        for name in _list_tables(connection):
            if file := files.get(f"{name}{_COPY_SUFFIX}"):
                _copy_in(connection, name, file)


def _copy_in(connection: Connection, name: str, file: Path) -> None:
    cursor: Any = connection.connection.cursor()
    with file.open("rb") as stream, cursor.copy(f"COPY {name} FROM STDIN") as copy:
        while block := stream.read(1 << 20):
            copy.write(block)
