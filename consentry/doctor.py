"""What `doctor` looks at: the parsers' protections, whether the database keeps what it acknowledges, the key, the doors.

Changes nothing but for a file of no bytes that it writes into each outbox and takes away again. Where there is no home yet,
it says what it can of the machine.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from consentry.doors.checking import DoorCheck, check_doors
from consentry.errors import CommandError
from consentry.program import Program
from consentry.settings import Settings
from ingest import Cell
from ingest.types import Limits
from store import JsonValue
from store.durability import Durability, read_durability
from store.key_place import find_key_place


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found. `database` is None and no door is named where there is no home yet; `fault`: of `doors.toml`."""

    protections: dict[str, bool]
    database: Durability | None
    key_words: str
    doors: tuple[DoorCheck, ...]
    fault: str

    @property
    def has_trouble(self) -> bool:
        """Whether something of the home can't be relied on: a door, its settings, the database."""
        loses = self.database is not None and not self.database.holds
        return loses or bool(self.fault) or any(check.trouble for check in self.doors)

    def as_json(self) -> dict[str, JsonValue]:
        """As one JSON document."""
        database: JsonValue = None
        if self.database is not None:
            database = {
                "name": self.database.database,
                "keeps_what_it_acknowledges": self.database.holds,
                "settings": dict(self.database.settings),
            }
        doors: list[JsonValue] = [asdict(check) for check in self.doors]
        return {"protections": dict(self.protections), "database": database, "doors": doors, "doors_fault": self.fault}

    def in_words(self) -> str:
        """A line a thing."""
        lines = [f"{'holds ' if holds else 'ABSENT'}  {name}" for name, holds in self.protections.items()]
        if self.database is None:
            return "\n".join([*lines, "no home yet: run 'consentry init', then doctor looks at its database and doors"])
        told = ", ".join(f"{name} {value}" for name, value in self.database.settings.items())
        lines.append(f"{'holds ' if self.database.holds else 'LOSES '}  {self.database.database}: {told}")
        lines.append(self.key_words)
        lines += [f"{'TROUBLE' if c.trouble else 'open   '} {c.door}: {c.in_words()}" for c in self.doors]
        lines += [f"TROUBLE doors: {self.fault}"] if self.fault else []
        if not self.doors and not self.fault:
            lines.append("no door is set up in doors.toml: nothing leaves by itself (docs/doors.md)")
        return "\n".join(lines)


def examine(settings: Settings) -> Examination:
    """Looks at the machine, and at the home where there is one."""
    cell = Cell(Limits())
    try:
        protections = cell.protections()
    finally:
        cell.close()
    if not (settings.home / "keys" / "ledger.key").exists():
        return Examination(protections, None, "", (), "")
    program = Program.open(settings)
    doors, fault = tuple[DoorCheck, ...](), ""
    try:
        doors = tuple(check_doors(program))
    except CommandError as error:
        fault = str(error)
    database = read_durability(program.installation.engine)
    place = find_key_place(settings.home, settings.key_file)
    program.installation.engine.dispose()
    return Examination(protections, database, place.in_words(), doors, fault)
