"""The port that every door implements, and what passes through it.

A door moves files and nothing else: it never looks into one, never decides whether it is taken, and never knows a student.
Implementations: `FolderDoor` (a folder tree), `ShareFileDoor`, `ClosedDoor` (nothing comes, nothing goes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

OFFICE = "_office"
"""In the place of a partner's id: stacks that the office's scanner made, parted by their cover sheets."""


class DoorTrouble(Exception):
    """A door can't be used now; the message says why without a name. `retry_after`: seconds that the other side asked for."""

    def __init__(self, code: str, words: str, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.retry_after = retry_after


class FileChanged(Exception):
    """A file changed or went while it was fetched: it is looked at again another time."""


class Outcome(StrEnum):
    """What became of a file that came in."""

    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"
    STACK = "stack"


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that waits at a door. `place` names it there; `bundle` is what it came with ("" for what lies loose): files of one
    bundle are one delivery. `version` changes whenever its bytes may have; `is_whole`: the door knows that it is complete.
    """

    partner_id: str
    place: str
    name: str
    size: int
    version: str
    bundle: str = ""
    is_whole: bool = False


class Door(Protocol):
    """One way in and out."""

    @property
    def name(self) -> str:
        """Short and stable: it stands with every arrival."""

    def list_waiting(self) -> Sequence[WaitingFile]:
        """What waits, in a fixed order. SHALL raise `DoorTrouble` where it can't be told, never answer "nothing" for that. MAY
        list files that are still being written, with `is_whole` False.
        """

    def fetch(self, file: WaitingFile, target: Path) -> None:
        """Writes the file's bytes to `target`. SHALL write all bytes of exactly that version or raise `FileChanged` or
        `DoorTrouble`; SHALL leave the file where it waits.
        """

    def put_away(self, file: WaitingFile, outcome: Outcome) -> None:
        """Makes the file wait no longer. SHALL destroy nothing; SHALL do nothing where the file waits no longer, or waits in
        another version.
        """

    def deliver(self, partner_id: str, name: str, content: bytes) -> None:
        """Puts a file into the partner's outbox. SHALL be whole or not there at all; the same name and bytes again SHALL change
        nothing; another file of that name SHALL stay.
        """


class ClosedDoor:
    """A door through which nothing comes and goes; what is to be delivered waits."""

    name = "closed"

    def list_waiting(self) -> Sequence[WaitingFile]:
        """Nothing."""
        return ()

    def fetch(self, file: WaitingFile, target: Path) -> None:
        """There is no such file."""
        raise FileChanged(file.place)

    def put_away(self, file: WaitingFile, outcome: Outcome) -> None:
        """Nothing waits."""

    def deliver(self, partner_id: str, name: str, content: bytes) -> None:
        """Not possible now."""
        raise DoorTrouble("closed", "no outbox is set up: name one in doors.toml")
