"""Seals bytes at rest: AES-256-GCM, a data key a file, the data keys wrapped by the one key of the installation.

A sealed text is opened only by the key that sealed it, under the name that it was sealed for (for a document its SHA-256, so
that no file stands in for another). The key is 32 random bytes in a file of one line that can be printed and kept in a safe.
Without it nothing sealed can be read by anybody: there is no second way in.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from store.errors import StoreError

SEAL_MARK = b"\x93consentry-sealed\x01"
_KEY_WORD = "consentry-key-1"
_KEY_BYTES, _ID_BYTES, _WRAPPED_BYTES, _NONCE_BYTES = 32, 8, 40, 12
HEADER_BYTES = len(SEAL_MARK) + _ID_BYTES + _WRAPPED_BYTES


class SealBrokenError(StoreError):
    """A sealed text was changed, cut, put in another's place, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one text, and the header in which it stands wrapped."""

    header: bytes
    cipher: AESGCM


class SealingKey:
    """The installation's key. `key_id` names it and tells nothing of it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._id = hashlib.sha256(b"consentry key id" + secret).digest()[:_ID_BYTES]

    @property
    def key_id(self) -> str:
        """A short name of the key, for people to compare."""
        return self._id.hex()

    @classmethod
    def make(cls, file: Path) -> SealingKey:
        """A new key, kept in `file`, which its owner alone may read. `FileExistsError` if there is one."""
        key = cls(secrets.token_bytes(_KEY_BYTES))
        key.write(file)
        return key

    @classmethod
    def load(cls, file: Path) -> SealingKey:
        """The key in `file`; `StoreError` if it can't be read or is no key."""
        try:
            word, _, secret = file.read_text(encoding="ascii").strip().partition(" ")
            content = bytes.fromhex(secret)
        except OSError as error:
            raise StoreError(f"cannot read the key file {file}: {error.strerror}") from None
        except ValueError:
            word, content = "", b""
        if word != _KEY_WORD or len(content) != _KEY_BYTES:
            raise StoreError(f"{file} is not a key file written by consentry")
        return cls(content)

    def write(self, file: Path) -> None:
        """Writes the key to a file that isn't there yet, flushed, readable by its owner alone."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{_KEY_WORD} {self._secret.hex()}\n")
            stream.flush()
            os.fsync(stream.fileno())

    def seal(self, content: bytes, name: str) -> bytes:
        """`content` sealed under `name`."""
        made, nonce = self.make_data_key(), secrets.token_bytes(_NONCE_BYTES)
        return made.header + nonce + made.cipher.encrypt(nonce, content, made.header + name.encode())

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """What was sealed under `name`. `SealBrokenError` if it isn't that any more."""
        opened, rest = self.open_data_key(sealed[:HEADER_BYTES]), sealed[HEADER_BYTES:]
        try:
            return opened.cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], opened.header + name.encode())
        except (InvalidTag, ValueError):
            raise SealBrokenError("its sealed bytes were changed") from None

    def make_data_key(self) -> DataKey:
        """A key for one text, and the header that brings it to whoever has this key."""
        data_key = secrets.token_bytes(_KEY_BYTES)
        return DataKey(SEAL_MARK + self._id + aes_key_wrap(self._secret, data_key), AESGCM(data_key))

    def open_data_key(self, header: bytes) -> DataKey:
        """The key that a header brings. `SealBrokenError` if this key doesn't open it."""
        if not is_sealed(header):
            raise SealBrokenError("what lies there was not sealed by this program")
        if header[len(SEAL_MARK) : -_WRAPPED_BYTES] != self._id:
            raise SealBrokenError(f"it was sealed with another key than {self.key_id}")
        try:
            return DataKey(header, AESGCM(aes_key_unwrap(self._secret, header[-_WRAPPED_BYTES:])))
        except (InvalidUnwrap, ValueError):
            raise SealBrokenError("its sealed bytes were changed") from None


def is_sealed(content: bytes) -> bool:
    """Whether bytes begin as everything sealed does."""
    return content.startswith(SEAL_MARK)
