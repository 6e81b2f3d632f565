"""Brings a database to the schema of this version, forward only, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

NEWEST = "head"


def migrate(engine: Engine, revision: str = NEWEST) -> None:
    """Applies the migrations that the database lacks, up to `revision`."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
