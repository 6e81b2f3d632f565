"""Values of table cells made plain text: numbers as people see them, no hidden characters, "n/a" as empty.

Never changes what a visible character is, but for composing accents (NFC) and making every kind of space a space.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

CellValue = str | int | float | bool | date | datetime | time | timedelta

_EMPTY_ANYWHERE = {"n/a", "n.a.", "#n/a", "-", "--", "---", "—", "–", "?", "??", "#ref!", "#value!", "#name?", "#null!"}
_EMPTY_BUT_IN_NAMES = {"na", "none", "null", "nil", "unknown", "tbd", "not available", "ninguno", "#div/0!", "#num!"}
"""Na, None and Null are surnames."""
_TOO_LONG = 500
_PROTECTED = re.compile(r'="([^"]*)"')
"""How programs write a text into a csv so that a spreadsheet leaves its zeros alone."""


def tidy_text(text: str) -> str:
    """Visible text only, single spaces, composed accents, at most 500 characters."""
    if text.isascii() and text.isprintable():
        return (" ".join(text.split()) if " " in text else text)[:_TOO_LONG]
    composed = unicodedata.normalize("NFC", text)
    spaced = ("" if (kind := unicodedata.category(letter)) in ("Cf", "Cs", "Co", "Cn")
              else " " if kind in ("Cc", "Zs", "Zl", "Zp") else letter for letter in composed)  # fmt: skip
    return " ".join("".join(spaced).split())[:_TOO_LONG]


def show_cell(value: CellValue | None) -> str:
    """A cell as text: whole numbers without .0, dates as YYYY-MM-DD."""
    if isinstance(value, str):
        if value.startswith("=") and (protected := _PROTECTED.fullmatch(value.strip())):
            return tidy_text(protected[1])
        return tidy_text(value) if value else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def drop_placeholder(text: str, *, is_name: bool = False) -> str:
    """The text, but "" where it only says that there is nothing."""
    folded = text.casefold()
    if folded in _EMPTY_ANYWHERE or (not is_name and folded in _EMPTY_BUT_IN_NAMES):
        return ""
    return text


_USERNAME = re.compile(r"[0-9]{0,3}[a-z][a-z0-9._-]{2,29}")


def read_student_id(value: CellValue | None) -> tuple[str, bool]:
    """A student ID in the form it is kept in, and whether it has the form of one.

    Seven digits are an SPS ID; four to six, or any number cell, have lost leading zeros, which are put back. Ten digits
    are a state ID; letters and digits a username. Anything else is kept as it stands and marked.
    """
    text = drop_placeholder(show_cell(value))
    if not text:
        return "", True
    plain = re.sub(r"\.0+$", "", re.sub(r"^(sps|id|no\.?|#)[\s:#-]*", "", text, flags=re.IGNORECASE))
    digits = re.sub(r"[\s,'-]", "", plain)
    if digits.isascii() and digits.isdigit():
        if len(digits) in (7, 10):
            return digits, True
        is_number = isinstance(value, int | float)
        if 4 <= len(digits) < 7 or (is_number and len(digits) < 7):
            return digits.zfill(7), int(digits) > 0
        return digits, False
    username = plain.casefold().split("@")[0]
    if _USERNAME.fullmatch(username):
        return username, True
    return text, False
