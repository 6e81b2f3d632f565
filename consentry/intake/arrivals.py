"""Files that came in by a door, as the store keeps them: the same version at the same place is the same arrival, however
often it is seen, so that whatever was begun before a power cut is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from store import Clock
from store.door_tables import Arrival
from store.ids import Sha256, derive_id

ARRIVAL_DOCUMENT = "arrival"


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file that a door handed over: its bytes are a stored document."""

    arrival_id: str
    door: str
    name: str
    sha256: Sha256
    size: int


@dataclass(frozen=True, slots=True)
class ArrivalEnd:
    """What became of files that came together."""

    partner_id: str | None
    outcome: str
    received_on: date
    submission_id: str | None = None
    words: str = ""


def name_arrival(door: str, *parts: str) -> str:
    """The id of an arrival: by door, partner, place and version."""
    return derive_id("arr", door, *parts)


def is_known(session: Session, arrival_id: str) -> bool:
    """Whether the arrival was dealt with."""
    return session.get(Arrival, arrival_id) is not None


def find_arrival(session: Session, files: Sequence[ArrivedFile]) -> Arrival | None:
    """What was recorded of files that came together, if they were dealt with already."""
    return session.get(Arrival, files[0].arrival_id) if files else None


def make_arrivals(files: Sequence[ArrivedFile], end: ArrivalEnd, clock: Clock) -> list[Arrival]:
    """Their rows, to be written in the transaction that has the effect."""
    return [
        Arrival(
            arrival_id=file.arrival_id,
            door=file.door,
            partner_id=end.partner_id,
            file_name=file.name,
            sha256=file.sha256,
            size=file.size,
            received_on=end.received_on,
            outcome=end.outcome,
            words=end.words,
            submission_id=end.submission_id,
            at=clock.now,
        )
        for file in files
    ]
