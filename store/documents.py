"""Documents kept once, sealed, named by the SHA-256 of their bytes: scans, lists, blanks, readings, snapshots.

A file is in place, whole and flushed, before any row may name it: temporary file in the same folder, write, fsync, rename,
fsync of the folder. Files are read-only; only `store.erasure` removes one, when its time is over.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from store.errors import StoreError, UnknownRecordError
from store.ids import Sha256
from store.sealing import SealBrokenError, SealingKey, is_sealed


class DocumentStore:
    """A folder of documents named by their hash, sealed with the installation's key."""

    def __init__(self, folder: Path, key: SealingKey) -> None:
        self._folder = folder
        self._key = key

    def put(self, content: bytes) -> Sha256:
        """Keeps `content` and returns its hash; the same bytes again cost nothing. `OSError` if the disk refuses."""
        digest = Sha256(hashlib.sha256(content).hexdigest())
        if not self._place(digest).exists():
            self._write(digest, self._key.seal(content, digest))
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a document; `UnknownRecordError` if there is none, `SealBrokenError` if its file was changed."""
        try:
            sealed = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise UnknownRecordError(f"document {digest[:12]} is not in the store") from None
        try:
            return self._key.unseal(sealed, digest)
        except SealBrokenError as error:
            raise SealBrokenError(f"document {digest[:12]} cannot be read: {error}") from None

    def remove(self, digest: str) -> None:
        """Removes a document whose time is over. SHALL be called by `store.erasure` alone, once no row names it."""
        place = self._place(digest)
        place.unlink(missing_ok=True)
        if place.parent.exists():
            flush_folder(place.parent)

    def is_intact(self, digest: str) -> bool:
        """Whether the file is there and still has the hash it is named by."""
        try:
            return hashlib.sha256(self.get(digest)).hexdigest() == digest
        except (OSError, StoreError):
            return False

    def list_digests(self) -> Iterator[Sha256]:
        """All documents, in no order."""
        for place in self._folder.glob("??/*"):
            if not place.name.startswith("."):
                yield Sha256(place.parent.name + place.name)

    def seal_plain_documents(self) -> None:
        """Seals the documents of a home of before they were sealed, one by one; what is damaged stays for `verify` to find."""
        for digest in self.list_digests():
            content = self._place(digest).read_bytes()
            if not is_sealed(content) and hashlib.sha256(content).hexdigest() == digest:
                self._write(digest, self._key.seal(content, digest))

    def _write(self, digest: Sha256, sealed: bytes) -> None:
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(sealed)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o440)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        flush_folder(place.parent)
        flush_folder(self._folder)

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]


def flush_folder(folder: Path) -> None:
    """Waits until a folder's names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
