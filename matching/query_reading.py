"""Weighs each box of a query once, against distinct values, before any child is looked at.

Decides what a query says at all: text, pixels or nothing, box by box. Never looks at a single child: `child_index` hands the
ratios of a value to the children that bear it.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.guardians import GuardianIndex
from matching.name_folding import words_of
from matching.name_index import NameIndex, Weighed
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray
from matching.pixels import weigh_name
from matching.types import Query, is_reading, normal_text

OTHER_NAME_INSTEAD = -1.5
MOST_WORDS = 7
FITS_STRAIGHT = 6.0
"""Where some child's first and last name fit their boxes by this many nats, pixels aren't read again the other way round."""


def text_of(value: object) -> str:
    """What a value says as text: itself, the text of a reading, "" for nothing at all."""
    if isinstance(value, str):
        return value
    if is_reading(value):
        return value.text
    if value is None or value != value:
        return ""
    return str(value)


def value_of(value: object) -> str:
    """What a value says, normalised where a reading offers that (dates, IDs), else as `text_of`."""
    return normal_text(value) if is_reading(value) else text_of(value)


@dataclass(frozen=True, slots=True, eq=False)
class NameBox:
    """One name box: typed alternatives, of which the best counts, or one ratio a child (N,) from pixels."""

    role: Role
    written: tuple[Weighed, ...]
    pixels: FloatArray | None


@dataclass(frozen=True, slots=True, eq=False)
class ReadNames:
    """The name boxes of a query, None where a box says nothing.

    `swapped` (N,) is the ratio of first and last name in each other's box, from pixels, only where straight nobody fits.
    `anywhere` are the texts of the boxes weighed against words in any place (to find children quickly), `words` the same word
    by word (for names in another order and for families).
    """

    first: NameBox | None
    middle: NameBox | None
    last: NameBox | None
    swapped: FloatArray | None
    anywhere: tuple[Weighed, ...]
    words: tuple[Weighed, ...]


def read_names(names: NameIndex, query: Query) -> ReadNames:
    """The query's name boxes, weighed."""
    other = words_of(text_of(query.get("other_name")))
    boxes = (query.get("student_first"), query.get("student_last"))
    anywhere = (names.weigh_text(Role.ANY, text_of(value)) for value in boxes if not is_reading(value))
    words: list[str] = []
    for value in (boxes[0], query.get("student_middle"), boxes[1]):
        words.extend(word for word in words_of(text_of(value)) if len(word) > 1 and word not in words)
    weighed_words = (names.weigh_text(Role.ANY, word) for word in words[:MOST_WORDS])
    first = _read_box(names, Role.FIRST, boxes[0], other[:1])
    last = _read_box(names, Role.LAST, boxes[1], other[-1:] if len(other) > 1 else ())
    return ReadNames(
        first=first,
        middle=_read_box(names, Role.MIDDLE, text_of(query.get("student_middle")), ()),
        last=last,
        swapped=_read_swapped(names, boxes[0], boxes[1], first, last),
        anywhere=tuple(found for found in anywhere if found is not None),
        words=tuple(found for found in weighed_words if found is not None),
    )


def _read_swapped(
    names: NameIndex, first_value: object, last_value: object, first: NameBox | None, last: NameBox | None
) -> FloatArray | None:
    if not is_reading(first_value) or not is_reading(last_value) or first is None or last is None:
        return None
    if first.pixels is None or last.pixels is None or float((first.pixels + last.pixels).max()) > FITS_STRAIGHT:
        return None
    as_last, as_first = weigh_name(names, Role.LAST, first_value), weigh_name(names, Role.FIRST, last_value)
    return None if as_last is None or as_first is None else as_last + as_first


def _read_box(names: NameIndex, role: Role, value: object, instead: tuple[str, ...]) -> NameBox | None:
    if is_reading(value):
        pixels = weigh_name(names, role, value)
        return None if pixels is None else NameBox(role, (), pixels)
    weighed = names.weigh_text(role, text_of(value))
    if weighed is None:
        return None
    alternatives = [weighed]
    other = names.weigh_text(role, " ".join(instead))
    if other is not None:
        alternatives.append(Weighed(other.ids, other.ratio + OTHER_NAME_INSTEAD, other.floor))
    return NameBox(role, tuple(alternatives), None)


def read_guardian(guardians: GuardianIndex, query: Query) -> tuple[Weighed, ...]:
    """The words of the parent's name, weighed; empty where there is nothing to compare."""
    return guardians.weigh_words(text_of(query.get("parent_name")))
