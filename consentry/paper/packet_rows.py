"""Which sheet a list's row gets: the blank of its family's language, and what is printed in which field.

A row with a fault gets no sheet: it is named with its reason, to be mended first. Decides nothing about layout. Who signs isn't
known beforehand, so the parent's name is never printed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from consentry.intake.list_checks import keep_letters
from ingest.types import ListRow, RowFault
from review_queue import Reason
from store.tables import FormTemplate, Partner

_ROW_CELLS = {
    "program": "program",
    "student_last": "last_name",
    "student_first": "first_name",
    "student_middle": "middle_name",
    "other_name": "other_name",
    "student_id": "student_id",
    "school": "school",
    "grade": "grade",
}


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet to print: the list's row, the blank, and each field's value as it is printed (a birth date MM/DD/YYYY).

    `language_missing`: the row asks for a language of which there is no blank, or one that isn't known.
    """

    row_number: int
    template: FormTemplate
    printed: dict[str, str]
    language_missing: bool = False


@dataclass(frozen=True, slots=True)
class PacketPlan:
    """The sheets of a packet in list order, and the rows that get none."""

    sheets: tuple[SheetPlan, ...]
    faults: tuple[RowFault, ...]


def plan_packet(
    rows: Sequence[ListRow], partner: Partner, blanks: Sequence[FormTemplate], usual_language: str
) -> PacketPlan:
    """A sheet for each row that asks for a student to be added and has no fault. `blanks`: those of the year that the partner
    may use, among them one in `usual_language`.
    """
    newest = _choose_blanks(blanks)
    sheets: list[SheetPlan] = []
    faults: list[RowFault] = []
    for row in rows:
        if row.action.casefold() == "remove":
            continue
        found = [*row.faults, *_find_print_faults(row)]
        if found:
            faults += found
            continue
        asked = find_language(row.form_language) if row.form_language else usual_language
        template = newest.get(asked or "") or newest[usual_language]
        sheets.append(
            SheetPlan(row.row_number, template, _list_values(row, partner.name), template.language != (asked or ""))
        )
    return PacketPlan(tuple(sheets), tuple(faults))


def find_language(name: str) -> str | None:
    """The language code that a list's cell means; None if it means none that is known."""
    return _language_names().get(keep_letters(name))


def read_printed_day(text: str) -> date:
    """The day that a printed birth date (MM/DD/YYYY) says."""
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def _choose_blanks(blanks: Iterable[FormTemplate]) -> dict[str, FormTemplate]:
    """By language the blank published last; of several of one day the first by code."""
    ordered = sorted(blanks, key=lambda blank: (-blank.published.toordinal(), blank.code))
    return {blank.language: blank for blank in reversed(ordered)}


def _find_print_faults(row: ListRow) -> Iterable[RowFault]:
    if len(row.birth_date_readings) > 1:
        words = f"The birth date in row {row.row_number} can be read two ways; write it as YYYY-MM-DD."
        yield RowFault(row.row_number, "DateOfBirth", Reason.ILLEGIBLE, words)


def _list_values(row: ListRow, partner_name: str) -> dict[str, str]:
    born = date.fromisoformat(row.birth_date_readings[0])
    values = {"partner": partner_name, "birth_date": f"{born:%m/%d/%Y}"}
    values |= {field: str(getattr(row, cell)) for field, cell in _ROW_CELLS.items()}
    return {field: " ".join(text.split()) for field, text in values.items() if text.strip()}


@cache
def _language_names() -> dict[str, str]:
    text = (resources.files("consentry") / "data/form_languages.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {keep_letters(row["language"]): row["language"] for row in rows} | {
        keep_letters(row["name"]): row["language"] for row in rows
    }
