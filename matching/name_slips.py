"""Prices one slip of the pen between a written name and the name meant.

Decides the log chance of exactly this slip: a doubled letter dropped is common, a look-alike letter is, a strange letter in its
place is not, and a wrong first letter hardly ever happens. Never decides whether there was a slip at all.
"""

from __future__ import annotations

from enum import StrEnum
from math import log

from matching.weights import NameSlips

FIRST_LETTER = -1.2
_ALIKE_GROUPS = (
    "aeiou",
    "iyj",
    "ilj",
    "uvwy",
    "nmrhu",
    "oacde",
    "bhk",
    "szx",
    "ckqg",
    "gyqj",
    "dt",
    "pbr",
    "ftl",
    "eoc",
    "vbn",
)
_ALIKE = frozenset(one + other for group in _ALIKE_GROUPS for one in group for other in group)


class SlipKind(StrEnum):
    """What happened to one letter; the names are those of `NameSlips`."""

    LOST = "lost"
    DOUBLED = "doubled"
    TURNED = "turned"
    LOOK_ALIKE = "look_alike"
    OTHER_LETTER = "other_letter"
    ADDED = "added"


_WAYS = {SlipKind.LOOK_ALIKE: 3, SlipKind.OTHER_LETTER: 22, SlipKind.ADDED: 25}


class SlipPrices:
    """Log chances of slips, by kind, for one table of weights."""

    def __init__(self, slips: NameSlips) -> None:
        self._price = {kind: log(float(getattr(slips, kind)) / _WAYS.get(kind, 1)) for kind in SlipKind}

    def price_one(self, written: str, meant: str) -> float:
        """Log P(written | meant) for two names one slip (lost, added, other, turned letter) apart."""
        place = find_slip(written, meant)
        price = self._price[name_slip(written, meant, place)] - log(max(len(meant), 2))
        return price + FIRST_LETTER if place == 0 else price


def find_slip(written: str, meant: str) -> int:
    """The first place where two names differ."""
    place = 0
    shorter = min(len(written), len(meant))
    while place < shorter and written[place] == meant[place]:
        place += 1
    return place


def name_slip(written: str, meant: str, place: int) -> SlipKind:
    """What kind of slip lies between two names that differ at `place` only."""
    if len(written) == len(meant):
        if written[place : place + 2] == meant[place : place + 2][::-1]:
            return SlipKind.TURNED
        return SlipKind.LOOK_ALIKE if written[place] + meant[place] in _ALIKE else SlipKind.OTHER_LETTER
    longer = written if len(written) > len(meant) else meant
    if place and longer[place] == longer[place - 1]:
        return SlipKind.DOUBLED
    return SlipKind.LOST if len(written) < len(meant) else SlipKind.ADDED
