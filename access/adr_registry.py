"""The registry of reports: read from its file, checked whole against what no registry may change, all faults told together.

Decides which columns of which data file make a report, and what a student's grant and the partner's agreement must hold for
it. Never lets a blocked column through (`access.adr_columns`), a listed-only column out unlisted, or a column of the registry
that comes with the program under another category than there.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from access.adr_columns import find_block, needs_listing, tells_marks
from access.errors import RegistryError

KEY_COLUMNS = (
    "SPSStudentID",
    "LastName",
    "FirstName",
    "SchoolYear",
    "SchoolCode",
    "SchoolName",
    "Grade",
    "ReportDate",
)
STUDENT_COLUMNS = (*KEY_COLUMNS[:-1], "DateOfBirth")
"""What the file of students must hold."""
ACCESS_COLUMNS = ("DateOfBirth", "AccessBasis", "ConsentDate", "AccessFrom", "AccessTo", "Categories")
"""What can be said of access itself."""

_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.csv")
_WHAT = "the registry of reports has faults"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _StudentsPart(_Strict):
    file: str


class _StaagPart(_Strict):
    shrink_limit: float = Field(ge=0, lt=1)


class _IncidentPart(_Strict):
    days_to_notify: int = Field(ge=1, le=365)
    attorney_general_above: int = Field(ge=0)


class _ReportPart(_Strict):
    number: int = Field(ge=1, le=99)
    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9 ,()-]+$")
    source: Literal["access"] | None = None
    file: str | None = None
    category: Literal["attendance", "discipline", "assessment", "demographics"] | None = None
    listed: str | None = Field(default=None, pattern=r"^[a-z]+$")
    every_student: bool = False
    columns: list[str] = Field(min_length=1)
    if_listed: list[str] = []
    numbers: list[str] = []
    from_: dict[str, str] = Field(default={}, alias="from")


class _RegistryFile(_Strict):
    version: Literal[1]
    students: _StudentsPart
    staag: _StaagPart
    incident: _IncidentPart
    reports: list[_ReportPart] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """One report. `file` and `category` are None for the one made from the access set. `sources` gives a column's header."""

    number: int
    name: str
    file: str | None
    category: str | None
    listed: str | None
    every_student: bool
    columns: tuple[str, ...]
    if_listed: frozenset[str]
    numbers: frozenset[str]
    sources: Mapping[str, str]

    @property
    def slug(self) -> str:
        """The report's file name without its suffix: 04-daily-attendance."""
        words = re.findall(r"[a-z0-9]+", self.name.lower())
        return "-".join([f"{self.number:02d}", *words])


@dataclass(frozen=True, slots=True)
class Registry:
    """All reports by number, the limits that stand with them, and the hash of the file they come from."""

    reports: tuple[ReportSpec, ...]
    students_file: str
    shrink_limit: float
    days_to_notify: int
    attorney_general_above: int
    sha256: str

    @property
    def listable(self) -> frozenset[str]:
        """What an agreement may list: column names and words for whole reports."""
        columns = {column for report in self.reports for column in report.if_listed}
        return frozenset(columns | {report.listed for report in self.reports if report.listed})

    @property
    def form_listable(self) -> frozenset[str]:
        """What a blank form may list: words for whole reports."""
        return frozenset(report.listed for report in self.reports if report.listed)


def read_own_registry() -> bytes:
    """The registry that comes with the program."""
    return (resources.files("access") / "report_registry.toml").read_bytes()


def parse_registry(content: bytes) -> Registry:
    """A registry from its TOML. `RegistryError` lists every fault."""
    own = _parse(read_own_registry())
    parsed = _parse(content)
    faults = [fault for number, report in enumerate(parsed.reports) for fault in _check_report(report, number, own)]
    faults += _check_together(parsed)
    if faults:
        raise RegistryError(_WHAT, faults)
    return Registry(
        reports=tuple(sorted(map(_build, parsed.reports), key=lambda report: report.number)),
        students_file=parsed.students.file,
        shrink_limit=parsed.staag.shrink_limit,
        days_to_notify=parsed.incident.days_to_notify,
        attorney_general_above=parsed.incident.attorney_general_above,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _parse(content: bytes) -> _RegistryFile:
    try:
        return _RegistryFile.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise RegistryError(_WHAT, faults) from None
    except ValueError as error:
        raise RegistryError(_WHAT, [f"it is not TOML ({error})"]) from None


def _check_report(report: _ReportPart, index: int, own: _RegistryFile) -> Iterator[str]:
    place = f"report {report.number}"
    yield from (f"{place}: {fault}" for fault in _check_shape(report))
    for column in report.columns:
        for fault in _check_column(column, report, own):
            yield f"{place}: column {column}: {fault}"
    for name, kind in ((report.if_listed, "if_listed"), (report.numbers, "numbers"), (report.from_, "from")):
        for column in name:
            if column not in report.columns:
                yield f"{place}: {kind} names {column}, which is not one of its columns"


def _check_shape(report: _ReportPart) -> Iterator[str]:
    if len(set(report.columns)) != len(report.columns):
        yield "a column stands twice"
    if report.source == "access":
        if report.file or report.category or report.listed or report.if_listed or report.every_student or report.from_:
            yield "it is made from the access set, so it has columns only"
        return
    if report.file is None or not _FILE_NAME.fullmatch(report.file):
        yield "file: a plain name of a csv file is needed"
    if report.category is None:
        yield "category: one of the four is needed"


def _check_column(column: str, report: _ReportPart, own: _RegistryFile) -> Iterator[str]:
    if not _COLUMN_NAME.fullmatch(column):
        yield "a name has letters, digits and underscores"
    if column in KEY_COLUMNS:
        yield "it is a key and stands on every report already"
    if report.source == "access":
        if column not in ACCESS_COLUMNS:
            yield f"of access itself there is only {', '.join(ACCESS_COLUMNS)}"
        return
    source = report.from_.get(column, column)
    for name in dict.fromkeys((column, source)):
        if (blocked := find_block(name)) is not None:
            yield f"never leaves the house ({blocked})" + ("" if name == column else f": it is taken from {name}")
        if needs_listing(name) and column not in report.if_listed:
            yield "goes out only where the agreement lists it: put it in if_listed"
        if tells_marks(name) and report.listed is None:
            yield "course marks and credits need a report with 'listed'"
    for name in dict.fromkeys((column, source)):
        homes = [(other.category, other.listed) for other in own.reports if name in other.columns and other.file]
        if homes and (report.category, report.listed) not in homes:
            category, listed = homes[0]
            yield f"belongs to {category}" + (f" and needs 'listed = \"{listed}\"'" if listed else "")


def _check_together(parsed: _RegistryFile) -> Iterator[str]:
    numbers = [report.number for report in parsed.reports]
    if len(set(numbers)) != len(numbers):
        yield "a report's number stands twice"
    if sum(report.source == "access" for report in parsed.reports) != 1:
        yield "exactly one report is made from the access set"
    if not _FILE_NAME.fullmatch(parsed.students.file):
        yield "students: a plain name of a csv file is needed"


def _build(part: _ReportPart) -> ReportSpec:
    return ReportSpec(
        number=part.number,
        name=part.name,
        file=part.file,
        category=part.category,
        listed=part.listed,
        every_student=part.every_student,
        columns=tuple(part.columns),
        if_listed=frozenset(part.if_listed),
        numbers=frozenset(part.numbers),
        sources={column: part.from_.get(column, column) for column in part.columns},
    )
