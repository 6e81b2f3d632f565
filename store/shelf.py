"""Where sealed documents lie: the plug point, a folder, and the list of what there is.

A shelf knows names and sealed bytes, nothing of keys or rows. `find_shelf` chooses by the address that an installation was made
with, and refuses another one: a host with a forgotten setting would else look for documents where none are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from store.errors import StoreError
from store.ids import Sha256
from store.object_shelf import ObjectShelf, is_object_address

_NOTE_NAME = "documents.address"


class Shelf(Protocol):
    """A place for documents. A write SHALL return only when the bytes are whole there and outlast a power cut, and a reader
    SHALL see all of them or no document; writing the same name twice at once SHALL leave one of the two. What fails SHALL be
    an `OSError`. It MAY be shared by several machines.
    """

    def has(self, digest: str) -> bool:
        """Whether there is such a document. True SHALL be said only of what outlasts a power cut, whoever wrote it."""

    def write(self, digest: str, sealed: bytes) -> None:
        """Puts a document there, in the place of one of that name."""

    def read(self, digest: str) -> bytes:
        """Its bytes; `FileNotFoundError` if there is none."""

    def remove(self, digest: str) -> None:
        """Takes it away; nothing if there is none."""

    def list_digests(self) -> Iterator[Sha256]:
        """All documents, in no order."""

    def takes_writes(self) -> bool:
        """Whether a document could be written now; never an error."""


class FolderShelf:
    """A folder, on a disk of this machine or one that several share. Files are read-only, two letters of the name a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, digest: str) -> bool:
        """Whether there is such a file. Its name is flushed: who wrote it may have been killed before it came to that."""
        place = self._place(digest)
        if not place.exists():
            return False
        self._flush_names(place)
        return True

    def write(self, digest: str, sealed: bytes) -> None:
        """Temporary file in the same folder, write, fsync, rename, fsync of the folders."""
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
        self._flush_names(place)

    def read(self, digest: str) -> bytes:
        """The bytes of the file."""
        return self._place(digest).read_bytes()

    def remove(self, digest: str) -> None:
        """Removes the file, for good once this returns."""
        place = self._place(digest)
        place.unlink(missing_ok=True)
        if place.parent.exists():
            flush_folder(place.parent)

    def list_digests(self) -> Iterator[Sha256]:
        """The files that aren't being written."""
        for place in self._folder.glob("??/*"):
            if not place.name.startswith("."):
                yield Sha256(place.parent.name + place.name)

    def takes_writes(self) -> bool:
        """Whether this user may write there."""
        return os.access(self._folder, os.W_OK | os.X_OK)

    def _flush_names(self, place: Path) -> None:
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


def make_shelf(home: Path, address: str | None) -> Shelf:
    """The shelf of a home that is being made; an address is noted in it. `StoreError` for one that is none."""
    shelf = _open(home, address)
    if address is not None:
        if not shelf.takes_writes():
            raise StoreError(f"nothing can be written to {address}: is the bucket there, and are these the right keys?")
        (home / _NOTE_NAME).write_text(f"{address}\n", encoding="utf-8")
    return shelf


def find_shelf(home: Path, address: str | None) -> Shelf:
    """The shelf of a home that is there. `StoreError` where it was made with another address."""
    note = home / _NOTE_NAME
    noted = note.read_text(encoding="utf-8").strip() if note.exists() else None
    if noted != address:
        place = noted or "its own folder"
        raise StoreError(f"the documents of {home} lie in {place}: let $CONSENTRY_DOCUMENTS_URL say so")
    return _open(home, address)


def lay_out_documents(home: Path, address: str | None) -> None:
    """Puts the documents that were unpacked into a home where its address says that they lie."""
    (home / _NOTE_NAME).unlink(missing_ok=True)
    shelf, unpacked = make_shelf(home, address), FolderShelf(home / "documents")
    if address is not None:
        for digest in list(unpacked.list_digests()):
            shelf.write(digest, unpacked.read(digest))
            unpacked.remove(digest)


def _open(home: Path, address: str | None) -> Shelf:
    if address is None:
        return FolderShelf(home / "documents")
    if not is_object_address(address):
        raise StoreError("the address of the documents is not s3://BUCKET or s3://BUCKET/FOLDER")
    return ObjectShelf(address)
