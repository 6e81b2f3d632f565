"""Erasing rows whose time is over: the rows and their salts go, their entries stay and verify, and an entry says so.

Without row and salt nothing can be learnt from a digest. Which rows may go is not decided here. What rests on an erased row
goes with it, by the tables' own references; a document goes when no row that stays names it. Files are removed after the
commit: a power cut in between leaves a file that no row names, and `sweep_documents` removes those the next time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Session

from store.canonical import write_canonical_json
from store.documents import DocumentStore
from store.engine import DOOR_KEY
from store.ids import Sha256
from store.ledger import Clock, Entry, Event, record
from store.tables import NAMES_DOCUMENTS, TRACKED_TABLES, Document, Table, Tracked

_DIGEST = re.compile(rb'"([0-9a-f]{64})"')


def collect_dependents(session: Session, rows: Iterable[Tracked]) -> list[Tracked]:
    """These rows and all tracked rows that refer to them, directly or through others."""
    found: dict[tuple[str, str], Tracked] = {}
    waiting = list(rows)
    while waiting:
        row = waiting.pop()
        place = (row.__tablename__, row.identify())
        if place not in found:
            found[place] = row
            waiting += _find_referring(session, row)
    return list(found.values())


def erase_rows(session: Session, clock: Clock, subject: str, actor: str, rows: Sequence[Tracked]) -> list[Sha256]:
    """Erases rows, which SHALL be closed under reference (`collect_dependents`), and the rows of documents that nothing else
    names; returns those documents, to be given to `DocumentStore.remove` after the commit.
    """
    documents = _find_orphans(session, rows)
    gone: list[Tracked] = [*rows, *documents]
    session.info.setdefault(DOOR_KEY, set()).update(gone)
    order = {table.name: place for place, table in enumerate(Tracked.metadata.sorted_tables)}
    for row in gone:
        _erase_untracked(session, row)
    for row in sorted(gone, key=lambda each: -order[each.__tablename__]):
        session.delete(row)
        session.flush()
    facts = {"rows": len(rows), "documents": len(documents)}
    record(session, clock, Entry(Event.RECORDS_ERASED, subject, actor, [], dict(facts), erased=gone))
    return [Sha256(document.sha256) for document in documents]


def sweep_documents(session: Session, documents: DocumentStore, digests: Iterable[Sha256]) -> None:
    """Removes the files of documents that have no row by now."""
    for digest in digests:
        if session.get(Document, digest) is None:
            documents.remove(digest)


def _find_referring(session: Session, row: Tracked) -> Iterator[Tracked]:
    for table in TRACKED_TABLES.values():
        for column in table.__table__.columns:
            for reference in column.foreign_keys:
                if reference.column.table is row.__table__:
                    value = getattr(row, reference.column.key)
                    yield from session.scalars(select(table).where(column == value))


def _erase_untracked(session: Session, row: Tracked) -> None:
    for table in Table.metadata.sorted_tables:
        if table.name in TRACKED_TABLES:
            continue
        for column in table.columns:
            if any(reference.column.table is row.__table__ for reference in column.foreign_keys):
                session.execute(delete(table).where(column == inspect_row(row).identity[0]))  # type: ignore[index]


def _find_orphans(session: Session, rows: Sequence[Tracked]) -> list[Document]:
    """Documents that the rows name, in a column or within a value, and that no other row refers to."""
    named = {match.decode() for row in rows for match in _DIGEST.findall(write_canonical_json(row.describe()))}
    going = {(row.__tablename__, row.identify()) for row in rows}
    found = []
    for digest in sorted(named - _find_named_within(session, named, going)):
        document = session.get(Document, digest)
        if document is not None and all(
            (row.__tablename__, row.identify()) in going for row in _find_referring(session, document)
        ):
            found.append(document)
    return found


def _find_named_within(session: Session, digests: set[str], going: set[tuple[str, str]]) -> set[str]:
    """Those of the digests that rows which stay name within a value: no reference of the tables says so."""
    found = set[str]()
    for table in TRACKED_TABLES.values() if digests else ():
        columns = [column for column in table.__table__.columns if NAMES_DOCUMENTS in column.info]
        if columns:
            for row in session.scalars(select(table)):
                if (table.__tablename__, row.identify()) not in going:
                    values = [getattr(row, column.key) for column in columns]
                    found |= digests & {match.decode() for match in _DIGEST.findall(write_canonical_json(values))}
    return found
