"""Digests of rows as they lie in the database, and the compact memory of which digest the ledger wrote last.

`Tracked.digest` says what a row's digest is; here the same is computed from raw columns, without making objects: a few
microseconds a row, and a value of a wrong kind (a number where text belongs, text that is no JSON) gives another digest
instead of an error. Holds 48 bytes a row written; a million rows fit.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Boolean, Date, Integer
from sqlalchemy.sql.elements import KeyedColumnElement

from store.canonical import read_canonical_json, write_canonical_json
from store.tables import ABSENT, CanonicalJson, Tracked, UtcTime

Encode = Callable[[Any], str]

_sha256 = hashlib.sha256
_ERASED = bytes(32)
_NO_MICROSECONDS = ".000000+00:00"


class _ColumnWriter(NamedTuple):
    """How a column is written. `before`, `after`: what stands around its value; `absent`: the value that isn't written."""

    place: int
    encode: Encode
    before: str
    after: str
    absent: str | None


class RowReader:
    """Reads the raw rows of one table, many at once, column by column: `sql` selects them, `identify` and `digest` take them as
    they come.
    """

    def __init__(self, table: type[Tracked]) -> None:
        columns = list(table.__table__.columns)
        self.name = table.__tablename__
        self.sql = f'SELECT {", ".join(f"""{self.name}."{c.name}" """ for c in columns)} FROM {self.name}'  # noqa: S608 - our names
        self._keys = [place for place, column in enumerate(columns) if column.primary_key]
        by_name = sorted(enumerate(columns), key=lambda placed: placed[1].key)
        pivot = next(column for _, column in by_name if ABSENT not in column.info)
        self._writers = [_make_writer(column, place, pivot.key) for place, column in by_name]
        whole = ("%s" if one.absent is not None else f"{one.before}%s{one.after}" for one in self._writers)
        self._template = f"{{{''.join(whole)}}}"

    def identify(self, rows: Sequence[Sequence[Any]]) -> list[str]:
        """The rows' keys as the ledger names them."""
        if len(self._keys) == 1:
            return [str(row[self._keys[0]]) for row in rows]
        return ["/".join(str(row[place]) for place in self._keys) for row in rows]

    def write(self, rows: Sequence[Sequence[Any]]) -> Iterator[bytes]:
        """The canonical JSON of each row, that its digest is taken of."""
        columns = list(zip(*rows, strict=True))
        texts = (_write_column(one, columns[one.place]) for one in self._writers)
        for row in zip(*texts, strict=True):
            yield (self._template % row).encode("utf-8", "surrogatepass")

    def digest(self, rows: Sequence[Sequence[Any]]) -> list[bytes]:
        """The rows' digests, 32 bytes each."""
        return [_sha256(content).digest() for content in self.write(rows)]


def _make_writer(column: KeyedColumnElement[Any], place: int, pivot: str) -> _ColumnWriter:
    """`pivot`: a column that each row has. Commas follow those before it and precede those after it, so that none is too many
    where a column is left out.
    """
    absent = write_canonical_json(column.info[ABSENT]).decode() if ABSENT in column.info else None
    before, after = f"{_encode_text(column.key)}:", "," if column.key < pivot else ""
    return _ColumnWriter(place, _choose_encoder(column), f",{before}" if column.key > pivot else before, after, absent)


def _write_column(writer: _ColumnWriter, values: Sequence[Any]) -> Iterable[str]:
    texts = _encode_values(writer.encode, values)
    if writer.absent is None:
        return texts
    return ["" if text == writer.absent else f"{writer.before}{text}{writer.after}" for text in texts]


def _encode_values(encode: Encode, values: Sequence[Any]) -> Iterable[str]:
    """As `encode` of each value, at the least cost: a million rows pass here."""
    kinds = set(map(type, values))
    if kinds == {str}:
        if encode in (_encode_text, _encode_day):
            return map(encode_basestring, values)
        known = {value: encode(value) for value in set(values)}
        return map(known.__getitem__, values)
    return map(str, values) if kinds == {int} and encode is _encode_number else map(encode, values)


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
        encoded: str = encode_basestring(value)
        return encoded
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
    """What the ledger's leaves wrote, in their order; then, once sealed, what the tables are held against.

    Rows are told apart by Python's own hash of table and key, 64 bits under a secret of this process: two of a million rows
    share one in three of a hundred million runs, and would be named as changed, never passed over.
    """

    def __init__(self) -> None:
        self._keys, self._digests, self._seqs = array("q"), bytearray(), array("q")

    def note(self, rows: dict[str, dict[str, str | None]], seq: int) -> None:
        """Leaf `seq` wrote these digests (hexadecimal; None: erased), by table and key."""
        for table, digests in rows.items():
            for key, digest in digests.items():
                self._keys.append(hash((table, key)))
                self._digests += _ERASED if digest is None else bytes.fromhex(digest)
                self._seqs.append(seq)

    def seal(self) -> SealedRows:
        """The last digest of each row."""
        return SealedRows(self._keys, self._digests, self._seqs)


class SealedRows:
    """The last digest of each row by the hash of its key. Notes which rows were met."""

    def __init__(self, keys: array[int], digests: bytearray, seqs: array[int]) -> None:
        hashes = np.frombuffer(keys, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        in_order = hashes[order]
        is_last = np.ones(len(order), dtype=bool)
        is_last[:-1] = in_order[1:] != in_order[:-1]
        chosen = order[is_last]
        self._keys = in_order[is_last]
        self._digests = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)[chosen]
        self._seqs = np.frombuffer(seqs, dtype=np.int64)[chosen]
        self._met = np.zeros(len(chosen), dtype=bool)

    @property
    def erased_count(self) -> int:
        """How many rows the ledger says were erased."""
        return int((~self._digests.any(axis=1)).sum())

    def find_changed(self, table: str, keys: Sequence[str], digested: Sequence[bytes]) -> Iterator[WrittenRow]:
        """Those of a table's rows, by their keys and digests, that aren't what the ledger wrote last. All are noted as met."""
        places = self._locate(np.array([hash((table, key)) for key in keys], dtype=np.int64))
        digests = np.frombuffer(b"".join(digested), dtype=np.uint8).reshape(-1, 32)
        known = places >= 0
        self._met[places[known]] = True
        same = np.zeros(len(keys), dtype=bool)
        same[known] = (self._digests[places[known]] == digests[known]).all(axis=1)
        for number in np.flatnonzero(~same):
            place = int(places[number])
            seq = int(self._seqs[place]) if place >= 0 else None
            was_erased = place >= 0 and not self._digests[place].any()
            yield WrittenRow(seq, keys[int(number)], bool(was_erased))

    def find_missing(self) -> dict[int, set[int]]:
        """The entries whose rows were not met though no later entry erased them: hashes of keys by entry."""
        missing: dict[int, set[int]] = {}
        for place in np.flatnonzero(~self._met & self._digests.any(axis=1)):
            missing.setdefault(int(self._seqs[place]), set()).add(int(self._keys[place]))
        return missing

    def _locate(self, hashes: np.ndarray) -> np.ndarray:
        """Places of keys, -1 for none."""
        if not len(self._keys):
            return np.full(len(hashes), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._keys, hashes), len(self._keys) - 1)
        return np.where(self._keys[places] == hashes, places, -1).astype(np.int64)


def names_row(wanted: set[int], table: str, key: str) -> bool:
    """Whether a row is one of those whose keys' hashes `find_missing` gave."""
    return hash((table, key)) in wanted
