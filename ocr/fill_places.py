"""Where a blank leaves room for writing: boxes, combs, ruled lines and small boxes to tick, seen in the drawn page.

Decides by lines alone, so that a blank that is a picture is looked at like any other. It doesn't know what a place is for.
Accepted limit: a place without any line, or a round one, isn't seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_DARK = 205
_SHORTEST_LINE = 20
_TICK_SIDES = (17, 66)
_TICK_ASPECT = 1.35
_SMALLEST, _TALLEST = 26, 290
_SHORTEST_RULE, _THICKEST_RULE = 70, 5
_RULE_ROOM, _LEAST_ROOM = 84, 26
_RECTANGULAR = 0.9
_BARE, _EMPTY = 0.03, 0.004
_FEWEST_IN_COMB = 4
_COMB_ASPECT = 1.5
_LEAST_FREE = 0.4
_DIVIDES = 0.7  # a column so dark is a divider of a comb
_INSET = 4
_JITTER, _EDGE = 3, 8


class PlaceKind(StrEnum):
    """What a place looks like."""

    BOX = "box"
    RULE = "rule"
    TICK = "tick"


class Span(NamedTuple):
    """A box in pixels of the drawn page (200 dpi), right and bottom exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def wide(self) -> int:
        """Pixels across."""
        return self.x1 - self.x0

    @property
    def tall(self) -> int:
        """Pixels down."""
        return self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Place:
    """Room for writing: all of it (`outer`), what of it nothing is printed in (`free`), and cells of print at its sides."""

    kind: PlaceKind
    outer: Span
    free: Span
    label_cells: tuple[Span, ...] = ()


def find_places(picture: NDArray[np.uint8]) -> list[Place]:
    """The places of a drawn blank (H x W uint8 at 200 dpi), from the top."""
    dark = (picture < _DARK).astype(np.uint8)
    across, down = (find_lines(dark, _SHORTEST_LINE, level) for level in (True, False))
    cells = _find_cells(across | down)
    ticks = [cell for cell in cells if _is_tick(cell, dark)]
    boxes = [cell for cell in _join_combs([cell for cell in cells if cell not in ticks]) if _is_box(cell)]
    boxes = [box for box in boxes if not any(_holds(box, other) for other in (*boxes, *ticks) if other != box)]
    labels = [box for box in boxes if _is_label_cell(box, boxes, dark)]
    rooms = [box for box in boxes if box not in labels]
    places = [Place(PlaceKind.TICK, tick, tick) for tick in ticks if not any(_holds(box, tick) for box in boxes)]
    places += [
        Place(PlaceKind.BOX, box, free, tuple(label for label in labels if _touches_side(label, box)))
        for box in rooms
        if (free := _find_free(box, dark)) is not None
    ]
    known = [*ticks, *boxes]
    rules = (_make_rule(rule, dark) for rule in _find_rules(across, known))
    places += [Place(PlaceKind.RULE, rule, rule) for rule in rules if rule is not None]
    return sorted(places, key=lambda place: (place.outer.y0, place.outer.x0))


def find_lines(dark: NDArray[np.uint8], shortest: int, level: bool) -> NDArray[np.uint8]:
    """What of the `dark` pixels (H x W, 0 or 1) lies in straight level or upright lines at least so many pixels long."""
    lines: NDArray[np.uint8] = cv2.morphologyEx(
        dark, cv2.MORPH_OPEN, np.ones((1, shortest) if level else (shortest, 1), np.uint8)
    )
    return lines


def _find_cells(lines: NDArray[np.uint8]) -> list[Span]:
    """White rectangles that lines enclose."""
    closed = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    found = []
    for left, top, width, height, area in stats[1:count]:
        if min(width, height) >= _TICK_SIDES[0] and area >= _RECTANGULAR * width * height:
            found.append(Span(int(left), int(top), int(left + width), int(top + height)))
    return found


def _is_tick(cell: Span, dark: NDArray[np.uint8]) -> bool:
    low, high = _TICK_SIDES
    sized = low <= min(cell.wide, cell.tall) and max(cell.wide, cell.tall) <= high
    even = max(cell.wide, cell.tall) <= _TICK_ASPECT * min(cell.wide, cell.tall)
    return sized and even and _measure_ink(cell, dark) < _BARE


def _measure_ink(span: Span, dark: NDArray[np.uint8]) -> float:
    inside = dark[span.y0 + 2 : span.y1 - 2, span.x0 + 2 : span.x1 - 2]
    return float(inside.mean()) if inside.size else 1.0


def _is_box(cell: Span) -> bool:
    return cell.wide >= _SMALLEST and _SMALLEST <= cell.tall <= _TALLEST


def _join_combs(cells: Sequence[Span]) -> list[Span]:
    """Cells with rows of narrow ones that touch made one."""
    joined: list[Span] = []
    row: list[Span] = []
    for cell in [*sorted(cells, key=lambda cell: (round(cell.y0 / 8), cell.x0)), None]:
        if cell is not None and row and _continues(row[-1], cell):
            row.append(cell)
            continue
        if len(row) >= _FEWEST_IN_COMB and row[0].wide <= _COMB_ASPECT * row[0].tall:
            joined.append(Span(row[0].x0, row[0].y0, row[-1].x1, row[0].y1))
        else:
            joined += row
        row = [cell] if cell is not None else []
    return joined


def _continues(last: Span, cell: Span) -> bool:
    return (
        abs(cell.y0 - last.y0) <= _JITTER
        and abs(cell.y1 - last.y1) <= _JITTER
        and 0 <= cell.x0 - last.x1 <= _EDGE
        and abs(cell.wide - last.wide) <= 4
    )


def _holds(outer: Span, inner: Span) -> bool:
    return (
        outer.x0 <= inner.x0 and outer.y0 <= inner.y0 and inner.x1 <= outer.x1 and inner.y1 <= outer.y1
    )  # fmt: skip


def _find_free(box: Span, dark: NDArray[np.uint8]) -> Span | None:
    """The part of a box below a label in it, or beside one; None where print fills it."""
    inside = dark[box.y0 + _INSET : box.y1 - _INSET, box.x0 + _INSET : box.x1 - _INSET].copy()
    dividers = inside.mean(axis=0) > _DIVIDES
    inside[:, np.convolve(dividers, np.ones(3), "same") > 0] = 0
    if inside.mean() < _EMPTY:
        return box
    rows = np.flatnonzero(inside.any(axis=1))
    under = int(rows[-1]) + 1
    if (inside.shape[0] - under) >= _LEAST_FREE * inside.shape[0]:
        return Span(box.x0, box.y0 + _INSET + under, box.x1, box.y1)
    columns = np.flatnonzero(inside.any(axis=0))
    before, after = int(columns[0]), inside.shape[1] - int(columns[-1]) - 1
    if max(before, after) < _LEAST_FREE * inside.shape[1]:
        return None
    if after >= before:
        return Span(box.x0 + _INSET + int(columns[-1]) + _INSET, box.y0, box.x1, box.y1)
    return Span(box.x0, box.y0, box.x0 + before, box.y1)


def _is_label_cell(box: Span, boxes: Sequence[Span], dark: NDArray[np.uint8]) -> bool:
    """Whether a box holds print alone, for an empty box that touches it on one side."""
    if _measure_ink(box, dark) < _EMPTY:
        return False
    ink = np.flatnonzero(dark[box.y0 + _INSET : box.y1 - _INSET, box.x0 + _INSET : box.x1 - _INSET].any(axis=1))
    if not len(ink) or box.tall - _INSET - int(ink[-1]) > _LEAST_FREE * box.tall:
        return False
    return any(_touches_side(box, other) and _measure_ink(other, dark) < _EMPTY for other in boxes if other != box)


def _touches_side(one: Span, other: Span) -> bool:
    """Whether two cells stand side by side in a row and touch."""
    level = abs(other.y0 - one.y0) <= _JITTER and abs(other.y1 - one.y1) <= _JITTER
    return level and min(abs(other.x0 - one.x1), abs(one.x0 - other.x1)) <= _EDGE


def _find_rules(across: NDArray[np.uint8], known: Sequence[Span]) -> Iterator[Span]:
    """Thin level lines that are no edge of a box."""
    joined = cv2.morphologyEx(across, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for left, top, width, height, _area in stats[1:count]:
        line = Span(int(left), int(top), int(left + width), int(top + height))
        if width >= _SHORTEST_RULE and height <= _THICKEST_RULE and not any(_is_edge(line, cell) for cell in known):
            yield line


def _is_edge(line: Span, cell: Span) -> bool:
    near = min(abs(line.y0 - cell.y1), abs(line.y1 - cell.y0), abs(line.y0 - cell.y0), abs(line.y1 - cell.y1)) <= 8
    return near and min(line.x1, cell.x1) - max(line.x0, cell.x0) > 0.5 * min(line.wide, cell.wide)


def _make_rule(line: Span, dark: NDArray[np.uint8]) -> Span | None:
    """The room above a rule, up to what is printed over it; None where there is none."""
    top = max(0, line.y0 - _RULE_ROOM)
    printed = np.flatnonzero(dark[top : line.y0 - 3, line.x0 + 2 : line.x1 - 2].any(axis=1))
    start = top + int(printed[-1]) + 2 if len(printed) else top
    return Span(line.x0, start, line.x1, line.y0) if line.y0 - start >= _LEAST_ROOM else None
