"""Rows of an enrollment extract, read inside the child and streamed out: the task `read_enrollment`.

Knows this project's and PowerSchool's headings (one table) and OneRoster (tables that are joined). A row comes out in
fixed order whatever it came from; merging the rows of a student is done outside. Memory stays small: only what OneRoster
joins is held.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ingest.birth_cells import BirthColumn
from ingest.cell_frames import Frame, Json
from ingest.cell_text import drop_placeholder, show_cell
from ingest.dates import parse_written_date
from ingest.drawing import Refused
from ingest.examine import recognise_kind
from ingest.headers import SEARCHED_ROWS, is_header, map_columns
from ingest.one_roster import MissingColumns, read_one_roster
from ingest.sheets import NumberedRow, choose_delimiter, guess_encoding, number_rows

ENROLLMENT_FIELDS = (
    "student_id", "first", "middle", "last", "preferred_first", "other_names", "birth_date", "school", "grade",
    "guardians", "username", "state_id", "protected", "starts", "ends", "standing",
)  # fmt: skip
"""Fields of a row in the order in which the child sends them; `standing` is current, future or left."""
_REQUIRED = {
    "student_id": "student_id",
    "first": "first",
    "last": "last",
    "birth_date": "birth_date",
    "school": "school",
}
_SHOWN = {"student_id": "student ID", "first": "first name", "last": "last name", "birth_date": "readable birth date",
          "school": "school"}  # fmt: skip
_FROM_HEADERS = {
    "student_id": ("student_id",), "first": ("first_name",), "middle": ("middle_name",), "last": ("last_name",),
    "preferred_first": ("preferred_first",), "other_names": ("other_name",), "birth_date": ("birth_date",),
    "school": ("school", "school_code"), "grade": ("grade",), "guardians": ("parent_name", "second_parent"),
    "username": ("username",), "state_id": ("state_id",), "protected": ("protected",),
    "starts": ("entry_date",), "ends": ("exit_date",), "status": ("enroll_status",),
}  # fmt: skip
_FRAME_ROWS = 4000
_LEARNING_ROWS = 5000
_LEFT_STATUS = {"1", "2", "3", "4", "inactive", "transferred", "transferred out", "graduated", "withdrawn", "tobedeleted",
                "exited", "left"}  # fmt: skip
_COMING_STATUS = {"-1", "-2", "pre-registered", "preregistered", "pre-enrolled", "future"}
_NO = {"", "0", "n", "no", "false", "f", "none"}


def read_enrollment(document: BinaryIO, arguments: Mapping[str, Json]) -> Iterator[Frame]:
    """Task: frames of `rows` ([row number, fields]) and `faults` ([row number, column, words]); or one refusal."""
    as_of, most_rows, unpacked = str(arguments["as_of"]), arguments["enrollment_rows"], arguments["enrollment_bytes"]
    if not isinstance(most_rows, int) or not isinstance(unpacked, int):
        raise TypeError("limits are integers")
    kind = recognise_kind(document.read(4096), document)
    document.seek(0)
    try:
        if kind == "zip":
            values = read_one_roster(zipfile.ZipFile(document), unpacked)
        elif kind == "text":
            values = _read_table(document)
        else:
            raise Refused("empty" if kind == "empty" else "not_enrollment")
        yield from _frame_rows(values, as_of, most_rows)
    except MissingColumns as missing:
        yield Frame({"missing_columns": list(missing.columns)})
    except (zipfile.BadZipFile, csv.Error):
        yield Frame(Refused("damaged").header())
    except Refused as refused:
        yield Frame(refused.header())


NamedRow = tuple[int, dict[str, str]]


def _read_table(document: BinaryIO) -> Iterator[NamedRow]:
    start = document.read(262_144)
    document.seek(0)
    text = io.TextIOWrapper(document, guess_encoding(start, is_start=True), "replace", newline="")
    lines = list(itertools.islice(text, SEARCHED_ROWS))
    if not any(line.strip("\ufeff \t\r\n") for line in lines):
        raise Refused("empty")
    rows = number_rows(csv.reader(itertools.chain(lines, text), delimiter=choose_delimiter(lines), strict=True))
    for _, cells in itertools.islice(rows, SEARCHED_ROWS):
        columns = map_columns([show_cell(cell) for cell in cells])
        if is_header(columns):
            return _name_rows(rows, columns)
    raise Refused("no_header")


def _name_rows(rows: Iterator[NumberedRow], columns: Mapping[str, int]) -> Iterator[NamedRow]:
    sources = {field: [columns[name] for name in names if name in columns] for field, names in _FROM_HEADERS.items()}
    missing = tuple(field for field in _REQUIRED if not sources[field])
    if missing:
        raise MissingColumns(missing)
    every = ("guardians",)
    plan = [(field, numbers, field in every) for field, numbers in sources.items() if numbers]
    for number, cells in rows:
        values: dict[str, str] = {}
        for field, numbers, joined in plan:
            found = [text for at in numbers if at < len(cells) and (text := show_cell(cells[at]))]
            values[field] = ";".join(found) if joined else (found[0] if found else "")
        yield number, values


def _frame_rows(values: Iterator[NamedRow], as_of: str, most_rows: int) -> Iterator[Frame]:
    learning = list(itertools.islice(values, _LEARNING_ROWS))
    birth_column = BirthColumn.learn(row.get("birth_date", "") for _, row in learning)
    rows: list[Json] = []
    faults: list[Json] = []
    for count, (number, row) in enumerate(itertools.chain(learning, values), 1):
        if count > most_rows:
            raise Refused("too_many_rows", most_rows)
        fields = _read_fields(row, birth_column, as_of)
        missing = [name for name in _REQUIRED if not fields[name]]
        if missing:
            shown = " and no ".join(_SHOWN[name] for name in missing)
            faults.append([number, missing[0], f"Row {number} has no {shown}; it was left out."])
        else:
            rows.append([number, [fields[name] for name in ENROLLMENT_FIELDS]])
        if len(rows) + len(faults) >= _FRAME_ROWS:
            yield Frame({"rows": rows, "faults": faults})
            rows, faults = [], []
    yield Frame({"rows": rows, "faults": faults})


def _read_fields(row: Mapping[str, str], birth_column: BirthColumn, as_of: str) -> dict[str, str]:
    fields = {
        name: drop_placeholder(text, is_name=True) if (text := row.get(name)) else "" for name in ENROLLMENT_FIELDS
    }
    readings = birth_column.read(fields["birth_date"])
    fields["birth_date"] = readings[0] if readings else ""
    fields["student_id"] = pad_student_id(fields["student_id"])
    fields["grade"] = tidy_grade(fields["grade"])
    fields["protected"] = "" if fields["protected"].casefold() in _NO else "yes"
    for name in ("starts", "ends"):
        days = parse_written_date(fields[name]) if fields[name] else ()
        fields[name] = days[0] if days else ""
    fields["standing"] = _find_standing(row.get("status", ""), fields["starts"], fields["ends"], as_of)
    return fields


def _find_standing(status: str, starts: str, ends: str, as_of: str) -> str:
    """current, future or left on a day; an end date counts unless the source says that the student is active."""
    said = status.casefold()
    if said in _LEFT_STATUS:
        return "left"
    if said in _COMING_STATUS or (starts and starts > as_of):
        return "future"
    if ends and ends < as_of and said not in ("0", "active"):
        return "left"
    return "current"


def pad_student_id(student_id: str) -> str:
    """The ID with the leading zeros that a spreadsheet dropped, and without the .0 that one added."""
    plain = re.sub(r"\.0+$", "", student_id)
    return plain.zfill(7) if plain.isascii() and plain.isdigit() else plain


def tidy_grade(grade: str) -> str:
    """A grade as 1 to 12, K or PK where it is one in another notation; else as it stands."""
    plain = re.sub(r"(?i)^(grade|gr\.?)\s*|(?<=\d)(st|nd|rd|th)(\s*grade)?$", "", grade).strip()
    known = {"0": "K", "00": "K", "kg": "K", "kf": "K", "k": "K", "-1": "PK", "ps": "PK", "pk": "PK", "pr": "PK"}
    if plain.casefold() in known:
        return known[plain.casefold()]
    return plain.lstrip("0") or plain if plain.isdigit() else plain


TASKS = {"read_enrollment": read_enrollment}
