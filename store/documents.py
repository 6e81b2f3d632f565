"""Documents kept once, sealed, named by the SHA-256 of their bytes: scans, lists, blanks, readings, snapshots.

A document is in place, whole and kept for good, before any row may name it; how, is the shelf's to promise (`store.shelf`).
Only `store.erasure` removes one, when its time is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from store.errors import StoreError, UnknownRecordError
from store.ids import Sha256
from store.sealing import SealBrokenError, SealingKey, is_sealed
from store.shelf import Shelf


class DocumentStore:
    """A shelf of documents named by their hash, sealed with the installation's key."""

    def __init__(self, shelf: Shelf, key: SealingKey) -> None:
        self._shelf = shelf
        self._key = key

    def put(self, content: bytes) -> Sha256:
        """Keeps `content` and returns its hash; the same bytes again cost nothing. `OSError` if the shelf refuses."""
        digest = Sha256(hashlib.sha256(content).hexdigest())
        if not self._shelf.has(digest):
            self._shelf.write(digest, self._key.seal(content, digest))
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a document; `UnknownRecordError` if there is none, `SealBrokenError` if its file was changed."""
        try:
            return self._key.unseal(self.get_sealed(digest), digest)
        except SealBrokenError as error:
            raise SealBrokenError(f"document {digest[:12]} cannot be read: {error}") from None

    def get_sealed(self, digest: str) -> bytes:
        """The bytes of a document as they lie there; `UnknownRecordError` if there is none."""
        try:
            return self._shelf.read(digest)
        except FileNotFoundError:
            raise UnknownRecordError(f"document {digest[:12]} is not in the store") from None

    def remove(self, digest: str) -> None:
        """Removes a document whose time is over. SHALL be called by `store.erasure` alone, once no row names it."""
        self._shelf.remove(digest)

    def is_intact(self, digest: str) -> bool:
        """Whether the document is there and still has the hash it is named by."""
        try:
            return hashlib.sha256(self.get(digest)).hexdigest() == digest
        except (OSError, StoreError):
            return False

    def list_digests(self) -> Iterator[Sha256]:
        """All documents, in no order."""
        return self._shelf.list_digests()

    def takes_writes(self) -> bool:
        """Whether a document could be kept now."""
        return self._shelf.takes_writes()

    def seal_plain_documents(self) -> None:
        """Seals the documents of a home of before they were sealed, one by one; what is damaged stays for `verify` to find."""
        for digest in self.list_digests():
            content = self._shelf.read(digest)
            if not is_sealed(content) and hashlib.sha256(content).hexdigest() == digest:
                self._shelf.write(digest, self._key.seal(content, digest))
