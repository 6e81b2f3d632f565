"""Canonical JSON: one way to write a value as bytes, so that its hash means the value.

Keys sorted, no blanks, UTF-8, no NaN or infinity. Numbers other than integers are written by Python's shortest repr, which
SQLite and PostgreSQL double precision give back unchanged.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


def write_canonical_json(value: object) -> bytes:
    """`value` (JSON types, dates and bytes within) as canonical bytes; `ValueError` for NaN and the like."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_write_scalar
    ).encode()


def hash_value(value: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(write_canonical_json(value)).hexdigest()


def _write_scalar(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical form")
