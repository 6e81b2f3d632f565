"""Whether a file at a door rests: seen twice in the same version, far enough apart. A delivery rests when all its files do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from consentry.doors.types import WaitingFile


@dataclass(frozen=True, slots=True)
class Delivery:
    """Files that came together at one door."""

    partner_id: str
    bundle: str
    files: tuple[WaitingFile, ...]


class RestWatch:
    """Remembers since when each file has been seen as it is. Times are seconds of a clock that only goes forward."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[tuple[str, str], float] = {}

    def find_resting(self, waiting: Iterable[WaitingFile], now: float) -> list[Delivery]:
        """The deliveries all of whose files rest."""
        files = list(waiting)
        self._since = {(file.place, file.version): self._since.get((file.place, file.version), now) for file in files}
        return [
            delivery for delivery in gather_deliveries(files) if all(self._rests(file, now) for file in delivery.files)
        ]

    def _rests(self, file: WaitingFile, now: float) -> bool:
        return file.is_whole or now - self._since[file.place, file.version] >= self._seconds


def gather_deliveries(files: Sequence[WaitingFile]) -> list[Delivery]:
    """Files by partner and by what they came with, in a fixed order."""

    def key(file: WaitingFile) -> tuple[str, str]:
        return file.partner_id, file.bundle

    return [Delivery(*of, tuple(group)) for of, group in groupby(sorted(files, key=lambda f: (*key(f), f.place)), key)]
