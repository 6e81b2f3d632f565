"""A database that acknowledges what a power cut takes is told apart from one that keeps it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, event

from store import Installation
from store.durability import read_durability


def test_the_database_says_whether_it_waits_for_the_disk(installation: Installation) -> None:
    told = read_durability(installation.engine)
    if told.database == "SQLite":
        assert told.holds and (told.settings["journal_mode"], told.settings["synchronous"]) == ("wal", "FULL")
    else:
        assert not told.holds and told.settings["fsync"] == "off", "the tests' server doesn't wait: it has to say so"


def test_sqlite_that_waits_at_checkpoints_alone_loses(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'loose.sqlite'}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    assert not read_durability(engine).holds
    engine.dispose()
