"""Knows which spellings may stand for one name: nicknames, tables of variants, rules of spelling.

Decides nothing: it offers related spellings; what each kind costs stands in the weights.
Never treats variants as equal. Accepted limits: the nickname list is English and over-broad; the tables are short.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from nicknames import NickNamer

SHORTEST_KEY = 5
"""Shorter keys bring names together that are different ones: Khang and Hang, Thuy and Tuy."""


@dataclass(frozen=True, slots=True)
class SpellingRule:
    """One rewriting of the key rules."""

    pattern: re.Pattern[str]
    replacement: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("matching").joinpath("data").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _rules() -> tuple[SpellingRule, ...]:
    return tuple(SpellingRule(re.compile(row["pattern"]), row["replacement"]) for row in _rows("spelling_rules.csv"))


@cache
def _variants() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for row in _rows("name_variants.csv"):
        group = row["names"].split()
        for name in group:
            table.setdefault(name, set()).update(other for other in group if other != name)
    return {name: frozenset(others) for name, others in table.items()}


@cache
def _nicknamer() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=262_144)
def spelling_key(name: str) -> str:
    """One key for spellings that sound alike ("xuseen" and "hussein"); "" for names too short to say."""
    key = name
    for rule in _rules():
        key = rule.pattern.sub(rule.replacement, key)
    return key if len(key) >= SHORTEST_KEY else ""


@lru_cache(maxsize=65_536)
def nicknames_of(name: str) -> frozenset[str]:
    """Short forms of a given name and the given names it may be short for."""
    namer = _nicknamer()
    return frozenset(namer.nicknames_of(name)) | frozenset(namer.canonicals_of(name))


def variants_of(name: str) -> frozenset[str]:
    """Other spellings of a name in the variant tables."""
    return _variants().get(name, frozenset())
