"""The printed words of a blank and where they stand: out of its text layer, or read by Tesseract off the drawn page.

Decides the order of letters by where they stand, not by the order in the file, so that scripts that run right to left come out
right. Accepted limit: Tesseract reads the languages it has data for, others come out garbled or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pypdfium2
import pytesseract
from numpy.typing import NDArray
from PIL import Image

from ocr.blank_pdfs import DOTS_PER_INCH, POINTS_PER_INCH, PageFrame, PointBox, frame_page
from ocr.field_labels import is_right_to_left
from ocr.fill_places import find_lines

_Thing = TypeVar("_Thing")
_WORD_GAP = 0.16
_RUN_GAP = 0.8
_SAME_LINE = 0.65
_FEWEST_WORDS = 5
_TICK_SIGNS = frozenset("☐☑☒□◻❏❑▢○◯_")
_DARK, _LEVEL_LINE, _UPRIGHT_LINE = 205, 60, 34  # no letter of a label is so wide or tall
_LEAST_SURE = 25.0
_LANGUAGES = ("eng", "spa", "som", "vie", "chi_sim", "chi_tra", "amh", "tir", "orm", "ara", "tgl", "fil")


@dataclass(frozen=True, slots=True)
class PrintedWord:
    """A word and its box on the page."""

    text: str
    box: PointBox

    @property
    def middle(self) -> tuple[float, float]:
        """Across and down, points."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2


def read_text_layer(path: str | Path) -> list[list[PrintedWord]]:
    """The words of each page as the PDF holds them; none of a page that is a picture."""
    return [list(_read_page_words(page)) for page in pypdfium2.PdfDocument(path)]


def read_drawn_page(picture: NDArray[np.uint8]) -> list[PrintedWord]:
    """The words of a drawn page (H x W uint8 at 200 dpi) by Tesseract, its lines left out; none where it is absent."""
    dark = (picture < _DARK).astype(np.uint8)
    lines = find_lines(dark, _LEVEL_LINE, level=True) | find_lines(dark, _UPRIGHT_LINE, level=False)
    bare = np.where(cv2.dilate(lines, np.ones((3, 3), np.uint8)) > 0, 255, picture).astype(np.uint8)
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    try:
        told = pytesseract.image_to_data(
            Image.fromarray(bare).resize((bare.shape[1] * 3 // 2, bare.shape[0] * 3 // 2)),
            lang=_list_languages(),
            config="--psm 11",
            output_type=pytesseract.Output.DICT,
        )
    except (pytesseract.TesseractNotFoundError, pytesseract.TesseractError):
        return []
    scale = POINTS_PER_INCH / DOTS_PER_INCH / 1.5
    words = []
    for text, sure, *place in zip(
        told["text"], told["conf"], told["left"], told["top"], told["width"], told["height"], strict=True
    ):
        if text.strip() and float(sure) >= _LEAST_SURE:
            left, top, width, height = (side * scale for side in place)
            words.append(PrintedWord(text.strip(), PointBox(left, top, left + width, top + height)))
    return words


@cache
def _list_languages() -> str:
    known = set(pytesseract.get_languages())
    return "+".join(language for language in _LANGUAGES if language in known) or "eng"


def has_text(words: Sequence[PrintedWord]) -> bool:
    """Whether a text layer holds enough to go by."""
    return len(words) >= _FEWEST_WORDS


@dataclass(frozen=True, slots=True)
class _Letter:
    text: str
    box: PointBox


def _read_page_words(page: pypdfium2.PdfPage) -> Iterator[PrintedWord]:
    frame = frame_page(page.get_cropbox(), page.get_rotation())
    for line in _split_lines(list(_read_letters(page, frame)), _letter_box):
        for letters in _split_words(line):
            text = "".join(letter.text for letter in letters)
            if is_right_to_left(text):
                text = "".join(letter.text for letter in reversed(letters))
            if not set(text) <= _TICK_SIGNS:
                yield PrintedWord(text, _join_boxes([letter.box for letter in letters]))


def _split_words(line: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    ordered = sorted(line, key=lambda letter: letter.box.left + letter.box.right)
    for blank, letters in groupby(ordered, key=lambda letter: letter.text.isspace()):
        if not blank:
            yield from _split_at_gaps(list(letters), _letter_box, _WORD_GAP)


def _read_letters(page: pypdfium2.PdfPage, frame: PageFrame) -> Iterator[_Letter]:
    text_page = page.get_textpage()
    for place in range(text_page.count_chars()):
        text = text_page.get_text_range(place, 1)
        if text.isprintable():
            box = frame.place(text_page.get_charbox(place, loose=True))
            if box.right > box.left and box.bottom > box.top:
                yield _Letter(text, box)


def join_words(words: Sequence[PrintedWord]) -> str:
    """Words of one line in reading order."""
    ordered = sorted(words, key=lambda word: word.box.left)
    backwards = sum(is_right_to_left(word.text) for word in words) * 2 > len(words)
    return " ".join(word.text for word in (reversed(ordered) if backwards else ordered))


def split_lines(words: Sequence[PrintedWord]) -> list[list[PrintedWord]]:
    """Words that stand side by side, line by line from the top."""
    return _split_lines(words, _word_box)


def split_runs(words: Sequence[PrintedWord]) -> list[list[PrintedWord]]:
    """Words of a line that no wide gap parts, run by run from the left."""
    return _split_at_gaps(sorted(words, key=lambda word: word.box.left), _word_box, _RUN_GAP)


def _letter_box(letter: _Letter) -> PointBox:
    return letter.box


def _word_box(word: PrintedWord) -> PointBox:
    return word.box


def _split_lines(things: Sequence[_Thing], find_box: Callable[[_Thing], PointBox]) -> list[list[_Thing]]:
    lines: list[list[_Thing]] = []
    for thing in sorted(things, key=lambda each: find_box(each).top + find_box(each).bottom):
        box = find_box(thing)
        for line in reversed(lines[-6:]):
            last = find_box(line[-1])
            shared = min(box.bottom, last.bottom) - max(box.top, last.top)
            if shared > _SAME_LINE * min(box.bottom - box.top, last.bottom - last.top):
                line.append(thing)
                break
        else:
            lines.append([thing])
    return lines


def _split_at_gaps(
    things: Sequence[_Thing], find_box: Callable[[_Thing], PointBox], widest: float
) -> list[list[_Thing]]:
    """Things in order from the left, parted where the gap is wider than a share of their height."""
    runs: list[list[_Thing]] = []
    for thing in things:
        box = find_box(thing)
        if runs:
            last = find_box(runs[-1][-1])
            if box.left - last.right <= widest * min(box.bottom - box.top, last.bottom - last.top):
                runs[-1].append(thing)
                continue
        runs.append([thing])
    return runs


def _join_boxes(boxes: Sequence[PointBox]) -> PointBox:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return PointBox(min(lefts), min(tops), max(rights), max(bottoms))
