"""Prices one slip of the pen between a written name and the name meant.

Decides the log chance of exactly this slip: a doubled letter dropped is common, a look-alike letter is, a strange letter in its
place is not, and a wrong first letter hardly ever happens. Never decides whether there was a slip at all.
"""

from __future__ import annotations

from math import log

DOUBLED = log(0.02)
LOST = log(0.01)
TURNED = log(0.008)
LOOK_ALIKE = log(0.014 / 3)
OTHER_LETTER = log(0.014 / 22)
ADDED = log(0.008 / 25)
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


def price_one_slip(written: str, meant: str) -> float:
    """Log P(written | meant) for two names one slip (lost, added, other, turned letter) apart."""
    place = 0
    shorter = min(len(written), len(meant))
    while place < shorter and written[place] == meant[place]:
        place += 1
    price = _price_kind(written, meant, place) - log(max(len(meant), 2))
    return price + FIRST_LETTER if place == 0 else price


def _price_kind(written: str, meant: str, place: int) -> float:
    if len(written) == len(meant):
        if written[place : place + 2] == meant[place : place + 2][::-1]:
            return TURNED
        return LOOK_ALIKE if written[place] + meant[place] in _ALIKE else OTHER_LETTER
    longer = written if len(written) > len(meant) else meant
    if place and longer[place] == longer[place - 1]:
        return DOUBLED
    return LOST if len(written) < len(meant) else ADDED
