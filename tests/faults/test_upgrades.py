"""P20: a home of each schema that there was goes on, brought forward by one process though many open it; it still verifies."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import store
from store import Clock, Entry, Event, Installation, record
from store.engine import open_engine
from store.tables import Partner
from store.verification import verify_ledger
from tests.store.test_migrations import fill_first_schema, migrate_to

OPENERS = 4
CLOCK = Clock.read("2024-10-01")


def list_revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    return sorted(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def open_and_write(home: Path, name: str) -> None:
    installation = Installation.open(home, None)
    with installation.writing() as session:
        row = Partner(partner_id=name, name=name, categories=[])
        record(session, CLOCK, Entry(Event.PARTNER_ADDED, name, "test", [row]))


@pytest.mark.parametrize("revision", list_revisions())
def test_a_home_of_each_schema_goes_on_though_many_open_it_at_once(revision: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    Installation.create(home, None, CLOCK).engine.dispose()
    for file in home.glob("consentry.sqlite*"):
        file.unlink()
    engine = open_engine(f"sqlite:///{home / 'consentry.sqlite'}")
    migrate_to(engine, "0001")
    fill_first_schema(engine)
    migrate_to(engine, revision)
    engine.dispose()
    context = multiprocessing.get_context("fork")
    openers = [context.Process(target=open_and_write, args=(home, f"p{number}")) for number in range(OPENERS)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0] * OPENERS
    opened = Installation.open(home, None)
    with opened.reading() as session:
        verdict = verify_ledger(session, opened.documents)
    assert (verdict.size, verdict.breaks) == (600 + OPENERS, ())
    opened.engine.dispose()
