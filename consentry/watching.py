"""Looks at the doors again and again, and takes what rests: `consentry watch`.

A door out of reach is told and tried again; the others go on. Refuses a folder that overlaps the home or the program itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from consentry.doors.folder_door import FolderDoor
from consentry.doors.rest import RestWatch
from consentry.doors.taking_in import Taken, take_deliveries
from consentry.doors.types import Door, DoorTrouble
from consentry.errors import CommandError
from consentry.program import Program

_LOOK_SECONDS = 2.0
_LEAST_REST = 0.05


@dataclass(frozen=True, slots=True)
class Watch:
    """Which doors are looked at, and how long a file has to rest."""

    doors: tuple[Door, ...]
    rest_seconds: float

    def look_once(self, program: Program) -> list[Taken]:
        """Takes what rests and what comes to rest within the time of rest."""
        watches = [RestWatch(self.rest_seconds) for _ in self.doors]
        taken = list(self._look(program, watches))
        time.sleep(max(self.rest_seconds, _LEAST_REST))
        return [*taken, *self._look(program, watches)]

    def look_until(self, program: Program, stop: threading.Event, tell: Callable[[Sequence[Taken]], None]) -> None:
        """Looks every two seconds until told to stop; tells what each look brought."""
        watches = [RestWatch(self.rest_seconds) for _ in self.doors]
        while not stop.is_set():
            tell(list(self._look(program, watches)))
            stop.wait(_LOOK_SECONDS)

    def _look(self, program: Program, watches: Sequence[RestWatch]) -> Iterator[Taken]:
        for door, watch in zip(self.doors, watches, strict=True):
            try:
                resting = watch.find_resting(door.list_waiting(), time.monotonic())
            except DoorTrouble as trouble:
                yield Taken(door.name, "", (), trouble=str(trouble))
                continue
            yield from take_deliveries(program, door, resting)


def open_folder(program: Program, folder: Path) -> FolderDoor:
    """The door at a folder. `CommandError`: no such folder, or one that overlaps the home or the program."""
    if not folder.is_dir():
        raise CommandError(f"no such folder: {folder}")
    watched, home = folder.resolve(), program.installation.home.resolve()
    own = Path(__file__).resolve().parents[1]
    inboxes = home / "inbox"
    if watched.is_relative_to(home) and not watched.is_relative_to(inboxes):
        raise CommandError(f"the watched folder lies in the home: watch {inboxes} or a folder outside")
    if home.is_relative_to(watched):
        raise CommandError("the watched folder holds the home: watch a folder beside it")
    if watched.is_relative_to(own) or own.is_relative_to(watched):
        raise CommandError("the watched folder overlaps the program: watch another")
    return FolderDoor(folder)
