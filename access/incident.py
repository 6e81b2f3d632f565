"""What left the house because of wrong grants: as a list, a summary with the days left, and drafts of the letters.

Decides from the limits of the registry whom to tell and by when; drafts name kinds of records and never their content. What the
district did, and who answers, is for a person to fill in.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources

from access.adr_files import disarm
from access.adr_package import PackageFile
from access.types import CATEGORIES

LETTERS_A_FILE = 500
LISTED_NAME, SUMMARY_NAME, ATTORNEY_NAME = "left-the-house.csv", "summary.json", "letter-attorney-general.txt"
_KINDS = {
    "attendance": "attendance",
    "discipline": "discipline",
    "assessment": "tests and assessment",
    "demographics": "demographics",
}
TOLD = "told"
"""The kind of a leak that told a partner no more than that a form was accepted."""
_PLACE = re.compile(r"\{(\w+)\}")
_PAGE_BREAK = "\f\n"


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
    """Everything that a report is made of. `names`: how the letter calls each student."""

    incident_id: str
    found_on: date
    today: date
    grants: tuple[WrongGrant, ...]
    leaks: tuple[Leak, ...]
    names: Mapping[str, str]
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


def make_incident_files(facts: IncidentFacts) -> list[PackageFile]:
    """The files of a report: the list, the summary, the letters."""
    files = [PackageFile(LISTED_NAME, _write_list(facts.leaks)), PackageFile(SUMMARY_NAME, _write_summary(facts))]
    by_student: dict[str, list[Leak]] = {}
    for leak in facts.leaks:
        by_student.setdefault(leak.student_id, []).append(leak)
    template = _read_letter("family")
    shared = _find_shared_values(facts)
    letters = [_write_letter(template, facts, shared, by_student[student_id]) for student_id in sorted(by_student)]
    for number, start in enumerate(range(0, len(letters), LETTERS_A_FILE), start=1):
        some = _PAGE_BREAK.join(letters[start : start + LETTERS_A_FILE])
        files.append(PackageFile(f"letters-families-{number:03d}.txt", some.encode()))
    if facts.tells_attorney_general:
        told = _fill(_read_letter("attorney_general"), _list_values(facts, shared, facts.leaks))
        files.append(PackageFile(ATTORNEY_NAME, told.encode()))
    return files


def summarise(facts: IncidentFacts) -> dict[str, object]:
    """The summary: counts, who is to be told, by when, what still runs."""
    kinds: dict[str, int] = {}
    for leak in facts.leaks:
        kinds[leak.kind] = kinds.get(leak.kind, 0) + 1
    must_tell = bool(facts.leaks)
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
        "last": max((_find_last(leak, facts.today).isoformat() for leak in facts.leaks), default=None),
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


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all letters of a report share, found once."""

    running: frozenset[str]
    students: str


def _find_shared_values(facts: IncidentFacts) -> _Shared:
    return _Shared(frozenset(grant.grant_id for grant in facts.grants if grant.runs), str(len(facts.students)))


def _write_letter(template: str, facts: IncidentFacts, shared: _Shared, leaks: Sequence[Leak]) -> str:
    student_id = leaks[0].student_id
    own = {
        "student_id": student_id,
        "student": facts.names.get(student_id, "the student"),
        "lines": "\n".join(f"  - {_describe(leak)}" for leak in leaks),
    }
    return _fill(template, {**_list_values(facts, shared, leaks), **own})


def _list_values(facts: IncidentFacts, shared: _Shared, leaks: Sequence[Leak]) -> dict[str, str]:
    runs = any(leak.grant_id in shared.running for leak in leaks)
    return {
        "today": facts.today.isoformat(),
        "found": facts.found_on.isoformat(),
        "first": min(leak.first for leak in leaks).isoformat(),
        "last": max(_find_last(leak, facts.today) for leak in leaks).isoformat(),
        "partners": ", ".join(sorted({leak.partner for leak in leaks})),
        "kinds": _list_kinds(leaks),
        "closed": "[The access has NOT been closed yet: close it first.]" if runs else "The access has been closed.",
        "students": shared.students,
    }


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Fills the places of a letter in one pass, so that a name that looks like a place stays a name."""
    return _PLACE.sub(lambda found: values[found[1]], template)


def _list_kinds(leaks: Sequence[Leak]) -> str:
    released = {category for leak in leaks for category in leak.categories}
    kinds = [_KINDS[category] for category in CATEGORIES if category in released]
    if all(leak.kind == TOLD for leak in leaks):
        return "That the student is enrolled"
    return ", ".join(["Name, student ID, school, grade and birth date", *kinds])


def _describe(leak: Leak) -> str:
    what = {
        "adr": "a report was sent",
        "staag-feed": "could be opened on the district's screen Student-at-a-Glance",
        "staag-view": "was opened on the district's screen Student-at-a-Glance",
        TOLD: "it was told that your student is enrolled and the form accepted",
    }[leak.kind]
    until = f" to {leak.until.isoformat()}" if leak.until and leak.until != leak.first else ""
    return f"{leak.first.isoformat()}{until}: {what} ({leak.partner})"


def _find_last(leak: Leak, today: date) -> date:
    """The last day of what left: a feed that nothing has ended yet stands open until today."""
    return leak.until or (today if leak.kind == "staag-feed" else leak.first)


def _read_letter(name: str) -> str:
    return (resources.files("access") / "incident_letters" / f"{name}.txt").read_text(encoding="utf-8")
