"""What the page of one student shows: a section for each category that is open, made of the tables that a partner may get.

Decides only how: days as a calendar, scores as a line, the rest as tables and pairs. Takes tables that are cut to the grants
already, and knows no other data. Names of reports and headings of columns are English here; the page says them in its language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from access.adr_registry import KEY_COLUMNS, parse_registry, read_own_registry
from access.adr_reports import ReportTable
from access.types import CATEGORIES
from consentry.disclosing.glance import Glance
from consentry.web.attendance_calendar import CalendarMonth, draw_calendar
from consentry.web.score_chart import ScoreChart, draw_chart

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_CHART_COLUMNS = frozenset({"TestSeason", "Subject", "RIT"})
_DAY_COLUMN = "AttendanceDate"
_HEADINGS = {
    "Chronic10Pct": "Absent a tenth or more",
    "CumCredits": "Credits so far",
    "CumGPA": "GPA so far",
    "ELLStatus": "English learner status",
    "EnrollEnd": "Enrolled until",
    "EnrollStart": "Enrolled from",
    "McKinneyVento": "McKinney-Vento",
    "ProjectedGradYear": "Projected graduation year",
    "RITStdErr": "RIT standard error",
    "RaceEthnicity": "Race or ethnicity",
}
"""Columns whose own words say too little; the others are their names with blanks between the words."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A report as a table; one with a single row is told in pairs."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_single(self) -> bool:
        """Whether it has one row."""
        return len(self.rows) == 1


@dataclass(frozen=True, slots=True)
class Section:
    """One category."""

    category: str
    tables: tuple[ShownTable, ...]
    months: tuple[CalendarMonth, ...] = ()
    charts: tuple[ScoreChart, ...] = ()


@dataclass(frozen=True, slots=True)
class GlanceView:
    """The whole page. `title`: the student's name as the reports have it."""

    title: str
    school: str
    grade: str
    student_id: str
    sections: tuple[Section, ...]
    as_of: date
    closes_on: date


def describe_glance(glance: Glance, year_begins: date) -> GlanceView:
    """The page of a student."""
    tables = [table for table in glance.reports.tables if table.spec.category]
    keys = _read_keys(glance.reports.tables)
    sections = [
        _describe_section(name, [table for table in tables if table.spec.category == name], year_begins, glance.as_of)
        for name in CATEGORIES
        if name in glance.categories
    ]
    title = f"{keys['FirstName']} {keys['LastName']}"
    return GlanceView(
        title, keys["SchoolName"], keys["Grade"], glance.student_id, tuple(sections), glance.as_of, glance.closes_on
    )


def list_report_texts() -> frozenset[str]:
    """The names of reports and the headings of columns that a page of the program's own registry can hold."""
    reports = [report for report in parse_registry(read_own_registry()).reports if report.category]
    columns = {column for report in reports for column in report.columns}
    return frozenset(report.name for report in reports) | {_humanise(column) for column in {*columns, "SchoolYear"}}


def _read_keys(tables: Sequence[ReportTable]) -> dict[str, str]:
    """The keys of the student: the report of access has a row of everybody."""
    row = next(table.rows[0] for table in tables if table.spec.file is None)
    return dict(zip(KEY_COLUMNS, row, strict=False))


def _describe_section(category: str, tables: Sequence[ReportTable], year_begins: date, as_of: date) -> Section:
    months: list[CalendarMonth] = []
    charts: list[ScoreChart] = []
    shown = []
    for table in tables:
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        if _DAY_COLUMN in table.columns:
            months += draw_calendar(_list_since(rows, year_begins), year_begins, as_of)
            continue
        if table.columns and set(table.columns) >= _CHART_COLUMNS and (chart := draw_chart(rows)) is not None:
            charts.append(chart)
        shown.append(_show(table))
    return Section(category, tuple(shown), tuple(months), tuple(charts))


def _list_since(rows: Sequence[Mapping[str, str]], first: date) -> list[Mapping[str, str]]:
    return [row for row in rows if row[_DAY_COLUMN] >= first.isoformat()]


def _show(table: ReportTable) -> ShownTable:
    """The columns beside the keys; the school year too, where rows are of several."""
    own = table.columns[len(KEY_COLUMNS) :]
    years = {row[KEY_COLUMNS.index("SchoolYear")] for row in table.rows}
    names = ("SchoolYear", *own) if len(years) > 1 else own
    places = [table.columns.index(name) for name in names]
    rows = tuple(tuple(row[place] for place in places) for row in table.rows)
    return ShownTable(table.spec.name, tuple(_humanise(name) for name in names), rows)


def _humanise(column: str) -> str:
    if column in _HEADINGS:
        return _HEADINGS[column]
    words = _WORDS.findall(column)
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])]) if words else column
