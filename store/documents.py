"""Documents kept once, by the SHA-256 of their bytes: scans, lists, blanks, readings, snapshots.

A file is in place, whole and flushed, before any row may name it: temporary file in the same folder, write, fsync, rename,
fsync of the folder. Files are read-only; only `store.erasure` removes one, when its time is over.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from store.errors import UnknownRecordError
from store.ids import Sha256


class DocumentStore:
    """A folder of documents named by their hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> Sha256:
        """Keeps `content` and returns its hash; the same bytes again cost nothing. `OSError` if the disk refuses."""
        digest = Sha256(hashlib.sha256(content).hexdigest())
        place = self._place(digest)
        if place.exists():
            return digest
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o440)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        flush_folder(place.parent)
        flush_folder(self._folder)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a document; `UnknownRecordError` if there is none."""
        try:
            return self._place(digest).read_bytes()
        except FileNotFoundError:
            raise UnknownRecordError(f"document {digest[:12]} is not in the store") from None

    def remove(self, digest: str) -> None:
        """Removes a document whose time is over. SHALL be called by `store.erasure` alone, once no row names it."""
        place = self._place(digest)
        place.unlink(missing_ok=True)
        if place.parent.exists():
            flush_folder(place.parent)

    def is_intact(self, digest: str) -> bool:
        """Whether the file is there and still has the hash it is named by."""
        try:
            with self._place(digest).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == digest
        except OSError:
            return False

    def list_digests(self) -> Iterator[Sha256]:
        """All documents, in no order."""
        for place in self._folder.glob("??/*"):
            if not place.name.startswith("."):
                yield Sha256(place.parent.name + place.name)

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]


def flush_folder(folder: Path) -> None:
    """Waits until a folder's names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
