"""Dates in the cells of a table: real dates, serial numbers, texts; and what a whole column tells about day and month.

A column in which some date can only be day first, and none only month first, was written day first: the other reading
of its ambiguous dates is put first, and its real dates, which a spreadsheet made from texts in the American way, get
the swapped day as second reading. No reading is ever dropped by this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ingest.cell_text import CellValue, show_cell
from ingest.dates import parse_written_date, read_serial, swap_day_and_month

_DAY_AND_MONTH = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*\d{2,4}\b")


def read_date_cell(value: CellValue, *, from_1904: bool = False) -> tuple[str, ...]:
    """Every day that a cell may mean, best first; () if it holds no date."""
    if isinstance(value, datetime):
        return parse_written_date(value.date().isoformat())
    if isinstance(value, date):
        return parse_written_date(value.isoformat())
    if isinstance(value, bool):
        return ()
    text = show_cell(value)
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return read_serial(float(text), from_1904=from_1904)
    if isinstance(value, int | float) and re.fullmatch(r"\d{5}|\d{7}", text):
        return parse_written_date(text.zfill(8))  # 3042015 was 03042015
    return parse_written_date(text)


@dataclass(frozen=True, slots=True)
class BirthColumn:
    """How the dates of one column are written."""

    day_first: bool
    from_1904: bool

    @classmethod
    def learn(cls, cells: Iterable[CellValue], from_1904: bool = False) -> BirthColumn:
        """Look at all cells of a column."""
        day_first = month_first = 0
        for cell in cells:
            found = _DAY_AND_MONTH.match(cell.strip()) if isinstance(cell, str) else None
            if found:
                day_first += int(found[1]) > 12 >= int(found[2])
                month_first += int(found[2]) > 12 >= int(found[1])
        return cls(day_first > 0 and not month_first, from_1904)

    def read(self, cell: CellValue) -> tuple[str, ...]:
        """Every day that a cell of this column may mean, best first."""
        readings = read_date_cell(cell, from_1904=self.from_1904)
        if not self.day_first or not readings:
            return readings
        if len(readings) == 2:
            return readings[::-1]
        if isinstance(cell, date) and (swapped := swap_day_and_month(readings[0])):
            return (readings[0], swapped)
        return readings
