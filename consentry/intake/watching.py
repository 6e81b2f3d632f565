"""Looks at the doors again and again, and takes what rests: `consentry watch`.

A door out of reach is told and tried again; the others go on. Refuses a folder that overlaps the home or the program itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from consentry.doors.door_calls import is_called, note_look
from consentry.doors.door_settings import open_sharefile, read_door_settings
from consentry.doors.folder_door import FolderDoor
from consentry.doors.rest import RestWatch
from consentry.doors.taking_in import Taken, take_deliveries
from consentry.doors.types import Door, DoorTrouble
from consentry.errors import CommandError
from consentry.program import Program

_LOOK_SECONDS, _TURN_SECONDS = 2.0, 0.5
_LEAST_REST = 0.05


@dataclass(frozen=True, slots=True)
class WatchedDoor:
    """A door and how often it is looked at; a door that can be called is looked at at once when a call came."""

    door: Door
    every_seconds: float = _LOOK_SECONDS


@dataclass(frozen=True, slots=True)
class Watch:
    """Which doors are looked at, and how long a file has to rest."""

    doors: tuple[WatchedDoor, ...]
    rest_seconds: float

    def look_once(self, program: Program) -> list[Taken]:
        """Takes what rests and what comes to rest within the time of rest."""
        keepers = [_Keeper(watched, self.rest_seconds) for watched in self.doors]
        taken = [each for keeper in keepers for each in keeper.look(program)]
        time.sleep(max(self.rest_seconds, _LEAST_REST))
        return [*taken, *(each for keeper in keepers for each in keeper.look(program))]

    def look_until(self, program: Program, stop: threading.Event, tell: Callable[[Sequence[Taken]], None]) -> None:
        """Looks until told to stop; tells what each look brought."""
        keepers = [_Keeper(watched, self.rest_seconds) for watched in self.doors]
        while not stop.is_set():
            for keeper in keepers:
                if keeper.is_due(program):
                    tell(keeper.look(program))
            stop.wait(_TURN_SECONDS)


class _Keeper:
    """Looks at one door, and knows when to look again."""

    def __init__(self, watched: WatchedDoor, rest_seconds: float) -> None:
        self._door = watched.door
        self._every, self._rest_seconds = watched.every_seconds, rest_seconds
        self._rest = RestWatch(rest_seconds)
        self._next = 0.0

    def is_due(self, program: Program) -> bool:
        """Whether its time has come, or a call from outside."""
        return time.monotonic() >= self._next or is_called(program, self._door.name)

    def look(self, program: Program) -> list[Taken]:
        """Takes what rests. A door out of reach is told, and tried again no sooner than it asks."""
        now = time.monotonic()
        try:
            note_look(program, self._door.name)
            waiting = self._door.list_waiting()
            resting = self._rest.find_resting(waiting, now)
            taken = take_deliveries(program, self._door, resting)
        except DoorTrouble as trouble:
            self._next = now + max(trouble.retry_after or 0.0, self._every)
            return [Taken(self._door.name, "", (), trouble=str(trouble))]
        unrested = len(waiting) - sum(len(delivery.files) for delivery in resting)
        self._next = now + (min(self._rest_seconds, self._every) if unrested else self._every)
        return taken


def list_doors(program: Program, folder: Path) -> tuple[WatchedDoor, ...]:
    """The folder, and ShareFile where `doors.toml` sets it up."""
    home = program.installation.home
    settings = read_door_settings(home).sharefile
    doors = [WatchedDoor(open_folder(program, folder))]
    if settings is not None:
        doors.append(WatchedDoor(open_sharefile(home, settings), settings.poll_seconds))
    return tuple(doors)


def open_folder(program: Program, folder: Path) -> FolderDoor:
    """The door at a folder. `CommandError`: no such folder, or one that overlaps the home or the program."""
    if not folder.is_dir():
        raise CommandError(f"no such folder: {folder}")
    watched, home = folder.resolve(), program.installation.home.resolve()
    own = Path(__file__).resolve().parents[2]
    inboxes = home / "inbox"
    if watched.is_relative_to(home) and not watched.is_relative_to(inboxes):
        raise CommandError(f"the watched folder lies in the home: watch {inboxes} or a folder outside")
    if home.is_relative_to(watched):
        raise CommandError("the watched folder holds the home: watch a folder beside it")
    if watched.is_relative_to(own) or own.is_relative_to(watched):
        raise CommandError("the watched folder overlaps the program: watch another")
    return FolderDoor(folder)
