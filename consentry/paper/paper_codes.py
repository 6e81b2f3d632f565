"""Codes on paper that this installation prints: what a sheet's or a cover's code says, and whether it was made here.

A code names a template, a partner, a batch and a row of its list, or a cover sheet, and nothing of a person. It is signed with
a key of the home (HMAC-SHA-256, 80 bits kept), short enough for a small square. A code that verifies says only that it was
printed here: it can be copied, so it grants nothing. Accepted limit: whoever has the home's key can print codes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path

from store import StoreError

_KEY_BYTES, _TAG_BYTES, _DIGEST_BYTES, _ID_BYTES, _ROW_BYTES = 32, 10, 3, 5, 2
_SHEET, _COVER = "S", "C"
_SHAPE = re.compile(r"[SC][A-Z2-7]{28,40}")


@dataclass(frozen=True, slots=True)
class SheetCode:
    """What the code of a printed sheet names. `template` and `partner` are short digests of their ids."""

    template: bytes
    partner: bytes
    batch_id: str
    row_number: int


@dataclass(frozen=True, slots=True)
class CoverCode:
    """What the code of a cover sheet names. `partner` is a short digest of its id."""

    partner: bytes
    cover_id: str


class PaperKey:
    """The key of a home that signs what it prints."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load(cls, home: Path) -> PaperKey:
        """The key of a home, made at the first call. `StoreError` if it is damaged."""
        file = home / "keys" / "paper.key"
        if not file.exists():
            _write_once(file, os.urandom(_KEY_BYTES))
        secret = file.read_bytes()
        if len(secret) != _KEY_BYTES:
            raise StoreError("the key of printed codes is damaged: restore keys/ from a backup")
        return cls(secret)

    def write_sheet_code(self, template_id: str, partner_id: str, batch_id: str, row_number: int) -> str:
        """The text of a sheet's code. `ValueError` for a batch id that isn't of `name_batch`'s form or a row past 65,535."""
        named = _digest(template_id) + _digest(partner_id) + _read_id(batch_id, "batch")
        return self._sign(_SHEET, named + row_number.to_bytes(_ROW_BYTES, "big"))

    def write_cover_code(self, partner_id: str, cover_id: str) -> str:
        """The text of a cover sheet's code."""
        return self._sign(_COVER, _digest(partner_id) + _read_id(cover_id, "cover"))

    def open_sheet_code(self, text: str) -> SheetCode | None:
        """What a sheet's code names; None if it was not made with this key."""
        named = self._open(_SHEET, text, 2 * _DIGEST_BYTES + _ID_BYTES + _ROW_BYTES)
        if named is None:
            return None
        template, partner, rest = named[:3], named[3:6], named[6:]
        return SheetCode(template, partner, _name("batch", rest[:5]), int.from_bytes(rest[5:], "big"))

    def open_cover_code(self, text: str) -> CoverCode | None:
        """What a cover sheet's code names; None if it was not made with this key."""
        named = self._open(_COVER, text, _DIGEST_BYTES + _ID_BYTES)
        return CoverCode(named[:3], _name("cover", named[3:])) if named is not None else None

    def _sign(self, kind: str, named: bytes) -> str:
        return kind + base64.b32encode(named + self._tag(kind, named)).decode().rstrip("=")

    def _open(self, kind: str, text: str, length: int) -> bytes | None:
        if not looks_like_code(text) or text[0] != kind:
            return None
        body = text[1:]
        try:
            signed = base64.b32decode(body + "=" * (-len(body) % 8))
        except binascii.Error:
            return None
        named, tag = signed[:length], signed[length:]
        return named if hmac.compare_digest(tag, self._tag(kind, named)) and len(named) == length else None

    def _tag(self, kind: str, named: bytes) -> bytes:
        return hmac.digest(self._secret, f"consentry paper {kind}\n".encode() + named, "sha256")[:_TAG_BYTES]


def looks_like_code(text: str) -> bool:
    """Whether a text has the shape of a code of a sheet or a cover, whoever made it."""
    return _SHAPE.fullmatch(text) is not None


def names(short_digest: bytes, whole_id: str) -> bool:
    """Whether a code's short digest is that of an id."""
    return hmac.compare_digest(short_digest, _digest(whole_id))


def draw_batch_id() -> str:
    """A new batch's id."""
    return _name("batch", os.urandom(_ID_BYTES))


def draw_cover_id() -> str:
    """A new cover sheet's id."""
    return _name("cover", os.urandom(_ID_BYTES))


def _name(prefix: str, number: bytes) -> str:
    return f"{prefix}-{number.hex()}"


def _read_id(whole_id: str, prefix: str) -> bytes:
    number = bytes.fromhex(whole_id.removeprefix(f"{prefix}-"))
    if len(number) != _ID_BYTES:
        raise ValueError("no id that a code can hold")
    return number


def _digest(whole_id: str) -> bytes:
    return hashlib.sha256(whole_id.encode()).digest()[:_DIGEST_BYTES]


def _write_once(file: Path, secret: bytes) -> None:
    """Writes a key whole or not at all; where another process was first, its key stays."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secret)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
