"""Pages that are no form of the district, drawn by chance: what else lies in a stack, and what is made to look like a form.

Decides nothing. Accepted limit: they are drawn, not collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from consentry.benches.blanks import KnownBlank, fill, load_strange_blanks
from fixtures.blank_forms import BlankForm
from fixtures.hands import Hand, write_text
from ocr.features import find_features
from ocr.template import Template
from ocr.types import TemplateIdentity

_WORDS = ("the", "school", "year", "student", "records", "of", "program", "family", "please", "return", "parent", "date",
          "signature", "name", "grade", "consent", "district", "office", "phone", "number")  # fmt: skip
_STRIPS = "our form cut into strips and put together anew"
OTHER_KINDS = ("another district's form", _STRIPS, "our heading over another body", "a letter", "columns of small print",
               "a table", "a list of children by hand", "boxes and labels", "handwriting", "a flyer", "a photo",
               "a blank back", "noise")  # fmt: skip

Page = NDArray[np.uint8]
_SIZE = (2200, 1700, 3)
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def draw_other_page(what: str, known: Sequence[KnownBlank], rng: np.random.Generator) -> Page:
    """A letter-sized page at 200 dpi (H x W x 3) of one of `OTHER_KINDS`, drawn by chance."""
    page = np.full(_SIZE, 252, np.uint8)
    match what:
        case "another district's form":
            others = _load_strangers()
            return fill(others[int(rng.integers(len(others)))], rng)
        case "our form cut into strips and put together anew":
            return _cut_to_strips(known, rng)
        case "our heading over another body":
            own = known[int(rng.integers(len(known)))].blank.draw()
            kept = round(own.shape[0] * float(rng.uniform(0.06, 0.16)))
            _draw_boxes(page, rng)
            page[:kept] = own[:kept]
        case "a letter":
            for line in range(int(rng.integers(150, 400)), int(rng.integers(1200, 2000)), int(rng.integers(34, 60))):
                _print(page, " ".join(rng.choice(_WORDS, 10)), (150, line), float(rng.uniform(0.7, 0.9)))
        case "columns of small print":
            _draw_columns(page, rng)
        case "a table":
            rows, columns = int(rng.integers(10, 40)), int(rng.integers(3, 8))
            for x, y in _grid(rows, columns):
                cv2.rectangle(page, (x, y), (x + 1400 // columns, y + 1900 // rows), (40, 40, 40), 2)
                _print(page, str(rng.choice(_WORDS)), (x + 8, y + 1900 // rows - 10), 0.7)
        case "a list of children by hand":
            _draw_list(page, rng)
        case "boxes and labels":
            _draw_boxes(page, rng)
        case "handwriting":
            hand = Hand.pick(rng)
            for line in range(200, 1900, int(rng.integers(70, 110))):
                _write(page, " ".join(rng.choice(_WORDS, 5)), hand, (150, line), rng)
        case "a flyer":
            _draw_flyer(page, rng)
        case "a photo":
            return _draw_scene(rng)
        case "noise":
            coarse = rng.integers(0, 255, (int(rng.integers(60, 300)), 170), dtype=np.uint8)
            return np.repeat(cv2.resize(coarse, (1700, 2200))[:, :, None], 3, axis=2)
    return page


def draw_stranger(known: Sequence[KnownBlank], number: int, seed: int) -> Template:
    """A blank to fill an index with: one of ours in another order, so that its words and boxes vie with the true ones."""
    rng = np.random.default_rng([seed, 33, number])
    page = cv2.cvtColor(draw_other_page(_STRIPS, known, rng), cv2.COLOR_RGB2GRAY)
    own = known[number % len(known)].template
    identity = TemplateIdentity(f"STRANGER-{number}", own.identity.school_year, own.identity.language)
    return replace(own, identity=identity, page=page, features=find_features(page), further=())


@lru_cache(maxsize=1)
def _load_strangers() -> tuple[BlankForm, ...]:
    return tuple(load_strange_blanks())


def _cut_to_strips(known: Sequence[KnownBlank], rng: np.random.Generator) -> Page:
    own = known[int(rng.integers(len(known)))].blank.draw()
    strips = np.array_split(own, 2 * int(rng.integers(5, 9)))
    order = [*range(1, len(strips), 2), *range(0, len(strips), 2)]  # no strip keeps its neighbour
    return np.ascontiguousarray(np.concatenate([strips[place] for place in np.roll(order, rng.integers(9))]))


def _draw_boxes(page: Page, rng: np.random.Generator) -> None:
    for x, y in _grid(int(rng.integers(8, 16)), int(rng.integers(1, 4))):
        wide, tall = int(rng.integers(150, 400)), int(rng.integers(40, 70))
        _print(page, " ".join(rng.choice(_WORDS, 3)), (x, y + 20), 0.6)
        cv2.rectangle(page, (x, y + 28), (x + wide, y + 28 + tall), (30, 30, 30), 2)


def _draw_columns(page: Page, rng: np.random.Generator) -> None:
    columns, font, size = int(rng.integers(2, 4)), int(rng.choice(_FONTS)), float(rng.uniform(0.42, 0.6))
    _print(page, " ".join(rng.choice(_WORDS, 4)).title(), (150, 160), 1.6, font)
    words = int(1150 / columns / (size * 95))
    for x in range(150, 1550, 1400 // columns):
        for line in range(230, 2050, int(rng.integers(24, 34))):
            _print(page, " ".join(rng.choice(_WORDS, max(words, 1))), (x, line), size, font)


def _draw_list(page: Page, rng: np.random.Generator) -> None:
    hand, rows, edges = Hand.pick(rng), int(rng.integers(12, 24)), np.sort(rng.integers(400, 1450, 3))
    tall = 1800 // rows
    for row in range(rows + 1):
        cv2.line(page, (120, 200 + row * tall), (1580, 200 + row * tall), (60, 60, 60), 2)
    for x in (120, *edges.tolist(), 1580):
        cv2.line(page, (x, 200), (x, 200 + rows * tall), (60, 60, 60), 2)
        _print(page, str(rng.choice(_WORDS)).title(), (x + 10, 190), 0.8)
    for row in range(0, rows, 2):
        _write(page, " ".join(rng.choice(_WORDS, 2)).title(), hand, (130, 205 + row * tall), rng)


def _draw_flyer(page: Page, rng: np.random.Generator) -> None:
    page[:] = rng.integers(150, 253, 3, dtype=np.uint8)
    for _ in range(int(rng.integers(2, 6))):
        x, y = int(rng.integers(60, 1100)), int(rng.integers(300, 1700))
        wide, tall = int(rng.integers(200, 560)), int(rng.integers(150, 460))
        part = page[y : y + tall, x : x + wide]
        part[:] = _draw_scene(rng)[: part.shape[0], : part.shape[1]]
    font, colour = int(rng.choice(_FONTS)), tuple(int(level) for level in rng.integers(0, 120, 3))
    for line in range(3):
        cv2.putText(page, str(rng.choice(_WORDS)).upper(), (100, 150 + 110 * line), font, 3.4, colour, 9, cv2.LINE_AA)
    for line in range(1750, 2150, 48):
        _print(page, " ".join(rng.choice(_WORDS, 7)), (int(rng.integers(80, 300)), line), 1.0, font)


def _draw_scene(rng: np.random.Generator) -> Page:
    """Something as a camera sees it without any paper: soft light, a few things with edges, fine grain."""
    scene = np.full(_SIZE, rng.integers(60, 200, 3), np.float32)
    for cells in (3, 8, 21, 55, 144):
        coarse = rng.normal(0, 55 / cells**0.5, (cells, cells, 3)).astype(np.float32)
        scene += cv2.resize(coarse, (_SIZE[1], _SIZE[0]), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(scene, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(4, 20))):
        middle, axes = rng.integers(0, 1700, 2).tolist(), rng.integers(20, 400, 2).tolist()
        colour = tuple(int(level) for level in rng.integers(0, 255, 3))
        if rng.random() < 0.5:
            cv2.ellipse(picture, middle, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, middle, (middle[0] + axes[0], middle[1] + axes[1]), colour, -1)
    return picture


def _grid(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    return (
        (150 + column * 1400 // columns, 150 + row * 1900 // rows) for row in range(rows) for column in range(columns)
    )


def _print(page: Page, text: str, place: tuple[int, int], size: float, font: int = cv2.FONT_HERSHEY_SIMPLEX) -> None:
    cv2.putText(page, text, place, font, size, (30, 30, 30), 2 if size > 0.6 else 1, cv2.LINE_AA)


def _write(page: Page, text: str, hand: Hand, place: tuple[int, int], rng: np.random.Generator) -> None:
    x, y = place
    ink = write_text(text, hand, 60, rng)[:, :1400]
    part = page[y : y + ink.shape[0], x : x + ink.shape[1]]
    part[:] = (part * (1 - 0.8 * ink[: part.shape[0], : part.shape[1], None])).astype(np.uint8)
