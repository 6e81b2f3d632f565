"""Migrations go forward from every released schema, and what was written before them still verifies after them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, text

import store
from store import Installation
from store.canonical import write_canonical_json
from store.engine import open_engine
from store.merkle import TreeEdge
from store.migrating import migrate
from store.sealing import SealingKey
from store.shelf import make_shelf
from store.tables import ABSENT, TRACKED_TABLES, Table
from store.verification import verify_ledger
from store.verify_bundle import hash_leaf

LEAVES = 600


def migrate_to(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill_first_schema(engine: Engine) -> None:
    edge, at = TreeEdge(), datetime(2024, 9, 1, tzinfo=UTC)
    leaves = []
    for seq in range(LEAVES):
        stamped = {"at": (at + timedelta(seconds=seq)).isoformat(timespec="microseconds"), "today": "2024-09-01"}
        who = {"event": "home-made", "subject": "home", "actor": "program", "facts": {}, "rows": {}}
        body = write_canonical_json({"v": 1, "seq": seq, "today_was_set": False, **stamped, **who})
        leaf, before = hash_leaf(body), edge.root.hex()
        edge = edge.append(leaf)
        leaves.append({"seq": seq, "body": body, "h": leaf.hex(), "prev": before, "root": edge.root.hex()})
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES (:seq, :body, :h, :prev, :root)"), leaves)
        head = {"size": edge.size, "root": edge.root.hex(), "edge": write_canonical_json([r.hex() for r in edge.roots])}
        head["edge"] = str(head["edge"], "utf-8")
        connection.execute(text("INSERT INTO ledger_head VALUES (1, :size, :root, :edge, 7)"), head)


def test_ledger_of_the_first_schema_still_verifies(tmp_path: Path) -> None:
    installation = Installation._open(tmp_path, None, SealingKey(bytes(32)), make_shelf(tmp_path, None))
    migrate_to(installation.engine, "0001")
    fill_first_schema(installation.engine)
    migrate(installation.engine)
    with installation.reading() as session:
        verdict = verify_ledger(session, installation.documents)
    assert (verdict.size, verdict.breaks) == (LEAVES, ())
    installation.engine.dispose()


def test_migrations_make_the_tables_that_the_program_has(installation: Installation) -> None:
    with installation.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_column_added_to_a_tracked_table_says_what_rows_of_before_have(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'first.sqlite'}")
    migrate_to(engine, "0001")
    first = MetaData()
    first.reflect(engine)
    engine.dispose()
    silent = [
        f"{name}.{column.key}"
        for name, table in TRACKED_TABLES.items()
        if name in first.tables
        for column in table.__table__.columns
        if column.key not in first.tables[name].columns and ABSENT not in column.info
    ]
    assert silent == [], "give these columns info={ABSENT: ...}: else every row written before fails to verify"


def fill_referring_rows(engine: Engine) -> None:
    """A row in every table of the first schema that others refer to or that refers to one, whatever its columns hold."""
    known = MetaData()
    known.reflect(engine)
    values = {"INTEGER": 1, "BOOLEAN": False, "DATE": date(2024, 9, 1), "DATETIME": datetime(2024, 9, 1), "FLOAT": 0.0}  # noqa: DTZ001 - as stored
    with engine.begin() as connection:
        for table in known.sorted_tables:
            if not table.name.startswith(("ledger", "alembic")):
                row = {column.name: values.get(str(column.type).split("(")[0], "x") for column in table.columns}
                connection.execute(table.insert(), row)


def test_a_table_that_others_refer_to_is_changed_in_place(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    migrate_to(engine, "0001")
    fill_referring_rows(engine)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM form_templates")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
