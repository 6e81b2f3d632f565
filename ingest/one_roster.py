"""OneRoster 1.1 and 1.2 as a zip of tables: students joined with their schools, birth dates, enrollments, guardians.

Needs users.csv and, for birth dates, demographics.csv; orgs.csv, enrollments.csv and roles.csv are used where they are.
Rows marked tobedeleted are not read. A student with several enrollments comes out several times. Row numbers are those
of users.csv. What the zip unpacks to is counted while reading, whatever it says.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from ingest.drawing import Refused
from ingest.sheets import guess_encoding

NamedRow = tuple[int, dict[str, str]]
_Row = dict[str, str]


class MissingColumns(Exception):
    """A table lacks needed columns, named as this project heads them."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


def read_one_roster(opened: zipfile.ZipFile, unpacked_bytes: int) -> Iterator[NamedRow]:
    """Named rows of every student, as `enrollment_rows` wants them. Raises Refused, MissingColumns, BadZipFile."""
    tables = {PurePosixPath(member.filename).name.lower(): member for member in opened.infolist()}
    if "users.csv" not in tables:
        raise Refused("not_enrollment")
    if sum(member.file_size for member in tables.values()) > unpacked_bytes:
        raise Refused("zip_too_large", unpacked_bytes // 1_000_000)
    if any(member.flag_bits & 0x41 for member in tables.values()):
        raise Refused("encrypted")
    if "demographics.csv" not in tables:
        raise MissingColumns(("birth_date",))
    return _join(opened, tables, _Allowance(unpacked_bytes))


class _Allowance:
    """Bytes that may still be unpacked."""

    def __init__(self, whole: int) -> None:
        self.whole = whole
        self.left = whole


class _Counted(io.RawIOBase):
    """A packed table that counts what it unpacks to."""

    def __init__(self, packed: IO[bytes], allowance: _Allowance) -> None:
        self._packed = packed
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer
        piece = self._packed.read(len(buffer))
        self._allowance.left -= len(piece)
        if self._allowance.left < 0:
            raise Refused("zip_too_large", self._allowance.whole // 1_000_000)
        buffer[: len(piece)] = piece
        return len(piece)


def _read_table(
    opened: zipfile.ZipFile, tables: Mapping[str, zipfile.ZipInfo], name: str, allowance: _Allowance
) -> Iterator[NamedRow]:
    """Rows of a table by lower-case heading; nothing if there is no such table."""
    if name not in tables:
        return
    with opened.open(tables[name]) as packed:
        start = packed.read(65_536)
    with opened.open(tables[name]) as packed:
        counted = io.BufferedReader(_Counted(packed, allowance), 1_048_576)
        text = io.TextIOWrapper(counted, guess_encoding(start, is_start=True), "replace", newline="")
        reader = csv.reader(text, strict=True)
        headings = [heading.strip("\ufeff ").lower() for heading in next(reader, [])]
        for number, cells in enumerate(reader, 2):
            row = dict(zip(headings, cells, strict=False))
            if row.get("status", "").strip().lower() != "tobedeleted":
                yield number, row


def _join(opened: zipfile.ZipFile, tables: Mapping[str, zipfile.ZipInfo], allowance: _Allowance) -> Iterator[NamedRow]:
    births = {
        row.get("sourcedid", ""): row.get("birthdate", "")
        for _, row in _read_table(opened, tables, "demographics.csv", allowance)
    }
    schools = {
        row.get("sourcedid", ""): row.get("name", "") for _, row in _read_table(opened, tables, "orgs.csv", allowance)
    }
    enrollments = _gather_enrollments(opened, tables, allowance)
    students = _gather_student_roles(opened, tables, allowance)
    guardians = {
        row.get("sourcedid", ""): _join_name(row)
        for _, row in _read_table(opened, tables, "users.csv", allowance)
        if row.get("role", "").strip().lower() in ("guardian", "parent", "relative") or not row.get("role", "student")
    }
    for number, row in _read_table(opened, tables, "users.csv", allowance):
        source = row.get("sourcedid", "")
        role = row.get("role", "").strip().lower()
        if role != "student" and not (not role and source in students):
            continue
        own = _read_user(row, births.get(source, ""), guardians)
        listed = enrollments.get(source) or students.get(source) or _listed_schools(row)
        for school, starts, ends in listed:
            yield number, {**own, "school": schools.get(school, ""), "starts": starts, "ends": ends}


def _read_user(row: _Row, birth_date: str, guardians: Mapping[str, str]) -> _Row:
    names = [guardians.get(agent.strip(), "") for agent in row.get("agentsourcedids", "").split(",")]
    return {
        "student_id": row.get("identifier", "").strip() or _find_user_id(row) or row.get("sourcedid", ""),
        "first": row.get("givenname", ""),
        "middle": row.get("middlename", ""),
        "last": row.get("familyname", ""),
        "preferred_first": row.get("preferredfirstname", ""),
        "other_names": row.get("preferredlastname", ""),
        "birth_date": birth_date,
        "grade": row.get("grades", "").split(",")[0],
        "guardians": ";".join(name for name in names if name),
        "username": row.get("username", "").split("@")[0],
        "state_id": row.get("stateid", ""),
    }


def _find_user_id(row: _Row) -> str:
    """The first ID of `userIds`, which stands there as {type:id}."""
    first = row.get("userids", "").split(",")[0].strip("{}[] \"'")
    return first.split(":", 1)[1].strip(" \"'") if ":" in first else ""


class _Listed(NamedTuple):
    """Where and when a student is enrolled; the school by its source id."""

    school: str
    starts: str = ""
    ends: str = ""


def _gather_enrollments(
    opened: zipfile.ZipFile, tables: Mapping[str, zipfile.ZipInfo], allowance: _Allowance
) -> dict[str, list[_Listed]]:
    """School, begin and end of each student's enrollments; a class each, so equal ones are taken once."""
    found: dict[str, list[_Listed]] = {}
    for _, row in _read_table(opened, tables, "enrollments.csv", allowance):
        if row.get("role", "student").strip().lower() == "student":
            listed = _Listed(row.get("schoolsourcedid", ""), row.get("begindate", ""), row.get("enddate", ""))
            mine = found.setdefault(row.get("usersourcedid", ""), [])
            if listed not in mine:
                mine.append(listed)
    return found


def _gather_student_roles(
    opened: zipfile.ZipFile, tables: Mapping[str, zipfile.ZipInfo], allowance: _Allowance
) -> dict[str, list[_Listed]]:
    """OneRoster 1.2: who is a student stands in roles.csv."""
    found: dict[str, list[_Listed]] = {}
    for _, row in _read_table(opened, tables, "roles.csv", allowance):
        if row.get("role", "").strip().lower() == "student":
            listed = _Listed(row.get("orgsourcedid", ""), row.get("begindate", ""), row.get("enddate", ""))
            found.setdefault(row.get("usersourcedid", ""), []).append(listed)
    return found


def _listed_schools(row: _Row) -> list[_Listed]:
    stated = row.get("primaryorgsourcedid", "") or row.get("orgsourcedids", "")
    return [_Listed(school.strip()) for school in stated.split(",")]


def _join_name(row: _Row) -> str:
    return " ".join(part.strip() for part in (row.get("givenname", ""), row.get("familyname", "")) if part.strip())
