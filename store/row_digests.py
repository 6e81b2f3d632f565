"""Digests of rows as they lie in the database, and the compact memory of which digest the ledger wrote last.

`Tracked.digest` says what a row's digest is; here the same is computed from raw columns, without making objects: a few
microseconds a row, and a value of a wrong kind (a number where text belongs, text that is no JSON) gives another digest
instead of an error. Holds 60 bytes a row written; a million rows fit.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from json.encoder import encode_basestring
from typing import Any

import numpy as np
from sqlalchemy import Boolean, Date, Integer
from sqlalchemy.sql.elements import KeyedColumnElement

from store.canonical import read_canonical_json, write_canonical_json
from store.tables import ABSENT, CanonicalJson, Tracked, UtcTime

Encode = Callable[[Any], str]

_ERASED = bytes(32)
_KEY_BYTES = 16
_NO_MICROSECONDS = ".000000+00:00"


@dataclass(frozen=True, slots=True)
class _ColumnWriter:
    prefix: str
    place: int
    encode: Encode
    absent: str | None


class RowReader:
    """Reads the raw rows of one table: `sql` selects them, `identify` and `digest` take one as it comes."""

    def __init__(self, table: type[Tracked]) -> None:
        columns = list(table.__table__.columns)
        self.name = table.__tablename__
        self.sql = f'SELECT {", ".join(f"""{self.name}."{c.name}" """ for c in columns)} FROM {self.name}'  # noqa: S608 - our names
        self._keys = [place for place, column in enumerate(columns) if column.primary_key]
        by_name = sorted(enumerate(columns), key=lambda placed: placed[1].key)
        self._writers = [_make_writer(column, place) for place, column in by_name]

    def identify(self, row: Sequence[Any]) -> str:
        """The row's key as the ledger names it."""
        return "/".join(str(row[place]) for place in self._keys)

    def write(self, row: Sequence[Any]) -> bytes:
        """The canonical JSON that the row's digest is taken of."""
        parts = []
        for writer in self._writers:
            text = writer.encode(row[writer.place])
            if text != writer.absent:
                parts.append(writer.prefix + text)
        return ("{" + ",".join(parts) + "}").encode("utf-8", "surrogatepass")

    def digest(self, row: Sequence[Any]) -> bytes:
        """The row's digest, 32 bytes."""
        return hashlib.sha256(self.write(row)).digest()


def _make_writer(column: KeyedColumnElement[Any], place: int) -> _ColumnWriter:
    absent = write_canonical_json(column.info[ABSENT]).decode() if ABSENT in column.info else None
    return _ColumnWriter(f"{_encode_text(column.key)}:", place, _choose_encoder(column), absent)


def _choose_encoder(column: KeyedColumnElement[Any]) -> Encode:
    if isinstance(column.type, CanonicalJson):
        return _encode_json
    if isinstance(column.type, UtcTime):
        return _encode_time
    if isinstance(column.type, Boolean):
        return _encode_flag
    if isinstance(column.type, Date):
        return _encode_day
    if isinstance(column.type, Integer):
        return _encode_number
    return _encode_text


def _encode_text(value: Any) -> str:
    if type(value) is str:
        return str(encode_basestring(value))
    return "null" if value is None else _encode_stray(value)


def _encode_number(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return "null" if value is None else _encode_stray(value)


def _encode_flag(value: Any) -> str:
    if type(value) in (bool, int) and value in (0, 1):
        return "true" if value else "false"
    return "null" if value is None else _encode_stray(value)


def _encode_day(value: Any) -> str:
    return f'"{value.isoformat()}"' if type(value) is date else _encode_text(value)


def _encode_time(value: Any) -> str:
    if type(value) is str and value.endswith(_NO_MICROSECONDS):
        return f'"{value.removesuffix(_NO_MICROSECONDS)}+00:00"'
    return _encode_text(value)


def _encode_json(value: Any) -> str:
    if value is None:
        return "null"
    try:
        read_canonical_json(value.encode())
    except (ValueError, AttributeError):
        return _encode_stray(value)
    return str(value)


def _encode_stray(value: Any) -> str:
    """What can't be in such a column: written so that it equals nothing that can."""
    return f"!{type(value).__name__}:{value!r}"


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row that doesn't stand as its last entry wrote it. `seq` is None where no entry wrote one of that key."""

    seq: int | None
    key: str
    was_erased: bool


class WrittenRows:
    """What the ledger's leaves wrote, in their order; then, once sealed, what the tables are held against."""

    def __init__(self) -> None:
        self._keys, self._digests, self._seqs = bytearray(), bytearray(), array("q")

    def note(self, rows: dict[str, dict[str, str | None]], seq: int) -> None:
        """Leaf `seq` wrote these digests (hexadecimal; None: erased), by table and key."""
        for table, digests in rows.items():
            for key, digest in digests.items():
                self._keys += _hash_key(table, key)
                self._digests += _ERASED if digest is None else bytes.fromhex(digest)
                self._seqs.append(seq)

    def seal(self) -> SealedRows:
        """The last digest of each row."""
        return SealedRows(self._keys, self._digests, self._seqs)


class SealedRows:
    """The last digest of each row by the hash of its key. Notes which rows were met."""

    def __init__(self, keys: bytearray, digests: bytearray, seqs: array[int]) -> None:
        halves = np.frombuffer(keys, dtype=">u8").reshape(-1, 2).astype(np.uint64)
        order = np.lexsort((np.arange(len(halves)), halves[:, 1], halves[:, 0]))
        sorted_halves = halves[order]
        is_last = np.ones(len(order), dtype=bool)
        is_last[:-1] = (sorted_halves[1:] != sorted_halves[:-1]).any(axis=1)
        self._high, self._low = sorted_halves[is_last].T
        chosen = order[is_last]
        self._digests = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)[chosen]
        self._seqs = np.frombuffer(seqs, dtype=np.int64)[chosen]
        self._met = np.zeros(len(chosen), dtype=bool)

    @property
    def erased_count(self) -> int:
        """How many rows the ledger says were erased."""
        return int((~self._digests.any(axis=1)).sum())

    def find_changed(self, table: str, rows: Iterable[tuple[str, bytes]]) -> Iterator[WrittenRow]:
        """Those of `rows` (key and digest) that aren't what the ledger wrote last. All are noted as met."""
        listed = list(rows)
        if not listed:
            return
        keys = b"".join(_hash_key(table, key) for key, _ in listed)
        halves = np.frombuffer(keys, dtype=">u8").reshape(-1, 2).astype(np.uint64)
        places = self._locate(halves)
        digests = np.frombuffer(b"".join(digest for _, digest in listed), dtype=np.uint8).reshape(-1, 32)
        known = places >= 0
        self._met[places[known]] = True
        same = np.zeros(len(listed), dtype=bool)
        same[known] = (self._digests[places[known]] == digests[known]).all(axis=1)
        for number in np.flatnonzero(~same):
            place = int(places[number])
            seq = int(self._seqs[place]) if place >= 0 else None
            was_erased = place >= 0 and not self._digests[place].any()
            yield WrittenRow(seq, listed[int(number)][0], bool(was_erased))

    def find_missing(self) -> dict[int, set[bytes]]:
        """The entries whose rows were not met though no later entry erased them: hashes of keys by entry."""
        missing: dict[int, set[bytes]] = {}
        for place in np.flatnonzero(~self._met & self._digests.any(axis=1)):
            key = int(self._high[place]).to_bytes(8, "big") + int(self._low[place]).to_bytes(8, "big")
            missing.setdefault(int(self._seqs[place]), set()).add(key)
        return missing

    def _locate(self, halves: np.ndarray) -> np.ndarray:
        """Places of keys, -1 for none. Keys that share their first half, which hardly ever happens, are tried in turn."""
        high, low = halves.T
        places = np.searchsorted(self._high, high)
        inside = np.minimum(places, max(len(self._high) - 1, 0))
        if not len(self._high):
            return np.full(len(halves), -1, dtype=np.int64)
        has_high = self._high[inside] == high
        is_found = has_high & (self._low[inside] == low)
        found = np.where(is_found, inside, -1).astype(np.int64)
        for number in np.flatnonzero(has_high & ~is_found):
            at = int(places[number]) + 1
            while at < len(self._high) and self._high[at] == high[number]:
                if self._low[at] == low[number]:
                    found[number] = at
                at += 1
        return found


def names_row(wanted: set[bytes], table: str, key: str) -> bool:
    """Whether a row is one of those whose keys' hashes `find_missing` gave."""
    return _hash_key(table, key) in wanted


def _hash_key(table: str, key: str) -> bytes:
    return hashlib.sha256(f"{table}\x1f{key}".encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
