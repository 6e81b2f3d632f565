"""A door that fails where it is told to, and works elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from consentry.doors.types import Door, DoorTrouble, FileChanged, Outcome, WaitingFile


class BrokenDoor:
    """`fails` names the methods that fail; "half" lets a fetch break off in the middle, "changed" lets the file change."""

    def __init__(self, inner: Door, *fails: str) -> None:
        self._inner = inner
        self.fails = set(fails)
        self.name = inner.name

    def list_waiting(self) -> Sequence[WaitingFile]:
        self._fail("list_waiting")
        return self._inner.list_waiting()

    def fetch(self, file: WaitingFile, target: Path) -> None:
        self._fail("fetch")
        if "changed" in self.fails:
            raise FileChanged(file.place)
        if "half" in self.fails:
            target.write_bytes(b"half of it")
            raise DoorTrouble("cut", "the connection was cut")
        self._inner.fetch(file, target)

    def put_away(self, file: WaitingFile, outcome: Outcome) -> None:
        self._fail("put_away")
        self._inner.put_away(file, outcome)

    def deliver(self, partner_id: str, name: str, content: bytes) -> None:
        self._fail("deliver")
        self._inner.deliver(partner_id, name, content)

    def _fail(self, method: str) -> None:
        if method in self.fails:
            raise DoorTrouble("broken", f"{method} does not work")
