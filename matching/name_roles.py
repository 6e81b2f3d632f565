"""Which forms a child's name may take in each box of a form.

Decides the habits (the second half of a double surname alone, the father's name as last name, the preferred name as first
name); their chances stand in the weights. Never sees a query. The habits are the same for every child: nobody's culture is
guessed from a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from matching.name_folding import APOSTROPHES, join_words, parts_of, words_of
from matching.name_vocabulary import FloatArray
from matching.weights import NameHabits


class Role(StrEnum):
    """A box of the form that takes a name; "any": one word of the name, wherever it stands."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    ANY = "any"


class Cell(StrEnum):
    """A name column of the enrollment."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    PREFERRED = "preferred_first"
    OTHER = "other_names"


class Habit(IntEnum):
    """How an enrolled name comes to stand in a box."""

    WHOLE = 0
    BESIDE_PREFERRED = 1
    ONE_WORD = 2
    LATER_WORD = 3
    MIDDLE = 4
    PREFERRED = 5
    OTHER = 6
    OTHER_WORD = 7
    REVERSED = 8
    FROM_FIRST = 9
    FROM_LAST = 10
    JOINED = 11
    SURNAME = 12
    SURNAME_JOINED = 13
    FATHERS_NAME = 14
    FATHERS_NAME_JOINED = 15


@dataclass(frozen=True, slots=True)
class NameRecord:
    """The names of one enrolled child as the enrollment has them; several in a cell separated by `;`."""

    first: str
    middle: str
    last: str
    preferred_first: str
    other_names: str


@dataclass(frozen=True, slots=True)
class FormUse:
    """A form (words with single spaces) that a cell may leave in the box `role`, and by which habit."""

    role: Role
    text: str
    habit: Habit


def log_shares(role: Role, habits: NameHabits) -> FloatArray:
    """Log chance of each habit in one box, by its number; habits of other boxes are impossible."""
    table: dict[Habit, float]
    if role is Role.FIRST:
        table = {
            Habit.WHOLE: habits.first_whole,
            Habit.BESIDE_PREFERRED: habits.first_beside_preferred,
            Habit.ONE_WORD: habits.first_one_word,
            Habit.LATER_WORD: habits.first_later_word,
            Habit.MIDDLE: habits.first_middle,
            Habit.PREFERRED: habits.first_preferred,
            Habit.OTHER: habits.first_other,
            Habit.OTHER_WORD: habits.first_other_word,
        }
    elif role is Role.LAST:
        table = {
            Habit.WHOLE: habits.last_whole,
            Habit.ONE_WORD: habits.last_one_word,
            Habit.LATER_WORD: habits.last_later_word,
            Habit.MIDDLE: habits.last_middle,
            Habit.REVERSED: habits.last_reversed,
            Habit.OTHER: habits.last_other,
            Habit.OTHER_WORD: habits.last_other_word,
        }
    elif role is Role.MIDDLE:
        table = {
            Habit.WHOLE: habits.middle_whole,
            Habit.ONE_WORD: habits.middle_word,
            Habit.FROM_FIRST: habits.middle_from_first,
            Habit.FROM_LAST: habits.middle_from_last,
        }
    else:
        single = (Habit.WHOLE, Habit.SURNAME, Habit.FATHERS_NAME)
        joined = (Habit.JOINED, Habit.SURNAME_JOINED, Habit.FATHERS_NAME_JOINED)
        table = dict.fromkeys(single, 0.95) | dict.fromkeys(joined, 0.5)
    return _as_logs(table)


def log_family_shares() -> FloatArray:
    """Log chance that a brother or sister shares the word, by the habit of the box "any"."""
    return _as_logs(
        {Habit.SURNAME: 0.95, Habit.SURNAME_JOINED: 0.95, Habit.FATHERS_NAME: 0.5, Habit.FATHERS_NAME_JOINED: 0.5}
    )


@dataclass(frozen=True, slots=True, eq=False)
class OwnFirstNames:
    """Log 1 for the habits that leave a child's own first name in its box, the whole or any part of it; log 0 for others."""

    whole: FloatArray
    any_part: FloatArray


def mark_own_first_names() -> OwnFirstNames:
    """Which habits those are."""
    whole = (Habit.WHOLE, Habit.BESIDE_PREFERRED, Habit.PREFERRED)
    return OwnFirstNames(
        whole=_as_logs(dict.fromkeys(whole, 1.0)),
        any_part=_as_logs(dict.fromkeys((*whole, Habit.ONE_WORD, Habit.LATER_WORD), 1.0)),
    )


def _as_logs(table: dict[Habit, float]) -> FloatArray:
    shares = np.full(len(Habit), 1e-30)
    for habit, share in table.items():
        shares[habit] = share
    return np.asarray(np.log(shares), dtype=np.float32)


def forms_of_cell(cell: Cell, text: str) -> list[FormUse]:
    """Everything that the text of one cell may leave in the boxes of a form."""
    if not text:
        return []
    if cell is Cell.FIRST:
        return _forms_of_first(words_of(text))
    if cell is Cell.MIDDLE:
        return _forms_of_middle(words_of(text))
    if cell is Cell.LAST:
        return _forms_of_last(words_of(text))
    found: list[FormUse] = []
    for part in parts_of(text):
        words = words_of(part)
        if cell is Cell.PREFERRED and words:
            found.append(FormUse(Role.FIRST, " ".join(words), Habit.PREFERRED))
        elif words:
            found += _forms_of_other(words)
        found += _words_anywhere(words, Habit.WHOLE, Habit.JOINED)
    return found


def _forms_of_first(words: tuple[str, ...]) -> list[FormUse]:
    if not words:
        return []
    found = [FormUse(Role.FIRST, " ".join(words), Habit.WHOLE)]
    if len(words) > 1:
        found.append(FormUse(Role.FIRST, words[0], Habit.ONE_WORD))
        found.append(FormUse(Role.FIRST, words[-1], Habit.LATER_WORD))
        found.append(FormUse(Role.MIDDLE, " ".join(words[1:]), Habit.FROM_FIRST))
    return found + _words_anywhere(words, Habit.WHOLE, Habit.JOINED)


def _forms_of_middle(words: tuple[str, ...]) -> list[FormUse]:
    if not words:
        return []
    whole = " ".join(words)
    found = [FormUse(Role.MIDDLE, whole, Habit.WHOLE)]
    found += [FormUse(Role.MIDDLE, word, Habit.ONE_WORD) for word in words if len(words) > 1]
    found += [FormUse(Role.FIRST, whole, Habit.MIDDLE), FormUse(Role.LAST, whole, Habit.MIDDLE)]
    return found + _words_anywhere(words, Habit.FATHERS_NAME, Habit.FATHERS_NAME_JOINED)


def _forms_of_last(words: tuple[str, ...]) -> list[FormUse]:
    if not words:
        return []
    found = [FormUse(Role.LAST, " ".join(words), Habit.WHOLE)]
    if len(words) > 1:
        found.append(FormUse(Role.LAST, words[0], Habit.ONE_WORD))
        found.append(FormUse(Role.LAST, words[-1], Habit.LATER_WORD))
        found.append(FormUse(Role.LAST, " ".join(words[::-1]), Habit.REVERSED))
        found.append(FormUse(Role.MIDDLE, words[0], Habit.FROM_LAST))
    return found + _words_anywhere(words, Habit.SURNAME, Habit.SURNAME_JOINED)


def _forms_of_other(words: tuple[str, ...]) -> list[FormUse]:
    found = [FormUse(role, " ".join(words), Habit.OTHER) for role in (Role.FIRST, Role.LAST)]
    found.append(FormUse(Role.FIRST, words[0], Habit.OTHER_WORD))
    found.append(FormUse(Role.LAST, words[-1], Habit.OTHER_WORD))
    if len(words) > 2:
        found.append(FormUse(Role.LAST, " ".join(words[1:]), Habit.OTHER))
    return found


def _words_anywhere(words: tuple[str, ...], single: Habit, joined: Habit) -> list[FormUse]:
    found = [FormUse(Role.ANY, word, single) for word in words if len(word) > 1]
    if len(words) > 1 or not found:
        found += [FormUse(Role.ANY, " ".join(words), joined)] if words else []
    return found


def words_of_record(name: NameRecord) -> frozenset[str]:
    """Every single word of a child's names, and the joined cells."""
    cells = [name.first, name.middle, name.last, *parts_of(name.preferred_first), *parts_of(name.other_names)]
    words = {word for cell in cells for word in words_of(cell)}
    return frozenset(words | {join_words(cell) for cell in cells if join_words(cell)})


def find_marks(text: str) -> dict[str, str]:
    """Words spelled with an apostrophe in a cell: folded word to the word with its mark ("obrien": "o'brien")."""
    if not APOSTROPHES.search(text):
        return {}
    marked: dict[str, str] = {}
    for word in re.split(r"[\s;-]+", text):
        folded = words_of(word)
        if APOSTROPHES.search(word) and len(folded) == 1:
            marked[folded[0]] = "'".join("".join(words_of(piece)) for piece in APOSTROPHES.split(word)).strip("'")
    return marked


def spell_with_marks(text: str, marks: dict[str, str]) -> tuple[str, ...]:
    """The ways a form may stand on paper: as folded, with its apostrophes, with a hyphen. Only pixels see marks."""
    ways = [text]
    if marks and any(word in marks for word in text.split(" ")):
        ways.append(" ".join(marks.get(word, word) for word in text.split(" ")))
    if text.count(" ") == 1:
        ways.append(text.replace(" ", "-"))
    return tuple(ways)
