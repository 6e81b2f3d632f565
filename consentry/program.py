"""The running program: one home opened, its rules read, its parsers' cell at hand. Made once, passed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from consentry.policy import Rulebook, load_rulebook
from consentry.settings import Settings
from ingest import Cell
from ingest.types import Limits
from store import Clock, Installation


@dataclass(frozen=True, slots=True)
class Program:
    """What every command works with."""

    settings: Settings
    installation: Installation
    rulebook: Rulebook
    limits: Limits

    @classmethod
    def open(cls, settings: Settings) -> Program:
        """Opens the home of the settings. `StoreError` if there is none."""
        installation = Installation.open(settings.home, settings.database_url)
        return cls(settings, installation, load_rulebook(settings.home), Limits())

    def read_clock(self) -> Clock:
        """The time now, and the day that the rules take as today."""
        return self.settings.read_clock()

    @contextmanager
    def open_cell(self) -> Iterator[Cell]:
        """The cell that parses uploads, ended afterwards."""
        cell = Cell(self.limits)
        try:
            yield cell
        finally:
            cell.close()
