"""Proposes a field map for a blank: places that leave room for writing, named by the labels printed at them.

Decides nothing: a person looks at the draft and mends it. A field is given to one place at most, the best fit of all together;
a date or signature whose heading speaks of the student is the student's. What isn't found is said, never put somewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ocr.blank_pdfs import DOTS_PER_INCH, POINTS_PER_INCH, BlankPage, PointBox, read_blank_pages
from ocr.field_labels import Whose, fold_label, is_right_to_left, rate_label, tell_whose
from ocr.field_maps import FieldMap, MappedField
from ocr.fill_places import Place, PlaceKind, Span, find_places
from ocr.printed_words import (
    PrintedWord,
    has_text,
    join_words,
    read_drawn_page,
    read_text_layer,
    split_lines,
    split_runs,
)
from ocr.types import FIELD_KINDS, FieldKind

LEAST_FIT = 0.5
_SURE_FIT = 0.75
_ABOVE, _BELOW, _BESIDE = 13.0, 4.5, 14.0
_TOUCH = 3.0
_WEIGHTS = {"inside": 1.0, "above": 0.97, "beside": 1.0, "below": 0.95}
_STRANGER, _NOBODY = 0.55, 0.9
_LONGEST_HEADING = 60
_HEAD_REACH = 110.0
_RARELY_ASKED = ("student_signature", "student_date")
_SIGNED_BY: dict[str, Whose] = {
    "student_first": Whose.STUDENT,
    "student_middle": Whose.STUDENT,
    "student_last": Whose.STUDENT,
    "student_signature": Whose.STUDENT,
    "student_date": Whose.STUDENT,
    "parent_name": Whose.PARENT,
    "parent_signature": Whose.PARENT,
    "parent_date": Whose.PARENT,
}


@dataclass(frozen=True, slots=True)
class DraftedField:
    """A proposed field: where, the label that it goes by, how well they fit (0 to 1), and whether that is well."""

    field: MappedField
    label: str
    score: float

    @property
    def is_sure(self) -> bool:
        """Whether nothing speaks for looking twice."""
        return self.score >= _SURE_FIT


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed map; `missing` fields were found nowhere. `was_read`: pages without a text layer, read off the picture."""

    fields: tuple[DraftedField, ...]
    missing: tuple[str, ...]
    was_read: tuple[int, ...]

    @property
    def field_map(self) -> FieldMap:
        """The map as it would be if nobody changed it."""
        return FieldMap(tuple(drafted.field for drafted in self.fields))


def draft_field_map(path: str | Path) -> Draft:
    """A proposal for a blank's field map. `TemplateError` if it can't be opened."""
    pages = read_blank_pages(path)
    layers = read_text_layer(path)
    was_read = tuple(number for number, words in enumerate(layers, start=1) if not has_text(words))
    spots: list[_Spot] = []
    for number, (page, layer) in enumerate(zip(pages, layers, strict=True), start=1):
        words = layer if has_text(layer) else read_drawn_page(page.picture)
        spots += _list_spots(number, page, words)
    drafted = tuple(_assign(spots))
    named = {entry.field.name for entry in drafted}
    return Draft(drafted, tuple(name for name in FIELD_KINDS if name not in named), was_read)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place with the texts that may be its label, and whose name or date it would hold by the headings before it."""

    page_number: int
    box: PointBox
    is_tick: bool
    texts: tuple[tuple[str, float], ...]
    whose: Whose | None


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a printed text begins that says whose things follow."""

    top: float
    left: float
    whose: Whose


def _list_spots(number: int, page: BlankPage, words: Sequence[PrintedWord]) -> Iterator[_Spot]:
    places = _list_places(page)
    heads = [
        _Head(run[0].box.top, run[0].box.left, whose)
        for line in split_lines(words)
        for run in split_runs(line)
        if len(text := join_words(run)) <= _LONGEST_HEADING and (whose := tell_whose(fold_label(text))) is not None
    ]
    is_backwards = sum(is_right_to_left(word.text) for word in words) * 2 > len(words)
    for place in places:
        others = [other for other in places if other is not place]
        texts = tuple(_list_texts(place, words, others, is_backwards))
        head = _find_head(place, heads, is_backwards)
        yield _Spot(number, place.free, place.kind is PlaceKind.TICK, texts, head)


@dataclass(frozen=True, slots=True)
class _Room:
    """A place in points: the whole of it, what is left free, and cells of print that touch it."""

    kind: PlaceKind
    outer: PointBox
    free: PointBox
    label_cells: tuple[PointBox, ...] = ()


def _list_places(page: BlankPage) -> list[_Room]:
    """The page's form fields, whatever they are called, and the places seen where none is."""
    rooms = [
        _Room(PlaceKind.TICK if widget.is_tick else PlaceKind.BOX, widget.box, widget.box) for widget in page.widgets
    ]
    seen = [_to_points(place) for place in find_places(page.picture)]
    return rooms + [room for room in seen if not any(_meets(room.outer, widget.box) for widget in page.widgets)]


def _to_points(place: Place) -> _Room:
    def scale(span: Span) -> PointBox:
        return PointBox(*(side * POINTS_PER_INCH / DOTS_PER_INCH for side in span))

    return _Room(place.kind, scale(place.outer), scale(place.free), tuple(map(scale, place.label_cells)))


def _meets(one: PointBox, other: PointBox) -> bool:
    return min(one.right, other.right) - max(one.left, other.left) > 2 and (
        min(one.bottom, other.bottom) - max(one.top, other.top) > 2
    )


def _find_head(place: _Room, heads: Sequence[_Head], is_backwards: bool) -> Whose | None:
    """Whose things the last heading before a place speaks of: on its line before it, or not far above it."""
    top, left = place.outer.top, place.outer.left
    before = [
        head
        for head in heads
        if top - _HEAD_REACH <= head.top < top - _ABOVE - _TOUCH
        or (top - _ABOVE - _TOUCH <= head.top < place.outer.bottom and (head.left > left) == is_backwards)
    ]
    return (
        max(before, key=lambda head: (round(head.top / 4), -head.left if is_backwards else head.left)).whose
        if before
        else None
    )


def _list_texts(
    place: _Room, words: Sequence[PrintedWord], others: Sequence[_Room], is_backwards: bool
) -> Iterator[tuple[str, float]]:
    """Texts that may be a place's label, and how much each way of standing by it counts."""
    outer = place.outer
    if place.kind is PlaceKind.TICK:
        sides = (not is_backwards, is_backwards)
        for weight, after in zip((1.0, 0.8), sides, strict=True):
            if beside := _take_beside(place, words, others, after=after, reach=_BESIDE * 1.5):
                yield join_words(beside), weight
        return
    if place.label_cells:
        first = (max if is_backwards else min)(place.label_cells)
        yield _join_inside(first, words), _WEIGHTS["beside"]
        return
    across = [word for word in words if outer.left - _TOUCH <= word.middle[0] <= outer.right + _TOUCH]
    inside = [word for word in across if outer.top < word.middle[1] < outer.bottom]
    if inside:
        yield " ".join(map(join_words, split_lines(inside))), _WEIGHTS["inside"]
    above = [word for word in across if outer.top - _ABOVE <= word.box.bottom <= outer.top + _TOUCH]
    yield from ((join_words(line), _WEIGHTS["above"]) for line in split_lines(above)[-1:] if not inside)
    beside = _take_beside(place, words, others, after=is_backwards, reach=_BESIDE)
    if beside:
        yield join_words(beside), _WEIGHTS["beside"]
    if place.kind is PlaceKind.RULE:
        below = [word for word in across if 0 <= word.box.top - outer.bottom + 2 <= _BELOW + 2]
        yield from ((join_words(line), _WEIGHTS["below"]) for line in split_lines(below)[:1])


def _join_inside(cell: PointBox, words: Sequence[PrintedWord]) -> str:
    inside = [
        word
        for word in words
        if cell.left <= word.middle[0] <= cell.right and cell.top <= word.middle[1] <= cell.bottom
    ]
    return " ".join(map(join_words, split_lines(inside)))


def _take_beside(
    place: _Room, words: Sequence[PrintedWord], others: Sequence[_Room], after: bool, reach: float
) -> list[PrintedWord]:
    """The words on a place's line that lead up to it, or follow it, without a gap or another place between."""
    outer = place.outer
    taken: list[PrintedWord] = []
    edge = outer.right if after else outer.left
    on_line = [word for word in words if outer.top - 1 <= word.middle[1] <= outer.bottom + 1]
    for word in sorted(on_line, key=lambda word: word.box.left, reverse=not after):
        gap = word.box.left - edge if after else edge - word.box.right
        if gap < -_TOUCH:
            continue
        between = PointBox(min(edge, word.box.left), word.box.top, max(edge, word.box.right), word.box.bottom)
        if gap > reach or any(_meets(other.outer, between) for other in others):
            break
        taken.append(word)
        edge = word.box.right if after else word.box.left
        reach = max(3.0, word.box.bottom - word.box.top)
    return taken


def _assign(spots: Sequence[_Spot]) -> Iterator[DraftedField]:
    names = list(FIELD_KINDS)
    fits: NDArray[np.float64] = np.array([[_rate(spot, name)[0] for name in names] for spot in spots]).reshape(
        -1, len(names)
    )
    rows, columns = linear_sum_assignment(-np.where(fits >= LEAST_FIT, fits, 0.0))
    for row, column in sorted(zip(rows.tolist(), columns.tolist(), strict=True), key=lambda pair: pair[1]):
        score, label = _rate(spots[row], names[column])
        if score >= LEAST_FIT:
            box = PointBox(*(round(side, 1) for side in spots[row].box))
            yield DraftedField(MappedField(names[column], spots[row].page_number, box), label, round(score, 2))


def _rate(spot: _Spot, name: str) -> tuple[float, str]:
    """How well a field fits a place, and the label that says so."""
    if spot.is_tick != (FIELD_KINDS[name] is FieldKind.CHECKBOX) or not spot.texts:
        return 0.0, ""
    score, label = max((rate_label(fold_label(text), name) * weight, text) for text, weight in spot.texts)
    signer = _SIGNED_BY.get(name)
    whose = tell_whose(fold_label(label)) or spot.whose
    if signer is None or whose is signer:
        return score, label
    if whose is None:
        return score * (_NOBODY if name in _RARELY_ASKED else 1.0), label
    return score * _STRANGER, label
