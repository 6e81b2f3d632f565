"""A home made of a backup: an empty one alone, and nothing where it can't be made whole.

`keys/ledger.key`, by which a home is known, comes last: a restore that was ended half-way has made no home. Whether what was
restored is what was kept, and continues what others hold of it, is for the caller to prove.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from store.backup import DATABASE_FOLDER, FORMAT, HOME_FOLDER, LEDGER_KEY, MANIFEST, name_key_beside
from store.canonical import JsonValue
from store.engine import open_engine
from store.errors import StoreError
from store.installation import Installation, make_home_folders
from store.key_place import KEY_NAME, find_key_place
from store.sealed_stream import SealedReader
from store.sealing import SealBrokenError, SealingKey
from store.shelf import lay_out_documents
from store.snapshots import SQLITE_FILE, fill_database

_RESTORING = ".restoring"


@dataclass(frozen=True, slots=True)
class _Manifest:
    format: int
    database: str
    revision: str
    told: dict[str, JsonValue]


def restore_backup(
    file: Path, home: Path, database_url: str | None, key_file: Path | None, documents_url: str | None = None
) -> tuple[Installation, dict[str, JsonValue]]:
    """Makes an empty home what the backup holds; returns it opened, and what the manifest tells. `StoreError`: the home isn't
    empty, the key isn't the backup's, the file was changed or cut, or it is of another kind of database.
    """
    if home.exists() and any(home.iterdir()):
        raise StoreError(f"{home} is not empty: a backup is restored into an empty home")
    key = find_backup_key(file, home, key_file)
    was_there = home.exists()
    home.mkdir(parents=True, exist_ok=True)
    try:
        make_home_folders(home)
        manifest = _unpack(file, home, database_url, key)
        if not find_key_place(home, key_file).is_outside:
            key.write(home / "keys" / KEY_NAME)
        lay_out_documents(home, documents_url)
        os.sync()
        (home / "keys" / f".{LEDGER_KEY.name}").replace(home / LEDGER_KEY)
    except BaseException:
        for left in home.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if not was_there:
            home.rmdir()
        raise
    return Installation.open(home, database_url, key_file, documents_url), manifest.told


def _unpack(file: Path, home: Path, database_url: str | None, key: SealingKey) -> _Manifest:
    try:
        with file.open("rb") as stream:
            reader = SealedReader(stream, key)
            with tarfile.open(mode="r|", fileobj=cast("BinaryIO", reader)) as archive:
                manifest = _read_manifest(archive, database_url)
                files = dict(_extract(archive, home))
            reader.finish()
    except SealBrokenError as error:
        raise SealBrokenError(f"{file} cannot be restored: {error}") from None
    except tarfile.TarError:
        raise StoreError(f"{file} is not a backup written by consentry") from None
    if database_url is not None and manifest.database != "sqlite":
        engine = open_engine(database_url)
        try:
            fill_database(engine, manifest.revision, files)
        finally:
            engine.dispose()
    shutil.rmtree(home / _RESTORING, ignore_errors=True)
    return manifest


def _read_manifest(archive: tarfile.TarFile, database_url: str | None) -> _Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    if content is None:
        raise StoreError("the file is not a backup written by consentry")
    read: dict[str, Any] = json.load(content)
    manifest = _Manifest(int(read["format"]), str(read["database"]), str(read["revision"]), read["told"])
    if manifest.format != FORMAT:
        raise StoreError(f"the backup is of format {manifest.format}: restore it with the version that wrote it")
    wanted = "sqlite" if database_url is None or database_url.startswith("sqlite") else "postgresql"
    if manifest.database != wanted:
        raise StoreError(f"the backup is of a {manifest.database} database: restore it into one of that kind")
    return manifest


def _extract(archive: tarfile.TarFile, home: Path) -> Iterator[tuple[str, Path]]:
    """Writes each member to its place; yields the database's files by name."""
    while (member := archive.next()) is not None:
        kind, *rest = PurePosixPath(member.name).parts
        if not member.isreg() or not rest or ".." in rest or kind not in (DATABASE_FOLDER, HOME_FOLDER):
            raise StoreError(f"the backup holds what no backup of ours does: {kind}")
        place = PurePosixPath(*rest)
        if place == LEDGER_KEY and kind == HOME_FOLDER:
            place = place.with_name(f".{place.name}")
        elif kind == DATABASE_FOLDER and place.name != SQLITE_FILE:
            place = PurePosixPath(_RESTORING) / place
        target = home / place
        target.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(member)
        assert content is not None  # noqa: S101 - a regular member has content
        with target.open("wb") as stream:
            shutil.copyfileobj(content, stream, 1 << 20)
        target.chmod(member.mode & 0o777)
        if kind == DATABASE_FOLDER:
            yield place.name, target


def find_backup_key(file: Path, home: Path, key_file: Path | None) -> SealingKey:
    """The key of a backup: the named one, else the one that was written beside it. `StoreError` if there is neither."""
    place = find_key_place(home, key_file)
    beside = name_key_beside(file)
    if place.is_outside:
        return SealingKey.load(place.file)
    if not beside.exists():
        raise StoreError(f"{file} is sealed: name its key's file in $CONSENTRY_KEY_FILE, or put it at {beside}")
    return SealingKey.load(beside)
