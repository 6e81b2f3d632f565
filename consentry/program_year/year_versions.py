"""Which file of a school year is in force: the newest version in the store, a document under the hash that decisions carry.

A year that is named for the first time, by a blank or an agreement, comes in force as the installation's own file in the home
(`years/LABEL.toml`) has it, else as the program drafts it; so no decision is ever made under a year that nobody kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consentry.program_year.school_years import YearRules, draft_year, read_year
from review_queue import SchoolYear
from store import Clock, Entry, Event, Installation, JsonValue, describe_document, record
from store.ids import Sha256
from store.tables import Agreement, FormTemplate
from store.year_tables import SchoolYearVersion

YEAR_DOCUMENT = "school year"
_IN_FORCE = select(SchoolYearVersion.label, SchoolYearVersion.sha256).order_by(SchoolYearVersion.version)
_PROGRAM = "program"


class YearShelf:
    """The school years in force of one home; what is held is given again as long as nothing has changed."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._hashes: dict[str, str] = {}
        self._held: Mapping[str, YearRules] = MappingProxyType({})

    def find_years(self, session: Session) -> Mapping[str, YearRules]:
        """The rules of every year in force, by its label."""
        hashes = {label: sha256 for label, sha256 in session.execute(_IN_FORCE)}
        if hashes != self._hashes:
            documents = self._installation.documents
            years = {label: read_year(documents.get(sha256), label) for label, sha256 in sorted(hashes.items())}
            self._hashes, self._held = hashes, MappingProxyType(years)
        return self._held


def find_year_content(installation: Installation, year: SchoolYear) -> bytes:
    """The bytes of a year's file: the home's own, else the draft."""
    own = installation.home / "years" / f"{year.label}.toml"
    return own.read_bytes() if own.is_file() else draft_year(year)


def ensure_year(session: Session, installation: Installation, year: SchoolYear, clock: Clock) -> None:
    """Puts a year's file in force where none is. The session holds the ledger's lock. `CommandError` for a file with faults."""
    if session.scalar(select(SchoolYearVersion.version).where(SchoolYearVersion.label == year.label).limit(1)):
        return
    content = find_year_content(installation, year)
    read_year(content, year.label)
    record_year(session, installation, clock, year.label, content, _PROGRAM, "named for the first time")


def list_unkept_years(session: Session) -> list[str]:
    """Labels that blanks or agreements name and no file is in force for: homes of before years had files have such."""
    named = {*session.scalars(select(FormTemplate.school_year).distinct())}
    named |= {*session.scalars(select(Agreement.school_year).distinct())}
    return sorted(named - {*session.scalars(select(SchoolYearVersion.label).distinct())})


def record_year(
    session: Session, installation: Installation, clock: Clock, label: str, content: bytes, set_by: str, reason: str
) -> SchoolYearVersion:
    """Puts a year's file in force. The session holds the ledger's lock; the file was read without fault before."""
    sha256 = installation.documents.put(content)
    newest = session.scalar(select(func.max(SchoolYearVersion.version)).where(SchoolYearVersion.label == label)) or 0
    version = SchoolYearVersion(
        label=label,
        version=newest + 1,
        sha256=sha256,
        set_by=set_by,
        reason=reason,
        on_date=clock.today,
        at=clock.now,
    )
    rows = [*describe_document(session, Sha256(sha256), YEAR_DOCUMENT, len(content), clock), version]
    facts: dict[str, JsonValue] = {"school_year": label, "year_sha256": sha256}
    record(session, clock, Entry(Event.YEAR_OPENED, f"{label}/{version.version}", set_by, rows, facts))
    return version
