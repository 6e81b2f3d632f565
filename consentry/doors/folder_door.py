"""The door that is a folder tree: a mapped drive, a scanner's target, a synchronised folder.

    ROOT/PARTNER/inbox/...      what comes in; files that lie in ROOT/PARTNER itself count too
    ROOT/PARTNER/outbox/...     what goes out
    ROOT/PARTNER/taken/...      what was taken or known already; refused/ beside it for what was not
    ROOT/_office/inbox/...      stacks from the office's scanner

A folder within an inbox is one delivery. Never follows a link, never destroys a file. Accepted limit: rest is seen by size
and time of change, so whoever writes a file in steps further apart than the time of rest has it taken in two versions.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from consentry.doors.types import DoorTrouble, FileChanged, Outcome, WaitingFile

INBOX, OUTBOX, TAKEN, REFUSED = "inbox", "outbox", "taken", "refused"
_OWN = frozenset({OUTBOX, TAKEN, REFUSED})
_PASSED_OVER = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


class FolderDoor:
    """The door at `root`, which has to be there."""

    name = "folder"

    def __init__(self, root: Path) -> None:
        self._root = root

    def list_waiting(self) -> Sequence[WaitingFile]:
        """Files in all inboxes, by partner and name. `DoorTrouble` if the tree is out of reach."""
        try:
            partners = sorted(entry.name for entry in os.scandir(self._root) if entry.is_dir(follow_symlinks=False))
            return [file for partner in partners if partner[0] != "." for file in self._list_partner(partner)]
        except OSError as error:
            raise DoorTrouble("unreachable", f"the folder cannot be read: {error.strerror}") from None

    def find_closed(self, partner_ids: Sequence[str]) -> list[str]:
        """In words, which of these partners' inboxes can't be read and which outboxes not written to."""
        found = []
        for partner_id in partner_ids:
            inbox, outbox = (self._root / partner_id / name for name in (INBOX, OUTBOX))
            if not inbox.is_dir():
                found.append(f"{partner_id} has no inbox yet")
            elif not os.access(inbox, os.R_OK | os.W_OK | os.X_OK):  # what was taken is moved away
                found.append(f"the inbox of {partner_id} cannot be read and emptied")
            if not _takes_a_file(outbox):
                found.append(f"the outbox of {partner_id} cannot be written to")
        return found

    def fetch(self, file: WaitingFile, target: Path) -> None:
        """Copies the file; `FileChanged` if it isn't the version that was listed, before or after."""
        source = self._root / file.place
        try:
            if _find_version(source) != file.version:
                raise FileChanged(file.place)
            with open(source, "rb", opener=_open_no_link) as original, target.open("wb") as copy:
                shutil.copyfileobj(original, copy)
            if _find_version(source) != file.version or target.stat().st_size != file.size:
                raise FileChanged(file.place)
        except FileNotFoundError:
            raise FileChanged(file.place) from None
        except OSError as error:
            raise DoorTrouble("unreadable", f"a file cannot be read: {error.strerror}") from None

    def put_away(self, file: WaitingFile, outcome: Outcome) -> None:
        """Moves the file to `taken` or `refused`, and its delivery's folder away once it is empty."""
        source = self._root / file.place
        with contextlib.suppress(FileNotFoundError):
            if _find_version(source) != file.version:
                return
            home = self._root / file.partner_id / (REFUSED if outcome is Outcome.REFUSED else TAKEN)
            target = _find_free_name(home / file.bundle / file.name)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise DoorTrouble("unmovable", f"a file cannot be put away: {error.strerror}") from None
            _remove_empty_folders(source.parent, self._root / file.partner_id)

    def deliver(self, partner_id: str, name: str, content: bytes) -> None:
        """Writes the file beside its place and renames it there."""
        outbox = self._root / partner_id / OUTBOX
        target = outbox / name
        try:
            outbox.mkdir(parents=True, exist_ok=True)
            if target.exists() and target.read_bytes() == content:
                return
            if target.exists():
                target = target.with_stem(f"{target.stem}-{hashlib.sha256(content).hexdigest()[:8]}")
            draft = target.with_name(f".{target.name}.part")
            with draft.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(target)
        except OSError as error:
            raise DoorTrouble("unwritable", f"the outbox cannot be written to: {error.strerror}") from None

    def _list_partner(self, partner_id: str) -> Iterator[WaitingFile]:
        folder = self._root / partner_id
        loose = [entry for entry in _scan(folder) if entry.is_file(follow_symlinks=False)]
        yield from (self._describe(partner_id, Path(entry.path), "") for entry in loose)
        for entry in _scan(folder):
            if entry.is_dir(follow_symlinks=False) and entry.name not in _OWN:
                is_inbox = entry.name == INBOX
                yield from self._list_inbox(partner_id, Path(entry.path), "" if is_inbox else entry.name)

    def _list_inbox(self, partner_id: str, folder: Path, bundle: str) -> Iterator[WaitingFile]:
        for entry in _scan(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from self._list_inbox(partner_id, Path(entry.path), bundle or entry.name)
            elif entry.is_file(follow_symlinks=False):
                yield self._describe(partner_id, Path(entry.path), bundle)

    def _describe(self, partner_id: str, path: Path, bundle: str) -> WaitingFile:
        place = path.relative_to(self._root).as_posix()
        return WaitingFile(partner_id, place, path.name, path.stat().st_size, _find_version(path), bundle)


def _takes_a_file(outbox: Path) -> bool:
    """Whether a file can be written there; where there is no outbox yet, whether one could be made."""
    place = outbox if outbox.exists() else outbox.parent if outbox.parent.exists() else outbox.parent.parent
    trial = place / ".trial.part"
    try:
        trial.touch()
        trial.unlink()
    except OSError:
        return False
    return True


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not _is_passed_over(entry.name)), key=lambda entry: entry.name)


def _is_passed_over(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in _PASSED_OVER or name.casefold().endswith(_UNFINISHED)


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _find_version(path: Path) -> str:
    state = path.stat(follow_symlinks=False)
    return f"{state.st_size}-{state.st_mtime_ns}"


def _find_free_name(target: Path) -> Path:
    number, chosen = 1, target
    while chosen.exists():
        number += 1
        chosen = target.with_stem(f"{target.stem}-{number}")
    return chosen


def _remove_empty_folders(folder: Path, top: Path) -> None:
    while folder not in (top, top / INBOX):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
