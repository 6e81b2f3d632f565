"""The verifier is sound: one byte changed anywhere is found, and an honest ledger never gives an alarm.

A short run here; `make soak` does 100,000 edits and 1,000 ledgers.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from store import Clock, Entry, Event, Installation, record
from store.erasure import collect_dependents, erase_rows
from store.tables import Agreement, Partner
from store.verification import verify_ledger

START = datetime(2024, 9, 1, tzinfo=UTC)
COLUMNS = {
    "ledger": ("seq", ("body", "leaf_hash", "prev_root", "root")),
    "partners": ("partner_id", ("name", "purpose", "categories", "salt")),
    "agreements": ("agreement_id", ("kind", "school_year", "status", "on_date", "recorded_at", "salt")),
}


def make_honest(installation: Installation, rng: random.Random) -> None:
    """Partners and agreements in any order, rows written again, several entries in a transaction, rows erased."""
    now, known = START, list[str]()
    for _ in range(rng.randrange(3, 14)):
        now += timedelta(seconds=rng.randrange(100_000))
        clock = Clock(now, now.date(), rng.random() < 0.2)
        with installation.writing() as session:
            for _ in range(rng.randrange(1, 4)):
                choice = rng.random()
                if choice < 0.5 or not known:
                    known.append(f"p{rng.randrange(10**9)}")
                    named = rng.choice(["Ärzte ☃", 'quo"te', "line\nbreak", "a\\b", "\x7f", "x" * 300])
                    row = Partner(partner_id=known[-1], name=named, categories=["attendance"] * rng.randrange(3))
                    record(
                        session, clock, Entry(Event.PARTNER_ADDED, known[-1], "lead", [row], {"n": rng.randrange(9)})
                    )
                elif choice < 0.7:
                    partner = session.get_one(Partner, rng.choice(known))
                    partner.purpose = f"purpose {rng.random()}"
                    record(session, clock, Entry(Event.PARTNER_ADDED, partner.partner_id, "lead", [partner]))
                elif choice < 0.9:
                    record(session, clock, Entry(Event.AGREEMENT_RECORDED, "a", "lead", [make_step(rng, known, clock)]))
                else:
                    gone = session.get_one(Partner, known.pop(rng.randrange(len(known))))
                    erase_rows(session, clock, gone.partner_id, "lead", collect_dependents(session, [gone]))


def make_step(rng: random.Random, known: list[str], clock: Clock) -> Agreement:
    step = Agreement(partner_id=rng.choice(known), kind="dsa", school_year="2024-25", status="active")
    step.agreement_id, step.on_date, step.recorded_at = f"a{rng.randrange(10**9)}", clock.today, clock.now
    step.recorded_on = clock.today if rng.random() < 0.5 else None
    return step


@contextmanager
def open_new(folder: Path) -> Iterator[Installation]:
    installation = Installation.create(folder, None, Clock(START, START.date()))
    yield installation
    installation.engine.dispose()


def count_alarms(folder: Path, ledgers: int) -> int:
    alarms = 0
    with open_new(folder / "empty"):
        pass
    for number in range(ledgers):
        home = folder / f"home-{number}"
        shutil.copytree(folder / "empty", home)
        installation = Installation.open(home, None)
        make_honest(installation, random.Random(number))
        with installation.reading() as session:
            verdict = verify_ledger(session, installation.documents)
        alarms += bool(verdict.breaks)
        installation.engine.dispose()
        shutil.rmtree(home)
    return alarms


def count_unseen(installation: Installation, edits: int) -> int:
    """One byte of one value of one row changed, in a transaction that is taken back each time."""
    rng, unseen = random.Random(1), 0
    with installation.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        with connection.begin():
            for trigger in ("ledger_never_updated", "ledger_never_deleted"):
                connection.execute(text(f"DROP TRIGGER {trigger}"))
        for _ in range(edits):
            with connection.begin() as undone:
                edit_one_byte(connection, rng)
                with installation.sessions(bind=connection) as session:
                    unseen += not verify_ledger(session, installation.documents).breaks
                undone.rollback()
    return unseen


def edit_one_byte(connection: Connection, rng: random.Random) -> None:
    table = rng.choice(list(COLUMNS))
    key, columns = COLUMNS[table]
    column = rng.choice(columns)
    rows = connection.execute(text(f"SELECT {key}, {column} FROM {table}")).all()  # noqa: S608
    place, value = rng.choice(rows)
    if not value:
        changed: str | bytes = "x"
    else:
        content = bytearray(value if isinstance(value, bytes) else value.encode())
        at = rng.randrange(len(content))
        content[at] ^= 1 << rng.randrange(8)
        changed = bytes(content) if isinstance(value, bytes) else content.decode("utf-8", "replace")
        if changed == value:
            changed = "x"
    statement = text(f"UPDATE {table} SET {column} = :v WHERE {key} = :k")  # noqa: S608
    connection.execute(statement, {"v": changed, "k": place})


@pytest.fixture
def honest(tmp_path: Path) -> Iterator[Installation]:
    with open_new(tmp_path / "edited") as installation:
        rng = random.Random(5)
        while True:
            make_honest(installation, rng)
            with installation.reading() as session:
                if session.query(Agreement).count() > 2:
                    break
        yield installation


def test_one_byte_changed_is_found(honest: Installation) -> None:
    assert count_unseen(honest, 400) == 0


def test_honest_ledgers_give_no_alarm(tmp_path: Path) -> None:
    assert count_alarms(tmp_path, 8) == 0


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_hundred_thousand_bytes_changed_are_found(honest: Installation, note_figure: Callable[[str], None]) -> None:
    assert count_unseen(honest, 100_000) == 0
    note_figure("P7: 100000 edits of one byte, each alone: 100000 found")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_thousand_honest_ledgers_give_no_alarm(tmp_path: Path, note_figure: Callable[[str], None]) -> None:
    assert count_alarms(tmp_path, 1000) == 0
    note_figure("P7: 1000 honest ledgers: 0 false alarms")
