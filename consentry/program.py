"""The running program: one home opened, its rules and its parsers' cell at hand. Made once, passed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from consentry.logs import set_log_detail
from consentry.program_year.year_versions import ensure_year, list_unkept_years
from consentry.risk.policy import Rulebook
from consentry.risk.policy_versions import HeldPolicy, PolicyShelf, begin_with_built_in, refuse_unset_file
from consentry.settings import Settings
from ingest import Cell
from ingest.types import Limits
from store import Clock, Installation


def make_home(settings: Settings) -> None:
    """Makes the empty home of the settings. `StoreError` if there is one."""
    place, clock = settings.home, settings.read_clock()
    made = Installation.create(place, settings.database_url, clock, settings.key_file, settings.documents_url)
    made.engine.dispose()


@dataclass(frozen=True, slots=True)
class Program:
    """What every command works with."""

    settings: Settings
    installation: Installation
    policies: PolicyShelf
    limits: Limits

    @classmethod
    def open(cls, settings: Settings, is_about_policy: bool = False) -> Program:
        """Opens the home of the settings. `StoreError` if there is none; `CommandError` for a policy file that was never put in
        force, unless the call is about the policy itself.
        """
        set_log_detail(settings.log)
        places = (settings.home, settings.database_url, settings.key_file, settings.documents_url)
        installation = Installation.open(*places)
        begin_with_built_in(installation, settings.read_clock())
        if not is_about_policy:
            refuse_unset_file(installation, settings.home)
        program = cls(settings, installation, PolicyShelf(installation), Limits())
        program.keep_years()
        return program

    @property
    def rulebook(self) -> Rulebook:
        """The policy in force now."""
        return self.policies.find_rulebook()

    def hold_rules(self) -> Program:
        """The same program with the rules as they are now, for one step that asks for them often. Under the ledger's lock they
        can't change before it ends.
        """
        return replace(self, policies=HeldPolicy(self.rulebook))

    def keep_years(self) -> None:
        """Puts years in force that a home of before names and that have no file yet."""
        with self.installation.reading() as session:
            unkept = list_unkept_years(session)
        if not unkept:
            return
        rulebook = self.rulebook
        with self.installation.writing() as session:
            for label in unkept:
                ensure_year(session, self.installation, rulebook.find_school_year(label), self.read_clock())

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
