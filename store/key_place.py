"""Where an installation's sealing key lies, and that it is the right one.

A named key file lies outside the home, so that a copied or stolen home can't be read. Without a named one the key lies in the
home's own `keys/`, good for trying out and said so. The home notes the key's id, so that another key is refused at once and not
at the first document. A home of before documents were sealed gets a key, and its documents sealed, when it is first opened.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from store.documents import DocumentStore
from store.errors import StoreError
from store.sealing import SealingKey, is_sealed
from store.shelf import FolderShelf

KEY_NAME = "documents.key"
_NOTE_NAME = "documents.id"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The file of a home's sealing key. `is_outside`: not in the home."""

    file: Path
    is_outside: bool

    def in_words(self) -> str:
        """Where the key lies, and what to do about it."""
        if self.is_outside:
            return f"documents are sealed with the key in {self.file}: keep a copy of it elsewhere, nothing opens them without"
        return (
            f"documents are sealed with the key in {self.file}, which lies within the home: whoever copies the home can read "
            "them. Name a file elsewhere in $CONSENTRY_KEY_FILE before 'init' to keep it apart"
        )


def find_key_place(home: Path, key_file: Path | None) -> KeyPlace:
    """Where the key of a home belongs. `StoreError` for a named file that lies within the home."""
    if key_file is None:
        return KeyPlace(home / "keys" / KEY_NAME, False)
    if key_file.absolute().resolve().is_relative_to(home.absolute().resolve()):
        raise StoreError("the key file lies within the home: name one elsewhere, or none")
    return KeyPlace(key_file, True)


def make_key(home: Path, key_file: Path | None) -> SealingKey:
    """The key of a home that has none yet: made, or taken from a named file that is there already."""
    place = find_key_place(home, key_file)
    if place.is_outside and not place.file.exists():
        place.file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        SealingKey.make(place.file)
    key = SealingKey.load(place.file)
    _note_key(home, key)
    return key


def find_key(home: Path, key_file: Path | None) -> SealingKey:
    """The key of a home that is there. `StoreError` if it isn't given, or is another home's."""
    note = home / "keys" / _NOTE_NAME
    if not note.exists():
        return _seal_older_home(home, key_file)
    place = find_key_place(home, key_file)
    if not place.file.exists():
        where = f"no key is at {place.file}" if place.is_outside else "its key is kept outside"
        raise StoreError(f"cannot open {home}: {where}; name the key's file in $CONSENTRY_KEY_FILE")
    key = SealingKey.load(place.file)
    if key.key_id != note.read_text(encoding="ascii").strip():
        raise StoreError(f"the key in {place.file} is not the one that this home is sealed with")
    return key


def _note_key(home: Path, key: SealingKey) -> None:
    """Notes in the home which key it is sealed with."""
    aside = home / "keys" / f".{_NOTE_NAME}.{os.getpid()}"
    aside.write_text(f"{key.key_id}\n", encoding="ascii")
    aside.replace(home / "keys" / _NOTE_NAME)


def _seal_older_home(home: Path, key_file: Path | None) -> SealingKey:
    place = find_key_place(home, key_file)
    if not place.file.exists() and any(is_sealed(file.read_bytes()) for file in (home / "documents").glob("??/*")):
        raise StoreError(f"cannot open {home}: its documents are sealed, and their key is not at {place.file}")
    key = make_key(home, key_file)
    DocumentStore(FolderShelf(home / "documents"), key).seal_plain_documents()
    return key
