"""Canonical JSON: one way to write a value as bytes, so that its hash means the value; and reading it back strictly.

Keys sorted, no blanks, UTF-8, no NaN or infinity. Numbers other than integers are written by Python's shortest repr, which
SQLite and PostgreSQL double precision give back unchanged. What is read is refused unless it is written in that one way.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any, TypeAlias

import orjson

from store.verify_bundle import read_canonical

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


def write_canonical_json(value: object) -> bytes:
    """`value` (JSON types, dates and bytes within) as canonical bytes; `ValueError` for NaN and the like."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_write_scalar
    ).encode()


def read_canonical_json(content: bytes) -> Any:
    """The one value of canonical bytes. `ValueError` for bytes that could be read in two ways, or were written otherwise.

    The quick parser decides where it gives the same bytes back; where it doesn't, the careful one has the last word.
    """
    try:
        value = orjson.loads(content)
        if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == content:
            return value
    except (ValueError, TypeError):
        pass
    try:
        return read_canonical(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def hash_value(value: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(write_canonical_json(value)).hexdigest()


def _write_scalar(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical form")
