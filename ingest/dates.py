"""Dates as people write them: every calendar day that a text may mean, from known forms only.

Strict on purpose: a text of no known form has no reading, nothing is guessed or swapped in silence. `13/2/2015` gives
one day, `3/4/2015` gives two, the American reading first. Two-digit years: 00 to 39 are 2000 to 2039, 40 to 99 are 1940
to 1999. Years outside 1900 to 2099 are no reading. Accepted limit: dates of the Ethiopian calendar are not known here
and come out as the days that they would be in ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

_FIRST_YEAR, _LAST_YEAR, _PIVOT = 1900, 2099, 40
_LONGEST = 60

_MONTH_NAMES = (
    "january jan enero ene jannaayo",
    "february feb febrero febraayo pebrero",
    "march mar marzo maarso marso",
    "april apr abril abr abriil",
    "may mayo maajo",
    "june jun junio juun hunyo",
    "july jul julio luuliyo hulyo",
    "august aug agosto ago agoosto",
    "september sept sep septiembre setiembre set sebtembar setyembre",
    "october oct octubre oktoobar oktubre okt",
    "november nov noviembre nofembar nobyembre",
    "december dec diciembre dic disembar disyembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_FILLERS = {"de", "del", "of", "the", "day", "el", "ka", "ng", "ika"}

_GAP = r"\s*[-/.,\\\s]\s*"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_GAP}(\d{{1,2}}){_GAP}(\d{{1,2}})")
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}'?(\d{{4}}|\d{{2}})")
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?")
_VIETNAMESE = re.compile(r"(?:ngay\s*)?(\d{1,2})\s*thang\s*(\d{1,2})\s*,?\s*nam\s*(\d{4})")
_COMPACT = re.compile(r"\d{6}|\d{8}")
_TIME = re.compile(r"(?<=\d)[t\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:z|[+-]\d{2}:?\d{2})?$")
_ORDINAL = re.compile(r"(?<=\d)\s*(?:st|nd|rd|th|º|°)(?![a-z])")
_TOKEN = re.compile(r"[a-z]+|'?\d+")
_NEITHER = re.compile(r"[a-z0-9\s,.'/-]*")


@lru_cache(maxsize=65_536)
def parse_written_date(text: str) -> tuple[str, ...]:
    """All days (YYYY-MM-DD) that the text may mean, most usual reading first; () if it is no date of a known form."""
    if len(text) > _LONGEST:
        return ()
    tidy = _ORDINAL.sub("", _TIME.sub("", _fold(text))).strip(" .,")
    if found := _YEAR_FIRST.fullmatch(tidy) or _CHINESE.fullmatch(tidy):
        year, month, day = map(int, found.groups())
        return _days([(year, month, day)])
    if found := _VIETNAMESE.fullmatch(tidy):
        day, month, year = map(int, found.groups())
        return _days([(year, month, day)])
    if found := _YEAR_LAST.fullmatch(tidy):
        return _days(_both_orders(found[1], found[2], found[3]))
    if _COMPACT.fullmatch(tidy):
        return _days(_read_compact(tidy))
    return _days(_read_named_month(tidy))


def read_serial(serial: float, *, from_1904: bool = False) -> tuple[str, ...]:
    """The day that a spreadsheet's serial number stands for, () if it is outside 1900 to 2099."""
    start = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)  # right from March 1900 on, which is all we need
    if not 61 <= serial < 80_000:
        return ()
    day = start + timedelta(days=int(serial))
    return _days([(day.year, day.month, day.day)])


def swap_day_and_month(day: str) -> str:
    """The day with day and month exchanged, "" if there is no such day or it is the same."""
    year, month, number = day.split("-")
    swapped = _days([(int(year), int(number), int(month))])
    return swapped[0] if swapped and swapped[0] != day else ""


def _fold(text: str) -> str:
    """Lower case without accents, digits of every script as 0 to 9, one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (letter for letter in plain if unicodedata.category(letter) not in ("Mn", "Cf"))
    digits = (str(unicodedata.decimal(letter, letter)) for letter in kept)
    return " ".join("".join(digits).replace("’", "'").replace("–", "-").split())


def _days(readings: Iterable[tuple[int, int, int]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for year, month, day in readings:
        if _FIRST_YEAR <= year <= _LAST_YEAR:
            try:
                found[date(year, month, day).isoformat()] = None
            except ValueError:
                continue
    return tuple(found)


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > 2:
        return number
    return number + (2000 if number < _PIVOT else 1900)


def _both_orders(first: str, second: str, year: str) -> list[tuple[int, int, int]]:
    full = _full_year(year)
    return [(full, int(first), int(second)), (full, int(second), int(first))]


def _read_compact(digits: str) -> list[tuple[int, int, int]]:
    if len(digits) == 6:
        return _both_orders(digits[:2], digits[2:4], digits[4:])
    year_first = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return [year_first] if _days([year_first]) else _both_orders(digits[:2], digits[2:4], digits[4:])


def _read_named_month(text: str) -> list[tuple[int, int, int]]:
    """Readings of a date with its month as a word: month day year, day month year, year month day."""
    if not _NEITHER.fullmatch(text):
        return []
    tokens = [token for token in _TOKEN.findall(text) if token not in _FILLERS]
    months = [_MONTHS[token] for token in tokens if token in _MONTHS]
    numbers = [token for token in tokens if token.lstrip("'").isdigit()]
    if len(tokens) != 3 or len(months) != 1 or len(numbers) != 2:
        return []
    year_first = len(numbers[0]) == 4
    year, day = (numbers[0], numbers[1]) if year_first else (numbers[1], numbers[0])
    if len(year.lstrip("'")) not in (2, 4) or len(day) > 2:
        return []
    return [(_full_year(year.lstrip("'")), months[0], int(day))]
