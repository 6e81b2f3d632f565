"""Which heading of a table means which of our columns: synonyms are data, in `header_synonyms.csv`.

Headings are compared without case, accents, spaces, punctuation and remarks in brackets. Where two columns of a table mean
the same, the heading that stands higher in the data wins. A row is a header row if it holds at least two known headings,
one of which tells of a student.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SEARCHED_ROWS = 30
"""Rows from the top in which a header row is looked for; titles and notes may stand above it."""
_QUALIFIERS = {
    "student", "students", "child", "childs", "kid", "participant", "scholar", "youth", "legal", "official", "current",
    "full", "sps", "the", "of", "a", "please", "enter", "required", "estudiante", "estudiantes", "alumno", "alumna", "niño",
    "nino", "niña", "nina", "hijo", "hija", "del", "de", "la", "el",
}  # fmt: skip
"""Words that may stand around a heading without changing what it means."""
_TELLING = {"last_name", "first_name", "full_name", "birth_date", "student_id"}

TEMPLATE_HEADINGS = {
    "last_name": "StudentLastName",
    "first_name": "StudentFirstName",
    "birth_date": "DateOfBirth",
    "school": "School",
    "student_id": "SPSStudentID",
    "consent_date": "ConsentDate",
}
"""Names of our columns as the partner's template heads them."""


def fold_heading(heading: str) -> str:
    """A heading as it is compared: letters, digits and # only, lower case, without accents."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(letter for letter in plain if letter.isalnum() or letter == "#")


@cache
def _synonyms() -> dict[str, tuple[int, str]]:
    with (Path(__file__).parent / "header_synonyms.csv").open(encoding="utf-8", newline="") as data:
        found: dict[str, tuple[int, str]] = {}
        for rank, row in enumerate(csv.DictReader(data)):
            found.setdefault(fold_heading(row["heading"]), (rank, row["field"]))
        return found


def load_synonyms() -> None:
    """Read the synonyms now, while files may still be opened."""
    _synonyms()


def name_column(heading: str) -> tuple[int, str] | None:
    """Rank and name of our column that a heading means, None if it is unknown."""
    if not heading or len(heading) > 120:
        return None
    known = _synonyms()
    for form in (heading, re.sub(r"\(.*?\)|\[.*?\]|<.*?>", "", heading), re.split(r"[(\[:\n]", heading)[0]):
        if found := known.get(fold_heading(form)):
            return found
    return _name_by_core(heading)


def _name_by_core(heading: str) -> tuple[int, str] | None:
    """What a heading means without qualifying words and years; never an ID, which may be the partner's own."""
    plain = re.sub(r"\(.*?\)|\[.*?\]|[’'`]s\b|\b(20)?\d\d\s*[-/–]\s*(20)?\d\d\b|\b20\d\d\b", " ", heading.casefold())
    core = [word for word in re.findall(r"\w+", plain) if word not in _QUALIFIERS]
    found = _synonyms().get(fold_heading("".join(core))) if core else None
    return None if found is None or found[1] == "student_id" else (found[0] + 1000, found[1])


def map_columns(cells: Sequence[str]) -> dict[str, int]:
    """Our column names to column numbers (from 0) for a row of headings; {} if it holds none that is known."""
    best: dict[str, tuple[int, int]] = {}
    for number, heading in enumerate(cells):
        named = name_column(heading)
        if named and (named[1] not in best or named[0] < best[named[1]][0]):
            best[named[1]] = (named[0], number)
    return {name: number for name, (_, number) in best.items()}


def is_header(columns: dict[str, int]) -> bool:
    """True if these columns make a header row of students."""
    return len(columns) >= 2 and bool(_TELLING & columns.keys())
