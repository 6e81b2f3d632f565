"""The tables of chances that evidence is weighed with: how often families write what in which way.

Decides nothing; it is data with a name. The built-in tables (`data/weights.json`) were set by hand, before any label; tables
learned from a district's own forms (`learning`) are stored the same way. `digest` names a table in the ledger. Every number is
a probability, 0 to 1, but those of `Rivals.population`, which says how many children a name's frequency is a share of.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import resources
from math import isfinite
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class NameSlips:
    """How a name gets onto paper, given the name that is meant."""

    exact: float
    lost: float
    doubled: float
    turned: float
    look_alike: float
    other_letter: float
    added: float
    two_slips: float
    three_slips: float
    variant: float
    same_key: float
    nickname: float
    beginning: float
    initial: float


@dataclass(frozen=True, slots=True)
class NameHabits:
    """Which of a child's names stands in which box: first-name box, last-name box, middle box."""

    first_whole: float
    first_beside_preferred: float
    first_one_word: float
    first_later_word: float
    first_middle: float
    first_preferred: float
    first_other: float
    first_other_word: float
    first_and_middle: float
    last_whole: float
    last_one_word: float
    last_later_word: float
    last_reversed: float
    last_middle: float
    last_other: float
    last_other_word: float
    last_middle_and_last: float
    middle_whole: float
    middle_word: float
    middle_from_first: float
    middle_from_last: float
    other_name_instead: float
    other_order: float
    given_name_left_out: float
    several_words: float
    word_of_several: float


@dataclass(frozen=True, slots=True)
class Unrelated:
    """Chance that a box holds something that has nothing to do with the enrolled value."""

    first: float
    middle: float
    last: float
    any_word: float
    birth_date: float
    student_id: float
    school: float
    guardian: float
    guardian_word: float


@dataclass(frozen=True, slots=True)
class DateSlips:
    """How a birth date gets onto paper, given the enrolled one."""

    exact: float
    swapped: float
    look_alike_digit: float
    other_digit: float
    turned_digits: float
    year_off_by_one: float
    other_year: float
    off_by_one: float
    first_of_january_enrolled: float
    first_of_january_written: float


@dataclass(frozen=True, slots=True)
class IdSlips:
    """What stands in the ID box, given the enrolled number."""

    exact: float
    instead: float
    one_digit: float
    turned: float
    lost_or_doubled: float
    anothers: float
    """Of numbers that aren't the child's: another enrolled child's."""


@dataclass(frozen=True, slots=True)
class GradeSlips:
    """The written grade, given the enrolled one; `beside_date` is what an agreement still says where the date agrees."""

    same: float
    off_by_one: float
    beside_date: float


@dataclass(frozen=True, slots=True)
class Rivals:
    """Shares of queries whose child isn't enrolled, and what an unenrolled sibling or twin shares with an enrolled child.

    `first_name`: they bear nearly the same first name; `first_word`: one word of two in common; `own_first_name`: all of it.
    """

    stranger: float
    namesake: float
    sibling: float
    twin: float
    surname: float
    fathers_name: float
    first_name: float
    first_word: float
    own_first_name: float
    sibling_date: float
    twin_date: float
    student_id: float
    sibling_school: float
    twin_school: float
    twin_grade: float
    guardian: float


@dataclass(frozen=True, slots=True)
class Weights:
    """All tables. Build it with `read_weights` or `builtin_weights`; frozen, so a matcher's tables never change."""

    name_slips: NameSlips
    name_habits: NameHabits
    unrelated: Unrelated
    date_slips: DateSlips
    id_slips: IdSlips
    grade_slips: GradeSlips
    rivals: Rivals

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, ten significant digits."""
        rounded = {
            table: {name: float(f"{value:.10g}") for name, value in rows.items()}
            for table, rows in asdict(self).items()
        }
        return json.dumps(rounded, sort_keys=True, indent=1)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_tables(cls, tables: dict[str, dict[str, float]]) -> Self:
        """From nested tables; ValueError that lists every missing, unknown or impossible entry."""
        kinds: dict[str, Any] = {
            "name_slips": NameSlips, "name_habits": NameHabits, "unrelated": Unrelated, "date_slips": DateSlips,
            "id_slips": IdSlips, "grade_slips": GradeSlips, "rivals": Rivals,
        }  # fmt: skip
        faults = [f"{name}: unknown table" for name in sorted(set(tables) - set(kinds))]
        for table, kind in kinds.items():
            rows = tables.get(table, {})
            wanted = {field.name for field in fields(kind)}
            faults += [f"{table}.{name} is missing" for name in sorted(wanted - set(rows))]
            faults += [f"{table}.{name} is unknown" for name in sorted(set(rows) - wanted)]
            faults += [f"{table}.{name} is not between 0 and 1" for name in sorted(rows) if not _is_chance(rows[name])]
        if faults:
            raise ValueError(f"weights can't be used: {'; '.join(faults)}")
        return cls(**{table: kind(**tables[table]) for table, kind in kinds.items()})


def _is_chance(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value) and 0.0 < value < 1.0


def read_weights(text: str) -> Weights:
    """Weights from their JSON; ValueError where it isn't that."""
    try:
        tables = json.loads(text)
    except ValueError as error:
        raise ValueError(f"weights can't be used: not JSON ({error})") from None
    if not isinstance(tables, dict) or not all(isinstance(rows, dict) for rows in tables.values()):
        raise ValueError("weights can't be used: they must be tables of chances by name")
    return Weights.from_tables(tables)


@cache
def builtin_weights() -> Weights:
    """The tables that come with the program."""
    return read_weights(
        resources.files("matching").joinpath("data").joinpath("weights.json").read_text(encoding="utf-8")
    )
