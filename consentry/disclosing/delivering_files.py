"""Puts a package's files in place whole or not at all: written beside the target under a hidden name, flushed, then renamed.

A reader of the folder sees nothing until the one rename, and all of it after. What a killed run left under a hidden name is
taken away by the next that holds the folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from access.adr_package import PackageFile
from store.shelf import flush_folder

_STAGED = ".staged-"


@dataclass(frozen=True, slots=True)
class StagedFolder:
    """Files written and flushed under a hidden name, waiting to be `publish`ed as `target`."""

    place: Path
    target: Path

    def publish(self) -> None:
        """The one rename. Over an empty folder that is there already; `OSError` over anything else."""
        self.place.rename(self.target)
        flush_folder(self.target.parent)

    def discard(self) -> None:
        """Takes the staged files away."""
        shutil.rmtree(self.place, ignore_errors=True)


def hold_folder(folder: Path) -> int:
    """Waits until nobody else writes into a folder, made if need be, and takes away what killed runs left there. The handle
    that is returned SHALL be closed: that lets others in. `OSError` if the folder can't be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    for left in folder.glob(f"{_STAGED}*"):
        shutil.rmtree(left, ignore_errors=True)
    return handle


def stage_folder(target: Path, files: Sequence[PackageFile]) -> StagedFolder:
    """Writes files beside `target`, on its own file system. `OSError` if that fails; nothing is left then."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = StagedFolder(target.parent / f"{_STAGED}{target.name}", target)
    staged.discard()
    try:
        staged.place.mkdir(mode=0o750)
        for file in files:
            write_flushed(staged.place / file.name, file.content)
        flush_folder(staged.place)
    except OSError:
        staged.discard()
        raise
    return staged


def holds_files(folder: Path, files: Sequence[PackageFile]) -> bool:
    """Whether a folder holds exactly these files."""
    try:
        names = {entry.name for entry in folder.iterdir()}
        return names == {file.name for file in files} and all(
            (folder / file.name).read_bytes() == file.content for file in files
        )
    except OSError:
        return False


def write_flushed(place: Path, content: bytes) -> None:
    """Writes a new file and waits until it is on the disk. `OSError` if the disk refuses; a part may be left."""
    with place.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
