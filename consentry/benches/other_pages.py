"""Pages that are no form of the district, drawn by chance: none may be taken for one, and each is told by its kind.

Decides nothing: it counts. Accepted limit: the pages are drawn, not collected.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from consentry.benches.blanks import KnownBlank, fill, load_strange_blanks
from fixtures.hands import Hand, write_text
from fixtures.scanning import ScanKind, degrade
from ocr.features import find_features
from ocr.page_kinds import classify_page
from ocr.pictures import to_grey
from ocr.registration import register_forms
from ocr.template import Template
from ocr.types import TemplateIdentity

_QUICK = tuple(kind for kind in ScanKind if kind is not ScanKind.FINE)
_CLASSIFIED = 5
_WORDS = ("the", "school", "year", "student", "records", "of", "program", "family", "please", "return", "parent", "date",
          "signature", "name", "grade", "consent", "district", "office", "phone", "number")  # fmt: skip
OTHER_KINDS = ("another district's form", "our form cut into strips and put together anew", "a letter", "a table",
               "boxes and labels", "handwriting", "a blank back", "noise")  # fmt: skip


def measure_others(known: Sequence[KnownBlank], pages: int, seed: int) -> dict[str, object]:
    """Pages that are no form of the district: how many were taken for one, by kind; what the first few of each kind were told
    to be; and the CPU seconds that one took.
    """
    templates = [entry.template for entry in known]
    taken: Counter[str] = Counter()
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spent = 0.0
    for number in range(pages):
        rng = np.random.default_rng([seed, 99, number])
        what = OTHER_KINDS[number % len(OTHER_KINDS)]
        page = draw_other_page(what, known, rng)
        grey = to_grey(degrade(page, _QUICK[int(rng.integers(len(_QUICK)))], rng).pixels)
        start = time.process_time()
        taken[what] += bool(register_forms(grey, templates))
        spent += time.process_time() - start
        if number < _CLASSIFIED * len(OTHER_KINDS):
            told[what][classify_page(grey)] += 1
    return {
        "pages": pages,
        "taken_for_a_form": taken.total(),
        "by_kind": dict(+taken),
        "told_to_be": {what: dict(kinds) for what, kinds in told.items()},
        "cpu_seconds_each": round(spent / max(pages, 1), 3),
    }


def draw_other_page(what: str, known: Sequence[KnownBlank], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A letter-sized page at 200 dpi (H x W x 3) of one of `OTHER_KINDS`, drawn by chance."""
    page = np.full((2200, 1700, 3), 252, np.uint8)
    match what:
        case "another district's form":
            others = load_strange_blanks()
            return fill(others[int(rng.integers(len(others)))], rng)
        case "our form cut into strips and put together anew":
            own = known[int(rng.integers(len(known)))].blank.draw()
            strips = np.array_split(own, 2 * int(rng.integers(5, 9)))
            order = [*range(1, len(strips), 2), *range(0, len(strips), 2)]  # no strip keeps its neighbour
            return np.ascontiguousarray(np.concatenate([strips[place] for place in np.roll(order, rng.integers(9))]))
        case "a letter":
            for line in range(int(rng.integers(150, 400)), int(rng.integers(1200, 2000)), int(rng.integers(34, 60))):
                _print(page, " ".join(rng.choice(_WORDS, 10)), (150, line), float(rng.uniform(0.7, 0.9)))
        case "a table":
            rows, columns = int(rng.integers(10, 40)), int(rng.integers(3, 8))
            for x, y in _grid(rows, columns):
                cv2.rectangle(page, (x, y), (x + 1400 // columns, y + 1900 // rows), (40, 40, 40), 2)
                _print(page, str(rng.choice(_WORDS)), (x + 8, y + 1900 // rows - 10), 0.7)
        case "boxes and labels":
            for x, y in _grid(int(rng.integers(8, 16)), int(rng.integers(1, 4))):
                wide, tall = int(rng.integers(150, 400)), int(rng.integers(40, 70))
                _print(page, " ".join(rng.choice(_WORDS, 3)), (x, y + 20), 0.6)
                cv2.rectangle(page, (x, y + 28), (x + wide, y + 28 + tall), (30, 30, 30), 2)
        case "handwriting":
            hand = Hand.pick(rng)
            for line in range(200, 1900, int(rng.integers(70, 110))):
                ink = write_text(" ".join(rng.choice(_WORDS, 5)), hand, 60, rng)[:, :1400]
                part = page[line : line + ink.shape[0], 150 : 150 + ink.shape[1]]
                part[:] = (part * (1 - 0.8 * ink[:, :, None])).astype(np.uint8)
        case "noise":
            coarse = rng.integers(0, 255, (int(rng.integers(60, 300)), 170), dtype=np.uint8)
            return np.repeat(cv2.resize(coarse, (1700, 2200))[:, :, None], 3, axis=2)
    return page


def _grid(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    return (
        (150 + column * 1400 // columns, 150 + row * 1900 // rows) for row in range(rows) for column in range(columns)
    )


def _print(page: NDArray[np.uint8], text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (30, 30, 30), 2, cv2.LINE_AA)


def draw_stranger(known: Sequence[KnownBlank], number: int, seed: int) -> Template:
    """A blank to fill an index with: one of ours in another order, so that its words and boxes vie with the true ones."""
    rng = np.random.default_rng([seed, 33, number])
    page = cv2.cvtColor(draw_other_page(OTHER_KINDS[1], known, rng), cv2.COLOR_RGB2GRAY)
    own = known[number % len(known)].template
    identity = TemplateIdentity(f"STRANGER-{number}", own.identity.school_year, own.identity.language)
    return replace(own, identity=identity, page=page, features=find_features(page), further=())
