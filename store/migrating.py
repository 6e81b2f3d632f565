"""Brings a database to the schema of this version, forward only, in one transaction, by one process at a time.

Several processes may open a home of before at the same moment: the first one migrates, the others wait and find it done.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

NEWEST = "head"
_LOCK_NUMBER = 0x636F6E73656E7472
"""Of PostgreSQL's advisory lock: any number that nobody else takes."""


def migrate(engine: Engine, revision: str = NEWEST) -> None:
    """Applies the migrations that the database lacks, up to `revision`."""
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == find_newest_revision():
            return
        config = _configure()
        config.attributes["connection"] = connection
        _wait_for_others(connection)
        command.upgrade(config, revision)


@cache
def find_newest_revision() -> str | None:
    """The schema of this version. Read once a process: it takes reading every migration."""
    return ScriptDirectory.from_config(_configure()).get_current_head()


def _configure() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
