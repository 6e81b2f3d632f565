"""The whole home in one sealed file, taken while it runs.

A backup is one state of the database first and the home's files after it: files only come to be, so each that the state names
is there. Where one was erased meanwhile, the backup is taken anew. The sealing key is not in it, nor what is hidden (files that
are being written) nor links.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from sqlalchemy import select

from store.canonical import JsonValue
from store.errors import StoreError, UnknownRecordError
from store.installation import Installation
from store.key_place import KEY_NAME
from store.sealed_stream import SealingWriter
from store.snapshots import SQLITE_FILE, take_snapshot
from store.tables import Document

FORMAT = 1
MANIFEST, DATABASE_FOLDER, HOME_FOLDER = "manifest.json", "database", "home"
LEDGER_KEY = PurePosixPath("keys/ledger.key")
_LEFT_OUT = (f"keys/{KEY_NAME}", SQLITE_FILE, "dbos.sqlite")
_TRIES = 3

Describe = Callable[[Installation], dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class BackupTaken:
    """A backup: what its manifest says besides, how many files of the home it has, documents that were missing already."""

    told: dict[str, JsonValue]
    files: int
    missing_documents: int


def take_backup(installation: Installation, file: Path, describe: Describe) -> BackupTaken:
    """Writes a backup to `file`, which SHALL not be there. `describe` is shown the state that is kept; what it returns goes
    into the manifest. The key of a home that has it inside goes into a file of its own beside the backup (`name_key_beside`).
    """
    if file.absolute().resolve().is_relative_to(installation.home.absolute().resolve()):
        raise StoreError("a backup within the home is lost with it: name a file elsewhere")
    if file.exists():
        raise StoreError(f"{file} is there already: a backup never writes over another")
    aside = file.with_name(f".{file.name}.part")
    try:
        for _ in range(_TRIES):
            taken, was_erased = _write_backup(installation, aside, describe)
            if not was_erased:
                break
        if (installation.home / "keys" / KEY_NAME).exists():
            name_key_beside(file).unlink(missing_ok=True)
            installation.key.write(name_key_beside(file))
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    return taken


def _write_backup(installation: Installation, file: Path, describe: Describe) -> tuple[BackupTaken, bool]:
    with _scratch(installation.home) as folder, take_snapshot(installation, folder) as snapshot:
        told = describe(snapshot.installation)
        dialect = installation.engine.dialect.name
        manifest = {"format": FORMAT, "database": dialect, "revision": snapshot.revision, "told": told}
        archived: set[str] = set()
        with file.open("wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            writer = SealingWriter(stream, installation.key)
            with tarfile.open(mode="w|", fileobj=cast("BinaryIO", writer)) as archive:
                _add_bytes(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False).encode())
                for each in snapshot.files:
                    archive.add(each, f"{DATABASE_FOLDER}/{each.name}")
                for each in _list_files(installation.home):
                    _add_file(archive, installation.home, each, archived)
                for digest in sorted(_list_digests(snapshot.installation)):
                    _add_document(archive, installation, digest, archived)
            writer.finish()
            stream.flush()
            os.fsync(stream.fileno())
        missing = _list_documents(snapshot.installation) - archived
    was_erased = bool(missing - _list_documents(installation))
    return BackupTaken(told, len(archived), len(missing)), was_erased


def _list_documents(installation: Installation) -> set[str]:
    return {name_document(digest) for digest in _list_digests(installation)}


def _list_digests(installation: Installation) -> set[str]:
    with installation.reading() as session:
        return set(session.scalars(select(Document.sha256)))


def name_document(digest: str) -> str:
    """Where a backup has a document, wherever it lies otherwise."""
    return f"documents/{digest[:2]}/{digest[2:]}"


def _list_files(home: Path) -> Iterator[Path]:
    """The home's files but the databases, the sealing key, and what is being written just now; the ledger's key last."""
    for folder, folders, names in os.walk(home):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            place = file.relative_to(home).as_posix()
            is_database = place.removesuffix("-wal").removesuffix("-shm").removesuffix("-journal") in _LEFT_OUT
            if not name.startswith(".") and not is_database and place != str(LEDGER_KEY) and not file.is_symlink():
                yield file
    yield home / LEDGER_KEY


def _add_file(archive: tarfile.TarFile, home: Path, file: Path, archived: set[str]) -> None:
    place = file.relative_to(home).as_posix()
    try:
        content = file.read_bytes()
        mode = file.stat().st_mode & 0o777
    except FileNotFoundError:
        return  # moved on or erased since it was listed: what has to be there is compared at the end
    _add_bytes(archive, f"{HOME_FOLDER}/{place}", content, mode)
    archived.add(place)


def _add_document(archive: tarfile.TarFile, installation: Installation, digest: str, archived: set[str]) -> None:
    """Adds a document that doesn't lie in the home but in a bucket."""
    if name_document(digest) in archived:
        return
    try:
        sealed = installation.documents.get_sealed(digest)
    except UnknownRecordError:
        return
    _add_bytes(archive, f"{HOME_FOLDER}/{name_document(digest)}", sealed, 0o440)
    archived.add(name_document(digest))


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o600) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A folder for the copy of the database: in the home, whose protections hold for it too."""
    for left in home.glob(".backup-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def name_key_beside(file: Path) -> Path:
    """Where the key of a backup lies if its home has no key outside."""
    return file.with_name(f"{file.name}.key")
