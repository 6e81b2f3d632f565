"""What left the house because of wrong grants: as a list, and a summary with the days left.

Decides from the limits of the registry whom to tell and by when.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from access.adr_files import disarm
from access.adr_package import PackageFile

LISTED_NAME, SUMMARY_NAME = "left-the-house.csv", "summary.json"
FEED, TOLD = "staag-feed", "told"
"""Kinds of a leak: what a feed held until it held it no more; that a partner was told no more than that a form was accepted."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that left because of one grant. `files`: names and SHA-256 of a package; `until`: the last day of a feed."""

    grant_id: str
    student_id: str
    partner_id: str
    partner: str
    kind: str
    first: date
    until: date | None
    categories: tuple[str, ...]
    people: tuple[str, ...]
    delivery_id: str
    rows: int
    files: str


@dataclass(frozen=True, slots=True)
class WrongGrant:
    """A grant of the incident, as far as a report says so: whether it still gives access."""

    grant_id: str
    student_id: str
    partner_id: str
    runs: bool


@dataclass(frozen=True, slots=True)
class NotifyRules:
    """Days to tell those affected, and above how many also the Attorney General."""

    days: int
    attorney_general_above: int


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """All that a report is made of. `names`: how a letter calls each student; `languages`: what its family is known to read."""

    incident_id: str
    found_on: date
    today: date
    grants: tuple[WrongGrant, ...]
    leaks: tuple[Leak, ...]
    names: Mapping[str, str]
    languages: Mapping[str, str]
    rules: NotifyRules

    @property
    def students(self) -> tuple[str, ...]:
        """The students of whom something left."""
        return tuple(sorted({leak.student_id for leak in self.leaks}))

    @property
    def due_on(self) -> date:
        """The last day to tell those affected."""
        return self.found_on + timedelta(days=self.rules.days)

    @property
    def tells_attorney_general(self) -> bool:
        """Whether so many are affected that the Attorney General is told too."""
        return len(self.students) > self.rules.attorney_general_above

    def find_last_day(self, leaks: Iterable[Leak]) -> date | None:
        """The last day of what left: a feed that nothing has ended yet stands open until today. None where nothing left."""
        return max((leak.until or (self.today if leak.kind == FEED else leak.first) for leak in leaks), default=None)


def make_incident_files(facts: IncidentFacts) -> list[PackageFile]:
    """The list of what left and the summary; the letters are `access.letters`'s."""
    return [PackageFile(LISTED_NAME, _write_list(facts.leaks)), PackageFile(SUMMARY_NAME, _write_summary(facts))]


def summarise(facts: IncidentFacts) -> dict[str, object]:
    """The summary: counts, who is to be told, by when, what still runs."""
    kinds: dict[str, int] = {}
    for leak in facts.leaks:
        kinds[leak.kind] = kinds.get(leak.kind, 0) + 1
    must_tell, last = bool(facts.leaks), facts.find_last_day(facts.leaks)
    return {
        "incident_id": facts.incident_id,
        "found_on": facts.found_on.isoformat(),
        "grants": len(facts.grants),
        "grants_still_running": [grant.grant_id for grant in facts.grants if grant.runs],
        "left_the_house": len(facts.leaks),
        "by_kind": kinds,
        "students_affected": len(facts.students),
        "partners": sorted({leak.partner_id for leak in facts.leaks}),
        "first": min((leak.first.isoformat() for leak in facts.leaks), default=None),
        "last": last.isoformat() if last else None,
        "tell_families_by": facts.due_on.isoformat() if must_tell else None,
        "days_left": (facts.due_on - facts.today).days if must_tell else None,
        "tell_attorney_general": facts.tells_attorney_general,
    }


def _write_summary(facts: IncidentFacts) -> bytes:
    return (json.dumps(summarise(facts), indent=1, ensure_ascii=False) + "\n").encode()


def _write_list(leaks: Sequence[Leak]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    columns = "GrantID StudentID PartnerID Partner Kind From Until Categories People DeliveryID Rows Files"
    writer.writerow(columns.split())
    for leak in leaks:
        cells = (
            leak.grant_id,
            leak.student_id,
            leak.partner_id,
            leak.partner,
            leak.kind,
            leak.first.isoformat(),
            leak.until.isoformat() if leak.until else "",
            "; ".join(leak.categories),
            "; ".join(leak.people),
            leak.delivery_id,
            str(leak.rows),
            leak.files,
        )
        writer.writerow([disarm(cell) for cell in cells])
    return stream.getvalue().encode("utf-8-sig")
