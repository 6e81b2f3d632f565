"""Weighs each box of a query once, against distinct values, before any child is looked at.

Decides what a query says at all: text, pixels or nothing, box by box. Never looks at a single child: `weighing` hands the
ratios of a value to the children that bear it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from matching.birth_dates import WeighedDates
from matching.enrollment_columns import text_of_cell
from matching.name_folding import words_of
from matching.name_index import SPLIT_BOXES, NameIndex
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray
from matching.pixels import weigh_name
from matching.student_ids import WeighedIds
from matching.types import PixelReading, Query, is_reading, normal_text
from matching.words_together import Weighed

MOST_WORDS = 7
MOST_SPLIT = 4
"""Words of a box that may be two names."""
_BOXES = ((Role.FIRST, "student_first"), (Role.MIDDLE, "student_middle"), (Role.LAST, "student_last"))
FITS_STRAIGHT = 12.0
"""Where some first and some last name fit their boxes by this many nats, pixels aren't read again the other way round."""


def text_of(value: object) -> str:
    """What a value says as text: itself, the text of a reading, "" for nothing at all."""
    if isinstance(value, str):
        return value
    return value.text if is_reading(value) else text_of_cell(value)


def value_of(value: object) -> str:
    """What a value says, normalised where a reading offers that (dates, IDs), else as `text_of`."""
    return normal_text(value) if is_reading(value) else text_of(value)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A box that holds two names one after the other: front and back weighed, and the log price of such a box."""

    front: Weighed
    back: Weighed
    price: float


@dataclass(frozen=True, slots=True, eq=False)
class NameBox:
    """One name box in all its ways, of which the best counts.

    `whole`: one name of its own kind; `instead`: the other name given; `splits`: first and middle, or middle and last name.
    `pixels` is the reading where it is one.
    """

    whole: Weighed
    instead: Weighed | None = None
    splits: tuple[Split, ...] = ()
    pixels: PixelReading | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReadNames:
    """The name boxes of a query, None where a box says nothing.

    `words` are the words of all boxes weighed against words in any place, for names in another order and for families;
    `last_words` those of a typed last-name box as they stand.
    `first_as_last` and `last_as_first` are pixels read in each other's box, only where straight nobody fits.
    """

    first: NameBox | None
    middle: NameBox | None
    last: NameBox | None
    words: tuple[Weighed, ...]
    last_words: tuple[str, ...] = ()
    first_as_last: Weighed | None = None
    last_as_first: Weighed | None = None

    @property
    def from_pixels(self) -> bool:
        """Whether a box is pixels."""
        return any(box is not None and box.pixels is not None for box in (self.first, self.last))


@dataclass(frozen=True, slots=True, eq=False)
class ReadQuery:
    """A query weighed against distinct values; None where a box says nothing."""

    names: ReadNames
    birth_date: WeighedDates | None
    student_id: WeighedIds | None
    school: FloatArray | None
    grade: FloatArray | None
    guardian: tuple[Weighed, ...]

    @property
    def says_nothing(self) -> bool:
        """Whether no box says anything."""
        names = self.names
        fields = (names.first, names.last, self.birth_date, self.student_id, self.school, self.grade)
        return not names.words and not self.guardian and all(field is None for field in fields)


def choose_words(query: Query) -> list[str]:
    """The words of all name boxes that are looked for in any place."""
    words: dict[str, None] = {}
    for box in ("student_first", "student_middle", "student_last"):
        words.update(dict.fromkeys(words_of(text_of(query.get(box)))))
    return [word for word in words if len(word) > 1][:MOST_WORDS]


def order_alike(queries: Sequence[Query]) -> list[int]:
    """The places of the queries, those of one surname together: what queries of a lot have in common is looked up once."""
    surnames = [words_of(text_of(query.get("student_last"))) for query in queries]
    return sorted(range(len(queries)), key=lambda place: surnames[place])


def prepare_names(names: NameIndex, queries: Sequence[Query]) -> None:
    """Weighs what the typed names of all queries are made of, all in one go."""
    asked: dict[Role, dict[tuple[str, ...], None]] = {role: {} for role in Role}
    for query in queries:
        for role, box in _BOXES:
            value = query.get(box)
            if isinstance(value, str):
                words = words_of(value)
                asked[role][words] = None
                for two in _list_splits(role, words):
                    asked[two.roles[0]][two.front] = asked[two.roles[1]][two.back] = None
        asked[Role.ANY].update(dict.fromkeys((word,) for word in choose_words(query)))
    names.prepare(asked)


def read_names(names: NameIndex, query: Query) -> ReadNames:
    """The query's name boxes, weighed."""
    other = words_of(text_of(query.get("other_name")))
    first_value, last_value = query.get("student_first"), query.get("student_last")
    weighed_words = (names.weigh_words(Role.ANY, (word,)) for word in choose_words(query))
    middle = names.weigh_text(Role.MIDDLE, text_of(query.get("student_middle")))
    first = _read_box(names, Role.FIRST, first_value, other[:1])
    last = _read_box(names, Role.LAST, last_value, other[-1:] if len(other) > 1 else ())
    swapped = _read_swapped(names, first, last)
    return ReadNames(
        first=first,
        middle=None if middle is None else NameBox(middle),
        last=last,
        words=tuple(found for found in weighed_words if found is not None),
        last_words=() if is_reading(last_value) else words_of(text_of(last_value)),
        first_as_last=swapped[0] if swapped else None,
        last_as_first=swapped[1] if swapped else None,
    )


def _read_swapped(names: NameIndex, first: NameBox | None, last: NameBox | None) -> tuple[Weighed, Weighed] | None:
    if first is None or last is None or first.pixels is None or last.pixels is None:
        return None
    if float(first.whole.ratio.max(initial=-9.0)) + float(last.whole.ratio.max(initial=-9.0)) > FITS_STRAIGHT:
        return None
    as_last, as_first = weigh_name(names, Role.LAST, first.pixels), weigh_name(names, Role.FIRST, last.pixels)
    return None if as_last is None or as_first is None else (as_last, as_first)


def _read_box(names: NameIndex, role: Role, value: object, instead: tuple[str, ...]) -> NameBox | None:
    if is_reading(value):
        pixels = weigh_name(names, role, value)
        return None if pixels is None else NameBox(pixels, pixels=value)
    words = words_of(text_of(value))
    whole = names.weigh_words(role, words)
    if whole is None:
        return None
    return NameBox(whole, names.weigh_words(role, instead), _split_box(names, role, words, whole))


@dataclass(frozen=True, slots=True)
class _TwoNames:
    """The words of one box taken for two names, and the boxes that each would stand in by itself."""

    roles: tuple[Role, Role]
    front: tuple[str, ...]
    back: tuple[str, ...]


def _list_splits(role: Role, words: tuple[str, ...]) -> list[_TwoNames]:
    """First and middle name in the first-name box; middle (father's) and last name in the last-name box."""
    if role not in SPLIT_BOXES or not 1 < len(words) <= MOST_SPLIT:
        return []
    return [_TwoNames(SPLIT_BOXES[role], words[:place], words[place:]) for place in sorted({1, len(words) - 1})]


def _split_box(names: NameIndex, role: Role, words: tuple[str, ...], whole: Weighed) -> tuple[Split, ...]:
    """All ways of taking a box for two names, weighed."""
    found: list[Split] = []
    for two in _list_splits(role, words):
        front, back = names.weigh_words(two.roles[0], two.front), names.weigh_words(two.roles[1], two.back)
        if front is not None and back is not None:
            price = log(names.split_share(role)) + front.population + back.population - whole.population
            found.append(Split(front, back, price))
    return tuple(found)
