"""Walks the leaves of the ledger once, in a stream: bytes, tree, order, times, and what each says that it wrote.

A changed leaf is one break, not one for each leaf after it: the tree goes on with the hash that was recorded, where the
recorded roots bear it out. Once leaves are missing or out of place, later roots can't be recomputed; that is said once.
Times that go back by more than a minute are a warning: a clock may be set back, order is by number alone.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from store.canonical import read_canonical_json
from store.merkle import EMPTY_ROOT, fold_edge
from store.row_digests import WrittenRows
from store.verify_bundle import LEAF_KEYS, LEAF_VERSION, has_leaf_shape

BATCH = 2000
CLOCK_TOLERANCE = timedelta(minutes=1)
_sha256 = hashlib.sha256

Observe = Callable[[dict[str, Any]], None]
"""Takes the body of each leaf that can be read, in order."""


@dataclass(frozen=True, slots=True)
class Break:
    """What isn't as recorded: the entry's number (None where no entry stands for it), which record, and how."""

    seq: int | None
    subject: str
    words: str


@dataclass(slots=True)
class Walk:
    """What the leaves are, as far as walked. `roots`: the root at each size that was asked for."""

    wanted_sizes: frozenset[int]
    size: int = 0
    breaks: list[Break] = field(default_factory=list)
    warnings: list[Break] = field(default_factory=list)
    roots: dict[int, str] = field(default_factory=dict)
    nodes: dict[tuple[int, int], str] = field(default_factory=dict)
    written: WrittenRows = field(default_factory=WrittenRows)
    edge: list[bytes] = field(default_factory=list)
    is_lost: bool = False
    last_root: str = EMPTY_ROOT.hex()
    last_at: str = ""

    def __post_init__(self) -> None:
        if 0 in self.wanted_sizes:
            self.roots[0] = EMPTY_ROOT.hex()

    @property
    def root(self) -> str:
        """The root over the leaves walked, hexadecimal."""
        return fold_edge(tuple(self.edge)).hex()


def walk_leaves(connection: Connection, sizes: Sequence[int], observers: Sequence[Observe]) -> Walk:
    """Walks all leaves. `connection` SHALL see one state of the database throughout."""
    walk = Walk(frozenset(sizes))
    for seq, content, leaf_hash, prev_root, root in _stream_leaves(connection, None):
        grow_tree(walk, seq, content, leaf_hash, prev_root, root)
        read_leaf(walk, seq, content, observers)
    return walk


def walk_tree(connection: Connection, sizes: Sequence[int], last: int) -> Walk:
    """The half of a walk that hashes: leaves up to number `last`, their bytes and the tree, not what they say."""
    walk = Walk(frozenset(sizes))
    for seq, content, leaf_hash, prev_root, root in _stream_leaves(connection, last):
        grow_tree(walk, seq, content, leaf_hash, prev_root, root)
    return walk


def walk_contents(connection: Connection, observers: Sequence[Observe]) -> Walk:
    """The half of a walk that reads: what each leaf says, not the tree."""
    walk = Walk(frozenset())
    for batch in stream_batches(connection, "SELECT seq, body FROM ledger ORDER BY seq"):
        for seq, body in batch:
            read_leaf(walk, seq, body if type(body) is bytes else _as_bytes(body), observers)
    return walk


def _stream_leaves(connection: Connection, last: int | None) -> Iterator[tuple[int, bytes, str, str, str]]:
    limit = "" if last is None else f" WHERE seq <= {last:d}"
    sql = f"SELECT seq, body, leaf_hash, prev_root, root FROM ledger{limit} ORDER BY seq"  # noqa: S608 - a number
    for batch in stream_batches(connection, sql):
        for seq, body, leaf_hash, prev_root, root in batch:
            yield seq, body if type(body) is bytes else _as_bytes(body), leaf_hash, prev_root, root


def _as_bytes(body: Any) -> bytes:
    """A body that the driver doesn't give as bytes: a view of them, or text that somebody put there."""
    return bytes(body) if isinstance(body, memoryview) else str(body).encode("utf-8", "surrogatepass")


def stream(connection: Connection, sql: str) -> Iterator[Sequence[Any]]:
    """The rows of a query as they lie in the database, a few thousand in memory at a time."""
    for batch in stream_batches(connection, sql):
        yield from batch


def stream_batches(connection: Connection, sql: str) -> Iterator[Sequence[Sequence[Any]]]:
    """As `stream`, a few thousand at once. Of SQLite they come from its own cursor: a row for a third of the time."""
    if connection.dialect.name != "sqlite":
        result = connection.execution_options(stream_results=True, max_row_buffer=BATCH).execute(text(sql))
        yield from result.partitions(BATCH)
        return
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
        while batch := cursor.fetchmany(BATCH):
            yield batch
    except sqlite3.Error as error:
        raise OperationalError(sql, None, error) from error
    finally:
        cursor.close()


def grow_tree(walk: Walk, seq: int, body: bytes, leaf_hash: str, prev_root: str, root: str) -> None:
    """Adds a leaf to the tree and holds its hashes against those recorded with it. Runs a million times: kept short."""
    edge, size = walk.edge, walk.size
    before = edge[:]
    node = leaf = _sha256(b"\x00" + body).digest()
    place = size
    if place & 1:
        height = 0
        while place & 1 and edge:  # empty too early only where leaves are missing
            node = _sha256(b"\x01" + edge.pop() + node).digest()
            place >>= 1
            height += 1
            if not height & 7:
                walk.nodes[height >> 3, place] = node.hex()
    folded = node
    for left in edge[::-1]:
        folded = _sha256(b"\x01" + left + folded).digest()
    edge.append(node)
    walk.size = size + 1
    if leaf.hex() != leaf_hash or folded.hex() != root or prev_root != walk.last_root or seq != size:
        walk.size = size
        walk.edge = before
        _explain(walk, seq, leaf, leaf_hash, prev_root, root)
    walk.last_root = root
    if walk.size in walk.wanted_sizes:
        walk.roots[walk.size] = walk.root


def _explain(walk: Walk, seq: int, leaf: bytes, leaf_hash: str, prev_root: str, root: str) -> None:
    """Says what is wrong with a leaf that doesn't fit, and goes on with the hash that the recorded roots bear out."""
    if seq != walk.size:
        missing = f"entry {walk.size} is" if seq == walk.size + 1 else f"entries {walk.size} to {seq - 1} are"
        words = f"{missing} missing or out of place" if seq > walk.size else "the entry's number is out of order"
        walk.breaks.append(Break(min(walk.size, seq) if seq > walk.size else seq, "ledger", words))
        walk.is_lost = True
        walk.size = max(walk.size, seq)
    if prev_root != walk.last_root:
        walk.breaks.append(Break(seq, "ledger", "the entry does not continue the one before"))
    if leaf.hex() != leaf_hash:
        walk.breaks.append(Break(seq, "ledger", "the entry's bytes are not those that were hashed"))
    computed = _append(walk.edge, walk.size, leaf)
    recorded = _append(walk.edge, walk.size, _decode_hash(leaf_hash, leaf))
    fits = [edge for edge in (computed, recorded) if fold_edge(tuple(edge)).hex() == root]
    if not fits and not walk.is_lost:
        words = "the root recorded with this entry is not the tree's"
        walk.breaks.append(Break(seq, "ledger", words))
        walk.is_lost = prev_root == walk.last_root and leaf.hex() == leaf_hash
    walk.edge = fits[0] if fits else computed
    walk.size += 1


def _append(edge: list[bytes], size: int, node: bytes) -> list[bytes]:
    grown = edge[:]
    while size & 1 and grown:
        node = hashlib.sha256(b"\x01" + grown.pop() + node).digest()
        size >>= 1
    return [*grown, node]


def _decode_hash(text_hash: object, otherwise: bytes) -> bytes:
    try:
        return bytes.fromhex(str(text_hash))
    except ValueError:
        return otherwise


def read_leaf(walk: Walk, seq: int, content: bytes, observers: Sequence[Observe]) -> None:
    """Reads what a leaf says, and notes what it wrote."""
    try:
        body = read_canonical_json(content)
    except ValueError:
        walk.breaks.append(Break(seq, "ledger", "the entry cannot be read in one way only"))
        return
    if type(body) is not dict or type(body.get("v")) is not int or body["v"] != LEAF_VERSION:
        walk.breaks.append(Break(seq, "ledger", "the entry is of an unknown version"))
        return
    if body.keys() != LEAF_KEYS or not has_leaf_shape(body):
        walk.breaks.append(Break(seq, "ledger", "the entry is not of the shape of its version"))
        return
    if body["seq"] != seq:
        walk.breaks.append(Break(seq, "ledger", "the entry names another number than it stands under"))
    if body["rows"]:
        walk.written.note(body["rows"], seq)
    if body["at"] < walk.last_at:
        _check_time(walk, seq, body["at"])
    walk.last_at = body["at"]
    for observe in observers:
        observe(body)


def _check_time(walk: Walk, seq: int, at: str) -> None:
    try:
        is_back = datetime.fromisoformat(walk.last_at) - datetime.fromisoformat(at) > CLOCK_TOLERANCE
    except (ValueError, TypeError):
        is_back = True
    if is_back:
        walk.warnings.append(Break(seq, "ledger", "the clock went back before this entry"))
