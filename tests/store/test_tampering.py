"""Every attack that the ledger promises to catch, each once; and every column of every table changed, a row at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Date, Integer, select, text
from sqlalchemy.orm import Session

from store import Clock, Entry, Event, Installation, describe_document, record
from store.canonical import write_canonical_json
from store.merkle import TreeEdge
from store.tables import (
    TRACKED_TABLES,
    Agreement,
    CanonicalJson,
    Case,
    Decision,
    Document,
    Form,
    Grant,
    Partner,
    Submission,
    Table,
    Tracked,
    UtcTime,
    Withdrawal,
)
from store.verification import Verdict, verify_ledger
from store.verify_bundle import hash_leaf

CLOCK = Clock(datetime(2024, 10, 1, 12, tzinfo=UTC), date(2024, 10, 1))
LEAVES = 300
DAY = date(2024, 10, 1)
NOT_OF_FAMILIES = {"worker_slots", "work_attempts", "case_claims", "web_sessions", "uploads"}
"""Tables about machines and moments, which no right rests on."""


def write(installation: Installation, event: Event, *rows: Tracked, clock: Clock = CLOCK) -> None:
    with installation.writing() as session:
        record(session, clock, Entry(event, rows[0].identify() if rows else "home", "lead", rows))


def verify(installation: Installation) -> Verdict:
    with installation.reading() as session:
        return verify_ledger(session, installation.documents)


def breaks(installation: Installation) -> list[tuple[int | None, str, str]]:
    return [(found.seq, found.subject, found.words) for found in verify(installation).breaks]


def fill(installation: Installation) -> None:
    """A partner, a form with its scan, a decision, a grant and its end; then leaves without rows."""
    content = b"a scan"
    digest = installation.documents.put(content)
    with installation.writing() as session:
        documents = describe_document(session, digest, "scan", len(content), CLOCK)
        record(session, CLOCK, Entry(Event.SUBMISSION_RECEIVED, "s", "p", documents))
    write(installation, Event.PARTNER_ADDED, Partner(partner_id="p", name="P", categories=["attendance"]))
    agreement = Agreement(partner_id="p", kind="dsa", school_year="2024-25", status="active", on_date=DAY)
    agreement.agreement_id, agreement.recorded_at = "a", CLOCK.now
    write(installation, Event.AGREEMENT_RECORDED, agreement)
    submission = Submission(partner_id="p", basis="CONSENT", received_on=DAY, created_at=CLOCK.now)
    submission.submission_id = "s"
    write(installation, Event.SUBMISSION_RECEIVED, submission)
    form = Form(submission_id="s", partner_id="p", position=0, document_sha256=digest, media_type="png", page_index=0)
    form.form_id, form.file_name, form.state, form.fields = "f", "a.png", "granted", {"x": {"confidence": 1e-07}}
    write(installation, Event.FORM_READ, form)
    write(installation, Event.FORM_RULED, Case(case_id="c", form_id="f", reasons=[], opened_on=DAY, state="open"))
    decision = Decision(form_id="f", actor="rules", action="granted", student_id="1000001", reason="", seen={})
    decision.decision_id, decision.policy_sha256, decision.on_date, decision.at = "d", "0" * 64, DAY, CLOCK.now
    write(installation, Event.FORM_RULED, decision)
    grant = Grant(partner_id="p", student_id="1000001", categories=["attendance"], from_date=DAY, to_date=DAY)
    grant.grant_id, grant.basis, grant.school_year, grant.form_id = "g", "CONSENT", "2024-25", "f"
    grant.decision_id, grant.recorded_at = "d", CLOCK.now
    write(installation, Event.ACCESS_GRANTED, grant)
    withdrawal = Withdrawal(grant_id="g", on_date=DAY, actor="ana", reason="asked", recorded_at=CLOCK.now)
    withdrawal.withdrawal_id, withdrawal.recorded_on = "w", DAY
    write(installation, Event.ACCESS_WITHDRAWN, withdrawal)
    fill_other_tables(installation)
    with installation.writing() as session:
        size = session.execute(text("SELECT size FROM ledger_head")).scalar_one()
        for _ in range(size, LEAVES):
            record(session, CLOCK, Entry(Event.TRACE_EXPORTED, "x", "program", []))


def fill_other_tables(installation: Installation) -> None:
    """A made-up row in each tracked table that has none, pointing at rows that are there."""
    for table in sorted(TRACKED_TABLES.values(), key=lambda each: Table.metadata.sorted_tables.index(each.__table__)):
        with installation.writing() as session:
            if session.scalars(select(table).limit(1)).first() is None:
                values = {c.key: invent(session, c) for c in table.__table__.columns if c.key != "salt"}
                record(session, CLOCK, Entry(Event.HOME_MADE, "x", "test", [table(**values)]))


def invent(session: Session, column: Any) -> Any:
    for reference in column.foreign_keys:
        return session.execute(select(reference.column).limit(1)).scalar_one()
    if column.nullable:
        return None
    if isinstance(column.type, CanonicalJson):
        return {"a": [1, "ü"]}
    if isinstance(column.type, UtcTime):
        return CLOCK.now
    if isinstance(column.type, Boolean | Integer):
        return column.type.python_type(1)
    return DAY if isinstance(column.type, Date) else "1000001"


@pytest.fixture
def filled(installation: Installation) -> Iterator[Installation]:
    fill(installation)
    assert breaks(installation) == []
    allow_ledger_changes(installation)
    yield installation


def allow_ledger_changes(installation: Installation) -> None:
    """What whoever owns the machine can do: take the triggers off."""
    with installation.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_never_updated"))
            connection.execute(text("DROP TRIGGER ledger_never_deleted"))
        else:
            connection.execute(text("DROP TRIGGER ledger_never_changed ON ledger"))


@dataclass(frozen=True)
class Cell:
    table: str
    column: Any


def list_cells() -> list[Cell]:
    return [Cell(name, column) for name, table in Table.metadata.tables.items() for column in table.columns]


def find_other_values(column: Any, value: Any) -> list[Any]:
    if isinstance(column.type, Boolean):
        return [not value]
    if isinstance(column.type, Integer):
        return [(value or 0) + 100_000]
    if isinstance(column.type, CanonicalJson):
        return ["[]" if value != "[]" else "{}", f" {value}", f'{value or "null"},"a":1']
    if isinstance(column.type, UtcTime) or "DATE" in str(column.type):
        return ["2023-01-01"] if "DATE" in str(column.type) else ["2023-01-01T00:00:00.000000+00:00"]
    if isinstance(value, bytes | memoryview):
        return [bytes([bytes(value)[0] ^ 1]) + bytes(value)[1:]]
    changed = "x" if not value else ("y" if str(value).startswith("x") else "x") + str(value)[1:]
    return [changed, *([None] if column.nullable else [])]


def test_every_column_of_every_table_changed_is_found(filled: Installation) -> None:
    """Each value of the first row of each table that has one, changed and put back: found every time."""
    tried, unseen = set(), []
    with filled.engine.connect() as connection:
        lift_references(connection)
        for cell in list_cells():
            if cell.table in NOT_OF_FAMILIES:
                continue
            key = [column.name for column in Table.metadata.tables[cell.table].primary_key]
            row = connection.execute(text(f"SELECT * FROM {cell.table} LIMIT 1")).mappings().first()  # noqa: S608
            if row is None:
                continue
            where = " AND ".join(f'"{name}" = :k_{name}' for name in key)
            keys = {f"k_{name}": row[name] for name in key}
            for value in find_other_values(cell.column, row[cell.column.name]):
                if value == row[cell.column.name]:
                    continue
                change = text(f'UPDATE {cell.table} SET "{cell.column.name}" = :v WHERE {where}')  # noqa: S608
                with filled.engine.connect() as writer, writer.begin() as undone:
                    lift_references(writer)
                    writer.execute(change, {"v": value, **keys})
                    if not find_breaks_in(writer, filled):
                        unseen.append(f"{cell.table}.{cell.column.name} = {value!r}")
                    undone.rollback()
                tried.add(cell.table)
    assert unseen == []
    assert tried == set(TRACKED_TABLES) | {"ledger", "ledger_head", "ledger_nodes"}
    assert breaks(filled) == []


def find_breaks_in(connection: Connection, installation: Installation) -> list[str]:
    """The breaks as seen from inside a transaction that is never committed."""
    with installation.sessions(bind=connection) as session:
        return [found.words for found in verify_ledger(session, installation.documents).breaks]


def lift_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    else:
        connection.exec_driver_sql("SET session_replication_role = replica")


def test_every_table_is_tracked_or_is_said_not_to_be() -> None:
    """A new table is a subclass of Tracked, or it is about machines and moments and stands in NOT_OF_FAMILIES."""
    ledger = {"ledger", "ledger_head", "ledger_nodes"}
    rest = set(Table.metadata.tables) - set(TRACKED_TABLES) - ledger
    kinds = {table.class_.__tablename__: table.class_.__doc__ or "" for table in Table.registry.mappers}
    assert [name for name in sorted(rest - NOT_OF_FAMILIES) if "racked" not in kinds[name]] == []


def test_every_row_removed_or_inserted_is_named(filled: Installation) -> None:
    for name, table in TRACKED_TABLES.items():
        with filled.engine.connect() as writer, writer.begin() as undone:
            lift_references(writer)
            columns = [column.name for column in table.__table__.columns]
            taken = ", ".join(write_copied(column) for column in table.__table__.columns)
            listed = ", ".join(f'"{column}"' for column in columns)
            copied = f"INSERT INTO {name} ({listed}) SELECT {taken} FROM {name} LIMIT 1"  # noqa: S608
            writer.execute(text(copied))
            assert "a row that no entry wrote" in find_breaks_in(writer, filled), name
            undone.rollback()
        with filled.engine.connect() as writer, writer.begin() as undone:
            lift_references(writer)
            writer.execute(text(f"DELETE FROM {name}"))  # noqa: S608
            assert "the row that this entry wrote is gone" in find_breaks_in(writer, filled), name
            undone.rollback()


def write_copied(column: Any) -> str:
    if not column.primary_key and not column.unique:
        return f'"{column.name}"'
    return "77" if isinstance(column.type, Integer) else "'other'"


def change(installation: Installation, *statements: str, **values: Any) -> None:
    with installation.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def test_a_flipped_bit_is_one_break_that_names_its_entry(filled: Installation) -> None:
    with filled.engine.connect() as connection:
        body = bytes(connection.execute(text("SELECT body FROM ledger WHERE seq = 5")).scalar_one())
    change(filled, "UPDATE ledger SET body = :b WHERE seq = 5", b=body.replace(b"lead", b"leae"))
    assert breaks(filled)[0] == (5, "ledger", "the entry's bytes are not those that were hashed")
    assert len(breaks(filled)) == 1


def test_a_deleted_leaf_is_named(filled: Installation) -> None:
    change(filled, "DELETE FROM ledger WHERE seq = 40")
    found = breaks(filled)
    assert found[0] == (40, "ledger", "entry 40 is missing or out of place")


def test_leaves_swapped_are_named(filled: Installation) -> None:
    aside, back = "UPDATE ledger SET seq = -1 WHERE seq = 20", "UPDATE ledger SET seq = 21 WHERE seq = -1"
    change(filled, aside, "UPDATE ledger SET seq = 20 WHERE seq = 21", back)
    assert breaks(filled)[0][0] == 20


def test_an_inserted_leaf_is_named(filled: Installation) -> None:
    shift = ("UPDATE ledger SET seq = -seq - 1 WHERE seq >= 30", "UPDATE ledger SET seq = -seq WHERE seq < 0")
    copied = "INSERT INTO ledger SELECT 30, body, leaf_hash, 'x', root FROM ledger WHERE seq = 29"
    change(filled, *shift, copied)
    assert breaks(filled)[0][0] == 30


def rewrite(installation: Installation, change_body: Callable[[int, bytes], bytes]) -> None:
    """What the owner of machine and key can do: all leaves anew, with a tree that fits."""
    with installation.engine.begin() as connection:
        bodies = [bytes(body) for body in connection.scalars(text("SELECT body FROM ledger ORDER BY seq"))]
        connection.execute(text("DELETE FROM ledger"))
        connection.execute(text("DELETE FROM ledger_nodes"))
        edge, nodes = TreeEdge(), []
        for seq, before in enumerate(bodies):
            body, prev = change_body(seq, before), edge.root.hex()
            edge = edge.append(hash_leaf(body), nodes)
            values = {"s": seq, "b": body, "h": hash_leaf(body).hex(), "p": prev, "r": edge.root.hex()}
            connection.execute(text("INSERT INTO ledger VALUES (:s, :b, :h, :p, :r)"), values)
        for node in nodes:
            values = {"l": node.level, "n": node.number, "h": node.node_hash.hex()}
            connection.execute(text("INSERT INTO ledger_nodes VALUES (:l, :n, :h)"), values)
        edges = json.dumps([root.hex() for root in edge.roots], separators=(",", ":"))
        head = {"s": edge.size, "r": edge.root.hex(), "e": edges}
        connection.execute(text("UPDATE ledger_head SET size = :s, root = :r, edge = :e"), head)


READ_TWO_WAYS = {
    "key twice": lambda body: body.replace(b'{"actor":', b'{"actor":"x","actor":', 1),
    "not a number": lambda body: body.replace(b'"facts":{}', b'"facts":{"a":NaN}'),
    "lone surrogate": lambda body: body.replace(b'"facts":{}', b'"facts":{"a":"\\ud800"}'),
    "trailing bytes": lambda body: body + b" ",
    "another escape": lambda body: body.replace(b'"facts"', b'"f\\u0061cts"'),
    "no UTF-8": lambda body: body.replace(b'"facts":{}', b'"facts":{"a":"\xff"}'),
    "deep": lambda body: body.replace(b'"facts":{}', b'"facts":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
}


@pytest.mark.parametrize("way", READ_TWO_WAYS)
def test_a_leaf_that_reads_two_ways_is_refused(filled: Installation, way: str) -> None:
    rewrite(filled, lambda seq, body: READ_TWO_WAYS[way](body) if seq == 50 else body)
    assert breaks(filled) == [(50, "ledger", "the entry cannot be read in one way only")]


def test_a_leaf_of_an_unknown_version_or_shape_is_refused(filled: Installation) -> None:
    def spoil(seq: int, body: bytes) -> bytes:
        if seq == 50:
            return body.replace(b'"v":1', b'"v":2')
        return write_canonical_json({"v": 1, "seq": 51}) if seq == 51 else body

    rewrite(filled, spoil)
    assert [found[:1] + found[2:] for found in breaks(filled)] == [
        (50, "the entry is of an unknown version"),
        (51, "the entry is not of the shape of its version"),
    ]


def test_time_that_goes_back_is_a_warning_and_no_break(filled: Installation) -> None:
    write(filled, Event.TRACE_EXPORTED, clock=Clock(CLOCK.now - timedelta(hours=2), DAY))
    verdict = verify(filled)
    assert verdict.breaks == ()
    last = verdict.warnings[-1]
    assert (last.seq, last.words) == (LEAVES, "the clock went back before this entry")


def test_a_form_file_replaced_is_named_with_its_entry(filled: Installation) -> None:
    with filled.reading() as session:
        digest = session.query(Document).one().sha256
    place: Path = filled.home / "documents" / digest[:2] / digest[2:]
    place.chmod(0o600)
    place.write_bytes(b"another scan")
    assert breaks(filled) == [(1, f"document {digest}", "the file is gone or was changed")]


def test_text_that_is_no_text_is_found(filled: Installation) -> None:
    if filled.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps no such text")
    change(filled, "UPDATE grants SET school_year = CAST(x'ff61' AS TEXT)")
    assert [found[1] for found in breaks(filled)] == ["grants g"]


def test_two_processes_find_what_one_finds(filled: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long ledger is hashed in a second process; a short one here, by lowering what counts as long."""
    change(filled, "UPDATE ledger SET leaf_hash = 'x' WHERE seq = 7", "DELETE FROM ledger WHERE seq = 200")
    alone = verify(filled)
    monkeypatch.setattr("store.tree_process.LONG", 1)
    assert verify(filled) == alone
    assert [found.seq for found in alone.breaks][:2] == [7, 200]
