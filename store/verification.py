"""Proves the ledger whole: every leaf, the tree, every tracked row and every document against what was recorded.

Lists all breaks in order of the ledger, so that the first is the first bad entry. Takes nothing from the head row on
trust. An honest installation gives no break; what can't be seen without an outside head is said in `store.ledger`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.documents import DocumentStore
from store.ledger import read_body
from store.merkle import EMPTY_ROOT, TreeEdge
from store.tables import TRACKED_TABLES, Document, LedgerHead, LedgerLeaf
from store.verify_bundle import LEAF_VERSION, hash_leaf


@dataclass(frozen=True, slots=True)
class Break:
    """What isn't as recorded: the entry's number (None where no entry stands for it), which record, and how."""

    seq: int | None
    subject: str
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. `roots` by size are kept for the sizes asked for."""

    size: int
    root: str
    breaks: tuple[Break, ...]
    roots: dict[int, str]


@dataclass(slots=True)
class _LastWrite:
    seq: int
    digest: str


def verify_ledger(session: Session, documents: DocumentStore, sizes: tuple[int, ...] = ()) -> Verdict:
    """Walks the ledger and all that rests on it. `sizes`: tree sizes whose root is wanted, to compare with a head."""
    breaks: list[Break] = []
    writes: dict[tuple[str, str], _LastWrite] = {}
    edge, last_at, roots = TreeEdge(), "", {0: EMPTY_ROOT.hex()} if 0 in sizes else {}
    for leaf in session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.seq)).yield_per(2000):
        found = list(_check_leaf(leaf, edge))
        breaks += found
        edge = edge.append(hash_leaf(leaf.body))
        if edge.size in sizes:
            roots[edge.size] = edge.root.hex()
        if leaf.root != edge.root.hex():
            breaks.append(Break(leaf.seq, "ledger", "the root recorded with this entry is not the tree's"))
        if not found:
            last_at = _fold_leaf(leaf, writes, last_at)
    breaks += _check_head(session, edge)
    breaks += _check_rows(session, writes)
    breaks += _check_documents(session, documents, writes)
    breaks.sort(key=lambda found: (found.seq is None, found.seq or 0))
    return Verdict(edge.size, edge.root.hex(), tuple(breaks), roots)


def _check_leaf(leaf: LedgerLeaf, edge: TreeEdge) -> Iterator[Break]:
    if leaf.seq != edge.size:
        yield Break(leaf.seq, "ledger", f"entry {edge.size} is missing or out of its place")
    if hash_leaf(leaf.body).hex() != leaf.leaf_hash:
        yield Break(leaf.seq, "ledger", "the entry's bytes are not those that were hashed")
    if leaf.prev_root != edge.root.hex():
        yield Break(leaf.seq, "ledger", "the entry does not continue the one before")
    try:
        body = read_body(leaf)
    except ValueError:
        yield Break(leaf.seq, "ledger", "the entry cannot be read in one way only")
        return
    if body.get("v") != LEAF_VERSION or body.get("seq") != leaf.seq:
        yield Break(leaf.seq, "ledger", "the entry is of an unknown version or names another number")


def _fold_leaf(leaf: LedgerLeaf, writes: dict[tuple[str, str], _LastWrite], last_at: str) -> str:
    body = read_body(leaf)
    rows = body["rows"]
    assert isinstance(rows, dict)  # noqa: S101 - narrows the type
    for table, digests in rows.items():
        assert isinstance(digests, dict)  # noqa: S101 - narrows the type
        for key, digest in digests.items():
            writes[table, key] = _LastWrite(leaf.seq, str(digest))
    return max(last_at, str(body["at"]))


def _check_head(session: Session, edge: TreeEdge) -> Iterator[Break]:
    head = session.get(LedgerHead, 1)
    if head is None or head.size != edge.size or head.root != edge.root.hex():
        yield Break(None, "ledger_head", "the head does not stand for the entries that are there")


def _check_rows(session: Session, writes: dict[tuple[str, str], _LastWrite]) -> Iterator[Break]:
    for name, table in TRACKED_TABLES.items():
        present = set()
        for row in session.scalars(select(table)).yield_per(2000):
            key = row.identify()
            present.add(key)
            written = writes.get((name, key))
            if written is None:
                yield Break(None, f"{name} {key}", "a row that no entry wrote")
            elif row.digest() != written.digest:
                yield Break(written.seq, f"{name} {key}", "the row was changed after this entry wrote it")
        for (written_table, key), written in writes.items():
            if written_table == name and key not in present:
                yield Break(written.seq, f"{name} {key}", "the row that this entry wrote is gone")


def _check_documents(
    session: Session, documents: DocumentStore, writes: dict[tuple[str, str], _LastWrite]
) -> Iterator[Break]:
    for sha256 in session.scalars(select(Document.sha256)):
        if not documents.is_intact(sha256):
            written = writes.get(("documents", sha256))
            yield Break(written.seq if written else None, f"document {sha256}", "the file is gone or was changed")
