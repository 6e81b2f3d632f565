"""Proves the ledger whole: every leaf, the tree, every tracked row and every document against what was recorded.

Lists all breaks in order of the ledger, so that the first is the first bad entry. Takes nothing from the head row on
trust. An honest installation gives no break; what can't be seen without an outside head is said in `store.ledger`. Rows
that the ledger says are erased are counted, and are a break only where they are still there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from store.canonical import read_canonical_json
from store.documents import DocumentStore
from store.leaf_walk import Break, Observe, Walk, stream, stream_batches
from store.row_digests import RowReader, SealedRows, names_row
from store.tables import TRACKED_TABLES, LedgerLeaf
from store.tree_process import walk_on_two_cores

__all__ = ["Break", "Verdict", "verify_ledger"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. `roots` by size are kept for the sizes asked for; `erased`: rows of which the ledger says so."""

    size: int
    root: str
    breaks: tuple[Break, ...]
    roots: dict[int, str]
    warnings: tuple[Break, ...] = ()
    erased: int = 0


def verify_ledger(
    session: Session, documents: DocumentStore, sizes: Sequence[int] = (), observers: Sequence[Observe] = ()
) -> Verdict:
    """Walks the ledger and all that rests on it. `sizes`: tree sizes whose root is wanted, to compare with heads.

    `observers` are shown each readable leaf in order. The session SHALL be fresh: it is made to see one state throughout.
    """
    connection = _see_one_state(session)
    try:
        return _verify(session, connection, documents, sizes, observers)
    except OperationalError:
        if connection.dialect.name != "sqlite":
            raise
        # Most likely bytes in a text column that are no UTF-8: read on, more slowly.
        with _taking_any_bytes(connection):
            return _verify(session, connection, documents, sizes, observers)


def _verify(
    session: Session,
    connection: Connection,
    documents: DocumentStore,
    sizes: Sequence[int],
    observers: Sequence[Observe],
) -> Verdict:
    writers, tables = _DocumentWriters(), _Tables(session, connection)
    walk = walk_on_two_cores(session, connection, sizes, (*observers, writers.note), tables.hold_against)
    breaks = [*walk.breaks, *_check_head(connection, walk), *_check_nodes(connection, walk), *tables.breaks]
    breaks += _check_documents(connection, documents, writers.seqs)
    breaks.sort(key=lambda found: (found.seq is None, found.seq or 0))
    return Verdict(walk.size, walk.root, tuple(breaks), walk.roots, tuple(walk.warnings), tables.erased)


class _Tables:
    """The tracked tables beside what the ledger says that it wrote."""

    def __init__(self, session: Session, connection: Connection) -> None:
        self._session, self._connection = session, connection
        self.breaks: list[Break] = []
        self.erased = 0

    def hold_against(self, walk: Walk) -> None:
        written = walk.written.seal()
        self.erased = written.erased_count
        for name in _find_filled_tables(self._connection):
            self.breaks += _check_rows(self._connection, _open_reader(name), written)
        self.breaks += _find_missing_rows(self._session, written)


class _DocumentWriters:
    """Which entry brought each document."""

    def __init__(self) -> None:
        self.seqs: dict[str, int] = {}

    def note(self, body: dict[str, Any]) -> None:
        for sha256 in body["rows"].get("documents", ()):
            self.seqs[sha256] = body["seq"]


def _see_one_state(session: Session) -> Connection:
    if session.get_bind().dialect.name == "sqlite":
        connection = session.connection()
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # checked out: it is there
            connection.exec_driver_sql("BEGIN")
        return connection
    bind = session.get_bind()
    if session.in_transaction() or (isinstance(bind, Connection) and bind.in_transaction()):
        return session.connection()
    return session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def _taking_any_bytes(connection: Connection) -> Iterator[None]:
    raw: Any = connection.connection.dbapi_connection
    usual = raw.text_factory
    raw.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = usual


def _check_head(connection: Connection, walk: Walk) -> Iterator[Break]:
    heads = list(stream(connection, 'SELECT "only", size, root, edge FROM ledger_head'))
    edge = [node.hex() for node in walk.edge]
    try:
        is_true = [(only, size, root, read_canonical_json(text.encode())) for only, size, root, text in heads] == [
            (1, walk.size, walk.root, edge)
        ]
    except (ValueError, AttributeError):
        is_true = False
    if not is_true:
        yield Break(None, "ledger_head", "the head does not stand for the entries that are there")


def _check_nodes(connection: Connection, walk: Walk) -> Iterator[Break]:
    kept = {(level, number): node for level, number, node in stream(connection, "SELECT * FROM ledger_nodes")}
    if walk.is_lost:
        return
    for place in sorted(kept.keys() | walk.nodes.keys(), key=str):
        if kept.get(place) != walk.nodes.get(place):
            yield Break(None, f"ledger_nodes {place[0]}/{place[1]}", "the kept node is not the tree's")


def _find_filled_tables(connection: Connection) -> list[str]:
    """The tracked tables that hold a row at all, by one query: most of a home's are empty, and each costs a query to see so."""
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in TRACKED_TABLES)  # noqa: S608 - our names
    filled = {name for (name,) in stream(connection, " UNION ALL ".join(asked))}
    return [name for name in TRACKED_TABLES if name in filled]


@cache
def _open_reader(name: str) -> RowReader:
    return RowReader(TRACKED_TABLES[name])


def _check_rows(connection: Connection, reader: RowReader, written: SealedRows) -> Iterator[Break]:
    for rows in stream_batches(connection, reader.sql):
        for found in written.find_changed(reader.name, reader.identify(rows), reader.digest(rows)):
            if found.seq is None:
                words = "a row that no entry wrote"
            elif found.was_erased:
                words = "the row that this entry erased is there"
            else:
                words = "the row was changed after this entry wrote it"
            yield Break(found.seq, f"{reader.name} {found.key}", words)


def _find_missing_rows(session: Session, written: SealedRows) -> Iterator[Break]:
    missing = written.find_missing()
    for seq, wanted in sorted(missing.items()):
        body: Any = session.scalar(select(LedgerLeaf.body).where(LedgerLeaf.seq == seq))
        for table, digests in read_canonical_json(bytes(body))["rows"].items():
            for key in digests:
                if names_row(wanted, table, key):
                    yield Break(seq, f"{table} {key}", "the row that this entry wrote is gone")


def _check_documents(connection: Connection, documents: DocumentStore, writers: dict[str, int]) -> Iterator[Break]:
    for (sha256,) in stream(connection, "SELECT sha256 FROM documents"):
        if not documents.is_intact(str(sha256)):
            yield Break(writers.get(sha256), f"document {sha256}", "the file is gone or was changed")
