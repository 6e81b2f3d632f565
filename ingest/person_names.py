"""A person's name in one cell split into its parts.

"Last, First Middle" is split at the comma; without a comma the first word is the first name and the last word the last
name. Accepted limit: names whose last name has several words and no comma are split wrongly; the whole name still
stands in the parts, and matching compares words.
"""

from __future__ import annotations

from dataclasses import dataclass

_SUFFIXES = {"jr", "sr", "ii", "iii", "iv", "jr.", "sr."}


@dataclass(frozen=True, slots=True)
class NameParts:
    """Parts of a name; "" where there is none."""

    first: str
    last: str
    middle: str = ""


def split_full_name(name: str) -> NameParts:
    """Split a whole name into first, middle and last."""
    parts = [part.strip() for part in name.split(",") if part.strip()]
    suffix = [part for part in parts[1:] if part.casefold() in _SUFFIXES]
    parts = [part for index, part in enumerate(parts) if index == 0 or part.casefold() not in _SUFFIXES]
    if len(parts) > 1:
        given = " ".join(parts[1:]).split()
        return NameParts(given[0], " ".join([parts[0], *suffix]), " ".join(given[1:]))
    words = parts[0].split() if parts else []
    if words and words[-1].casefold() in _SUFFIXES and len(words) > 2:
        suffix = [words.pop(), *suffix]
    if len(words) < 2:
        return NameParts("", " ".join([*words, *suffix]))
    return NameParts(words[0], " ".join([words[-1], *suffix]), " ".join(words[1:-1]))
