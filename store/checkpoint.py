"""Heads of the ledger to keep elsewhere: C2SP tlog-checkpoint text with an Ed25519 signed note.

Source: c2sp.org/tlog-checkpoint and c2sp.org/signed-note. A head held by someone else is what makes truncation, rollback
and a rewrite visible.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from store import verify_bundle
from store.errors import StoreError

_ED25519 = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head: whose ledger, how many entries, its root (hexadecimal)."""

    origin: str
    size: int
    root: str

    @property
    def note_text(self) -> str:
        """The three lines that are signed."""
        root = base64.b64encode(bytes.fromhex(self.root)).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"


class LogKey:
    """The installation's signing key. Its origin is a name made of the key itself, so two installations never share one."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private
        self.public_bytes = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.origin = f"consentry/{hashlib.sha256(self.public_bytes).hexdigest()[:16]}"

    @classmethod
    def make(cls, file: Path) -> LogKey:
        """A new key, kept in `file`, readable by its owner alone. `FileExistsError` if there is one."""
        private = Ed25519PrivateKey.generate()
        secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secret)
            stream.flush()
            os.fsync(stream.fileno())
        return cls(private)

    @classmethod
    def load(cls, file: Path) -> LogKey:
        """The key in `file`; `StoreError` if it is missing or no key."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(file.read_bytes()))
        except (OSError, ValueError):
            raise StoreError("the ledger's signing key is missing or damaged: restore keys/ from a backup") from None

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note of a head."""
        signature = self.private.sign(checkpoint.note_text.encode())
        stamp = base64.b64encode(verify_bundle.hash_key(self.origin, _ED25519, self.public_bytes) + signature).decode()
        return f"{checkpoint.note_text}\n\u2014 {self.origin} {stamp}\n"


def open_note(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """The head in a signed note. `StoreError` if it is of another origin, not signed by this key, or malformed."""
    try:
        head = verify_bundle.open_note(note, origin, public_key)
    except verify_bundle.Refusal as refusal:
        raise StoreError(str(refusal)) from None
    return Checkpoint(head.origin, head.size, head.root.hex())
