"""Makes the twelve reports of one partner from its access set and the student data.

Decides which student is in which report with which columns: the grant's categories and the agreement's, what the agreement
lists, what the family's blank form lists. Never writes a file. The number of an incident is replaced by one of the student's
own, so that two students of one incident can't be tied together; a value that is plainly a telephone number or an e-mail
address, or the id of another student in a discipline report, stops the whole package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from access.adr_columns import find_blocked_value, numbers_incident
from access.adr_data import DataRow, StudentData
from access.adr_registry import KEY_COLUMNS, Registry, ReportSpec
from access.errors import StudentDataError
from access.types import CATEGORIES

_STUDENT_NUMBER = re.compile(r"(?<!\d)\d{7}(?!\d)")


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """One grant that is open on the day. `listed`: what the agreement of its year lists; `form_lists`: what its form lists;
    `consented_on`: the day written beside the signature, None without a form; `closes_on`: its last day.
    """

    grant_id: str
    student_id: str
    basis: str
    categories: tuple[str, ...]
    from_date: date
    closes_on: date
    school_year: str
    consented_on: date | None
    listed: frozenset[str]
    form_lists: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One report filled in. `rows_by_grant`: how many rows each grant gave; a row that two grants give counts for both."""

    spec: ReportSpec
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rows_by_grant: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A report that isn't in the package, and why."""

    number: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ReportSet:
    """All reports of a partner for a day."""

    tables: tuple[ReportTable, ...]
    left_out: tuple[LeftOut, ...]


def find_covered(registry: Registry, grants: Sequence[OpenGrant]) -> tuple[list[ReportSpec], list[LeftOut]]:
    """The reports that these grants allow, and those they don't with the reason."""
    covered, left_out = [], []
    for report in registry.reports:
        if report.file is None or any(_carries(report, grant) for grant in grants):
            covered.append(report)
        else:
            left_out.append(LeftOut(report.number, report.name, _say_why(report, grants)))
    return covered, left_out


def make_reports(registry: Registry, grants: Sequence[OpenGrant], data: StudentData, day: date) -> ReportSet:
    """The reports for these grants. `StudentDataError` if a value may not leave the house."""
    ordered = sorted(grants, key=lambda grant: (grant.student_id, grant.from_date, grant.grant_id))
    covered, left_out = find_covered(registry, ordered)
    tables, faults = [], []
    for report in covered:
        if report.file is None:
            tables.append(_make_access_report(report, ordered, data, day))
            continue
        table = _make_data_report(report, ordered, data, day)
        faults += list(_find_blocked_values(table, data))
        tables.append(table)
    if faults:
        raise StudentDataError("the student data holds what never leaves the house", faults)
    return ReportSet(tuple(tables), tuple(left_out))


def _carries(report: ReportSpec, grant: OpenGrant) -> bool:
    if report.category not in grant.categories:
        return False
    return report.listed is None or (report.listed in grant.listed and report.listed in grant.form_lists)


def _say_why(report: ReportSpec, grants: Sequence[OpenGrant]) -> str:
    if not any(report.category in grant.categories for grant in grants):
        return f"no family's consent, within the agreement, covers {report.category}"
    return "goes out only where both the agreement and the family's form list it"


def _make_access_report(report: ReportSpec, grants: Sequence[OpenGrant], data: StudentData, day: date) -> ReportTable:
    rows = []
    for grant in grants:
        cells = {
            "DateOfBirth": data.students[grant.student_id]["DateOfBirth"],
            "AccessBasis": grant.basis,
            "ConsentDate": grant.consented_on.isoformat() if grant.consented_on else "",
            "AccessFrom": grant.from_date.isoformat(),
            "AccessTo": grant.closes_on.isoformat(),
            "Categories": "; ".join(name for name in CATEGORIES if name in grant.categories),
        }
        keys = _find_keys(data, grant.student_id, {}, day)
        rows.append((*keys, *(cells[column] for column in report.columns)))
    return ReportTable(report, (*KEY_COLUMNS, *report.columns), tuple(rows), {grant.grant_id: 1 for grant in grants})


def _make_data_report(report: ReportSpec, grants: Sequence[OpenGrant], data: StudentData, day: date) -> ReportTable:
    carrying = [grant for grant in grants if _carries(report, grant)]
    listed = frozenset[str]().union(*(grant.listed for grant in carrying))
    shown = [place for place, name in enumerate(report.columns) if name not in report.if_listed or name in listed]
    incidents = _find_incident_places(report)
    rows: list[tuple[str, ...]] = []
    counts = {}
    for student_id, group in groupby(carrying, key=lambda grant: grant.student_id):
        own = list(group)
        own_listed = frozenset[str]().union(*(grant.listed for grant in own))
        hidden = {
            place for place, name in enumerate(report.columns) if name in report.if_listed and name not in own_listed
        }
        found = data.rows[report.number].get(student_id, ())
        renumbered = _renumber_incidents(report, student_id, found, incidents)
        made = []
        for row in found:
            cells = [renumbered[cell] if place in incidents else cell for place, cell in enumerate(row.cells)]
            keys = _find_keys(data, student_id, row.own_keys, day)
            made.append((*keys, *("" if place in hidden else cells[place] for place in shown)))
        rows += sorted(made)
        counts.update({grant.grant_id: len(made) for grant in own})
    columns = (*KEY_COLUMNS, *(report.columns[place] for place in shown))
    return ReportTable(report, columns, tuple(rows), counts)


def _find_incident_places(report: ReportSpec) -> frozenset[int]:
    return frozenset(
        place
        for place, column in enumerate(report.columns)
        if numbers_incident(column) or numbers_incident(report.sources[column])
    )


def _renumber_incidents(
    report: ReportSpec, student_id: str, rows: Sequence[DataRow], incidents: frozenset[int]
) -> dict[str, str]:
    dates = [place for place, column in enumerate(report.columns) if column.endswith("Date")]
    told = sorted({(tuple(row.cells[day] for day in dates), row.cells[place]) for row in rows for place in incidents})
    order = dict.fromkeys(number for _, number in told if number)
    return {"": "", **{number: f"{student_id}-{place}" for place, number in enumerate(order, start=1)}}


def _find_keys(data: StudentData, student_id: str, own: Mapping[str, str], day: date) -> tuple[str, ...]:
    student = data.students[student_id]
    return tuple(day.isoformat() if key == "ReportDate" else (own.get(key) or student[key]) for key in KEY_COLUMNS)


def _find_blocked_values(table: ReportTable, data: StudentData) -> Iterator[str]:
    width = len(KEY_COLUMNS)
    for place, column in enumerate(table.columns[width:], start=width):
        for text in {row[place] for row in table.rows}:
            if (found := find_blocked_value(text)) is not None:
                yield f"{table.spec.file}: the column {column} holds {found}"
                break
    if table.spec.category == "discipline":
        yield from _find_other_students(table, data.known_ids, width)


def _find_other_students(table: ReportTable, known_ids: frozenset[str], width: int) -> Iterator[str]:
    texts = {text for row in table.rows for text in row[width:]}
    named = {text: known_ids.intersection(_STUDENT_NUMBER.findall(text)) for text in texts}
    for row in table.rows:
        for column, text in zip(table.columns[width:], row[width:], strict=True):
            if named[text] - {row[0]}:
                yield f"{table.spec.file}: the column {column} names another student"
                return
