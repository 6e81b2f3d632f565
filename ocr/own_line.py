"""Finds a field's own line in a loose cut: what a family wrote, without printed labels and without the lines around.

Decides by layout and by reading: ink is gathered into lines; what stands before a printed colon (two equal dots close to
tightly set letters, in any language) is taken off, and so is a word that forms print before a box. Of the lines that say
something else, the one of the largest letters that the edge doesn't cut off is the field's own. Accepted limit: a label
without a colon, in words that `LABEL_WORDS` doesn't hold and on the writing's own line, is read with the writing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import permutations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.alphabet import fold_text
from ocr.recogniser import CtcOutput, recognise
from ocr.types import FieldKind, PixelBox

Grey = NDArray[np.uint8]

LABEL_WORDS = frozenset(
    (
        *(
            "name",
            "names",
            "first",
            "last",
            "middle",
            "given",
            "family",
            "surname",
            "student",
            "students",
            "legal",
            "date",
        ),
        *("birth", "born", "number", "school", "grade", "parent", "guardian", "print", "printed", "signature"),
        *("nombre", "nombres", "apellido", "apellidos", "fecha", "nacimiento", "escuela", "grado", "estudiante"),
        *("magaca", "magac", "taariikhda", "ngay", "sinh", "maqaa", "guyyaa", "pangalan", "apelyido", "petsa"),
    )
)
_CUT_LABEL_WORDS = frozenset(word[cut:] for word in LABEL_WORDS for cut in (1, 2) if len(word) - cut >= 4)
_LEAST_LETTER = 0.1
_FRAGMENT = 0.6
_LARGEST_DOT = 0.2
_PRINTED_GAP = 0.35  # between printed letters, as a share of their height
_LABELLED = 4.0
_LOWER = 2.0
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class _Line:
    """`height` of its letters in pixels, the share `cut_off` by an edge, whether a label with a colon stands before it."""

    ink: Grey
    height: float
    cut_off: float
    labelled: bool


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Connected pieces of ink by number: `labels` H x W, sides in pixels (right and bottom exclusive)."""

    labels: NDArray[np.int32]
    left: NDArray[np.int32]
    top: NDArray[np.int32]
    right: NDArray[np.int32]
    bottom: NDArray[np.int32]
    usable: NDArray[np.bool_]
    at_edge: NDArray[np.bool_]


def find_own_line(evened: Grey, ink: Grey, kind: FieldKind) -> Grey:
    """The ink (H x W uint8, 0 or 1) of the field's own writing; all zero where nothing is written."""
    lines = _gather_lines(ink)
    if not lines:
        return np.zeros_like(ink)
    outputs = recognise([_show(evened, ink, line.ink) for line in lines])
    best, best_worth = np.zeros_like(ink), 0.0
    for line, output in zip(lines, outputs, strict=True):
        rest = _take_label_off(line.ink, output)
        if not rest.any():
            continue
        worth = line.height * (1.0 - 0.75 * line.cut_off) * min(1.0, rest.sum() / line.height**1.5)
        worth *= 1.0 + _LOWER * np.flatnonzero(rest.any(axis=1)).mean() / len(ink)  # a label stands above, not below
        worth *= (_LABELLED if line.labelled else 1.0) * _suit(output.text[_find_label_end(output.text) :], kind)
        if worth > best_worth:
            best, best_worth = rest, worth
    return best


def _suit(text: str, kind: FieldKind) -> float:
    """How well a reading suits its field (0.3 to 1): names are letters, dates and IDs are digits."""
    signs = [character for character in text if character.isalnum()]
    if kind is FieldKind.TEXT or not signs:
        return 0.65
    letters = sum(map(str.isalpha, signs)) / len(signs)
    return 0.3 + 0.7 * (letters if kind is FieldKind.NAME else 1.0 - letters)


def _gather_lines(ink: Grey) -> list[_Line]:
    """Lines of ink, largest first: letters that stand on one height, with the dots and accents about them.

    Where a label ends in a colon, only what stands right of it counts.
    """
    pieces = _measure_pieces(ink)
    colon = _find_colon(pieces)
    if colon is not None:
        pieces.usable[pieces.left < colon.x1] = False
    lines = []
    for chain in _chain_letters(pieces):
        height = _measure_height(pieces, chain)
        low, high = float(np.median(pieces.top[chain])), float(np.median(pieces.bottom[chain]))
        labelled = colon is not None and min(high, colon.y1) - max(low, colon.y0) > 0.3 * (colon.y1 - colon.y0)
        chosen = _fill_line(pieces, chain, height)
        lines.append(_Line(chosen, height, _measure_cut(pieces, chain), labelled))
    lines = sorted((line for line in lines if line.ink.any()), key=lambda line: -float(line.ink.sum()) * line.height)
    return lines[:_MOST_LINES]


def _measure_pieces(ink: Grey) -> _Pieces:
    height, width = ink.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, tall, area = stats.T
    rule = ((wide > 0.6 * width) & (tall < 0.12 * height)) | ((tall > 0.9 * height) & (wide < 0.15 * tall))
    usable = (area >= 4) & ~rule & (np.arange(count) > 0)
    at_edge = (top <= 0) | (top + tall >= height)
    return _Pieces(labels, left, top, left + wide, top + tall, usable, at_edge)


def _chain_letters(pieces: _Pieces) -> list[list[int]]:
    """Letters grouped by height on the page, the tallest first; a fragment at an edge is in no chain of taller letters."""
    tall = pieces.bottom - pieces.top
    letters = [n for n in np.argsort(-tall) if pieces.usable[n] and tall[n] >= _LEAST_LETTER * len(pieces.labels)]
    chains: list[list[int]] = []
    for number in letters:
        for chain in chains:
            low, high = float(np.median(pieces.top[chain])), float(np.median(pieces.bottom[chain]))
            shared = min(high, pieces.bottom[number]) - max(low, pieces.top[number])
            fragment = pieces.at_edge[number] and tall[number] < _FRAGMENT * (high - low)
            if not fragment and shared > 0.5 * min(tall[number], high - low):
                chain.append(int(number))
                break
        else:
            chains.append([int(number)])
    return chains


def _measure_height(pieces: _Pieces, chain: list[int]) -> float:
    return float(np.percentile((pieces.bottom - pieces.top)[chain], 75))


def _measure_cut(pieces: _Pieces, chain: list[int]) -> float:
    wide = (pieces.right - pieces.left)[chain]
    return float(wide[pieces.at_edge[chain]].sum() / wide.sum())


def _fill_line(pieces: _Pieces, chain: list[int], height: float) -> Grey:
    """The ink of a chain's letters and of the small pieces (dots, accents, commas) about them."""
    low, high = float(np.median(pieces.top[chain])), float(np.median(pieces.bottom[chain]))
    middle = (pieces.top + pieces.bottom) / 2
    small = pieces.usable & (pieces.bottom - pieces.top < 0.85 * height) & ~pieces.at_edge
    near = small & (middle > low - 0.45 * height) & (middle < high + 0.25 * height)
    near[chain] = True
    chosen: Grey = near.astype(np.uint8)[pieces.labels]
    return chosen


def _find_colon(pieces: _Pieces) -> PixelBox | None:
    """The colon of the label that the edge cuts off least: two equal dots, one above the other, print before, ink behind."""
    wide, tall = pieces.right - pieces.left, pieces.bottom - pieces.top
    best, best_worth = None, 0.0
    dots = [n for n in np.flatnonzero(pieces.usable) if max(wide[n], tall[n]) <= _LARGEST_DOT * len(pieces.labels)]
    for upper, lower in permutations(dots, 2):
        if not _is_colon(pieces, upper, lower):
            continue
        y0, y1 = int(pieces.top[upper]), int(pieces.bottom[lower])
        reach = y1 - y0
        level = (pieces.top <= y0 + 0.35 * reach) & (pieces.bottom >= y1 - 0.35 * reach) & (tall <= 3.5 * reach)
        level &= pieces.usable & (tall > 0.7 * reach)
        before = level & (pieces.right <= pieces.left[upper] + 1) & (pieces.right > pieces.left[upper] - 12 * reach)
        behind = pieces.usable & (pieces.left >= pieces.right[upper]) & (tall > 0.7 * reach)
        behind &= (pieces.top < y1) & (pieces.bottom > y0)
        worth = float(before.sum() - 0.9 * (before & pieces.at_edge).sum())
        if before.sum() < 2 or not behind.any() or not _hugs_print(pieces, before, behind, upper):
            continue
        if worth > best_worth:
            best, best_worth = PixelBox(int(pieces.left[upper]), y0, int(pieces.right[[upper, lower]].max()), y1), worth
    return best


def _hugs_print(pieces: _Pieces, before: NDArray[np.bool_], behind: NDArray[np.bool_], dot: np.int64) -> bool:
    """A printed colon stands close to tightly set letters; the broken stroke of a letter stands between spaced ones."""
    left, right = pieces.left[dot] - pieces.right[before].max(), pieces.left[behind].min() - pieces.right[dot]
    order = np.argsort(pieces.left[before])
    starts, ends = pieces.left[before][order][1:], np.maximum.accumulate(pieces.right[before][order])[:-1]
    tall = float(np.median((pieces.bottom - pieces.top)[before]))
    return bool(left <= right and np.median(starts - ends) <= _PRINTED_GAP * tall)


def _is_colon(pieces: _Pieces, upper: np.int64, lower: np.int64) -> bool:
    sides = [
        int(side)
        for n in (upper, lower)
        for side in (pieces.right[n] - pieces.left[n], pieces.bottom[n] - pieces.top[n])
    ]
    size, gap = max(sides), int(pieces.top[lower] - pieces.bottom[upper])
    apart = abs(int(pieces.left[lower] + pieces.right[lower]) - int(pieces.left[upper] + pieces.right[upper])) / 2
    return min(sides) >= 0.45 * size and 0.4 * size <= gap <= 5 * size and apart <= 0.5 * size


def show_own_ink(evened: Grey, ink: Grey, own: Grey) -> Grey:
    """The cut with all ink that isn't the field's own made white; faint strokes beside it stay."""
    strange = cv2.dilate(ink & (1 - own), np.ones((3, 3), np.uint8)) & (1 - cv2.dilate(own, np.ones((3, 3), np.uint8)))
    shown: Grey = np.where(strange > 0, 255, evened).astype(np.uint8)
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if len(rows):
        shown[: max(0, rows[0] - 1)] = shown[rows[-1] + 2 :] = 255
        shown[:, : max(0, columns[0] - 2)] = 255
    return shown


def _show(evened: Grey, ink: Grey, own: Grey) -> Grey:
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    shown = show_own_ink(evened, ink, own)
    tight = shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pad = max(2, round(0.12 * tight.shape[0]))
    padded: Grey = cv2.copyMakeBorder(tight, pad, pad, 0, 0, cv2.BORDER_CONSTANT, value=255)
    return padded


def _take_label_off(ink: Grey, output: CtcOutput) -> Grey:
    """The line's ink without the label that its reading begins with."""
    end = _find_label_end(output.text)
    if end == 0:
        return ink
    if end >= len(output.text):
        return np.zeros_like(ink)
    return _cut_behind(ink, output.spots[end - 1], output.spots[end])


def _find_label_end(text: str) -> int:
    """How many characters of a line's reading are a printed label."""
    word = re.match(r"\W*(\w+)", text)
    if word and _is_label(word.group(1)):
        rest = text[word.end() :]
        following = _find_label_end(rest)
        return word.end() + following
    return 0


def _is_label(word: str) -> bool:
    """Whether a word is a label's, whole or with its first letters cut off by the edge."""
    return fold_text(word) in LABEL_WORDS | _CUT_LABEL_WORDS


def _cut_behind(ink: Grey, last: float, following: float) -> Grey:
    """The ink right of the widest gap that lies between two spots (shares of the ink's width)."""
    columns = np.flatnonzero(ink.any(axis=0))
    start, width = columns[0], columns[-1] + 1 - columns[0]
    low, high = int(start + last * width), int(start + following * width)
    high = max(high, low + 1)
    empty = np.asarray(ink[:, low:high].sum(axis=0) == 0)
    best_at, best_length, run = low, 0, 0
    for place, is_empty in enumerate(empty):
        run = run + 1 if is_empty else 0
        if run > best_length:
            best_at, best_length = low + place, run
    rest = ink.copy()
    rest[:, : best_at + 1] = 0
    return rest
