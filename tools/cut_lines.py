"""Lines of digits written into the blanks, degraded as the scans are, and cut out again: to train on besides those that
`digit_lines.py` draws, since no drawing knows what cleaning really leaves of a stroke.

Decides which boxes are filled and what with; never touches `../shared/handwriting`. Kept as one file of pictures and labels.

    python -m tools.cut_lines --mnist package/data --pen penbased.dat --pages 150 --out cut_lines.npz
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Ink, fill_form
from fixtures.hands import Hand
from fixtures.scanning import ScanKind, degrade
from ocr import Template
from ocr.crops import cut_field
from ocr.pictures import to_grey
from ocr.reading_fields import has_writing
from ocr.registration import register_page
from ocr.specks import clean_crop
from ocr.types import FIELD_KINDS, FieldKind
from ocr.views import trim_to_ink
from tools.digit_lines import Line, Sources, draw_glyph, draw_mask, label_text, pick_style, write_something
from tools.digit_sources import load_sources

_FILLED = (FieldKind.NAME, FieldKind.TEXT, FieldKind.DATE, FieldKind.STUDENT_ID)
_NARROWEST_BOX = 150.0
_SHORTEST = 3
_PENCILS, _EATS_PENCIL = 0.2, (ScanKind.FAX, ScanKind.BITONAL)
_INK = 235


def cut_lines(sources: Sources, pages: int, seed: int) -> Iterator[Line]:
    """The lines of `pages` degraded forms, every box that has room for a number filled; kinds of scan in turn."""
    rng = np.random.default_rng([seed, 5])
    plans = [plan for plan in PLANS if plan.code.startswith("SPS")]
    kinds = [kind for kind in ScanKind if kind is not ScanKind.FINE]
    for number in range(pages):
        plan = plans[number % len(plans)]
        blank = BlankForm.load(FORMS_FOLDER / plan.file)
        template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language)
        texts = {name: _write(blank, name, rng) for name in _choose_boxes(template)}
        inks = {name: _draw_ink(text, blank.boxes[name].cells, sources, rng) for name, text in texts.items()}
        kind = kinds[number % len(kinds)]
        hand = replace(Hand.pick(rng), pencil=bool(rng.random() < _PENCILS) and kind not in _EATS_PENCIL)
        pixels = to_grey(degrade(fill_form(blank, inks, hand, rng), kind, rng).pixels)
        yield from _cut(pixels, template, texts)


def _choose_boxes(template: Template) -> list[str]:
    return [
        name
        for name, box in template.boxes.items()
        if FIELD_KINDS[name] in _FILLED and box.x1 - box.x0 >= _NARROWEST_BOX
    ]


def _write(blank: BlankForm, name: str, rng: np.random.Generator) -> str:
    cells = blank.boxes[name].cells
    if cells and rng.random() < 0.9:
        return "".join(map(str, rng.integers(0, 10, cells)))
    while True:
        text = write_something(rng)
        if len(text) >= _SHORTEST:
            return text


def _draw_ink(text: str, cells: int, sources: Sources, rng: np.random.Generator) -> Ink:
    style = pick_style(sources, rng)
    line = _as_ink(draw_mask(text, style, sources, rng))
    if len(text) != cells:
        return Ink(line)
    return Ink(line, tuple(_as_ink(draw_glyph(sign, style, sources, rng).mask) for sign in text))


def _as_ink(mask: np.ndarray) -> np.ndarray:
    return np.asarray(255 - np.clip(mask, 0, 1) * _INK, np.uint8)


def _cut(pixels: np.ndarray, template: Template, texts: dict[str, str]) -> Iterator[Line]:
    found = register_page(pixels, [template])
    if found is None:
        return
    straight = found.page_map.straighten(pixels)
    for name, text in texts.items():
        crop = clean_crop(
            cut_field(straight, found.page_map.homography, template, template.boxes[name], keep_outside=False)
        )
        if has_writing(crop):
            yield Line(trim_to_ink(crop), label_text(text))


def keep_lines(lines: Sequence[Line], file: Path) -> None:
    """Writes lines as one file."""
    sizes = np.array([line.pixels.shape for line in lines], np.int32)
    pixels = np.concatenate([line.pixels.ravel() for line in lines])
    np.savez_compressed(file, sizes=sizes, pixels=pixels, labels=np.array([line.labels for line in lines]))


def load_lines(file: Path) -> list[Line]:
    """The lines of a file that `keep_lines` wrote."""
    with np.load(file) as kept:
        sizes, pixels, labels = kept["sizes"], kept["pixels"], kept["labels"]
    ends = np.cumsum(sizes.prod(axis=1))
    return [
        Line(pixels[end - high * wide : end].reshape(high, wide), str(text))
        for (high, wide), end, text in zip(sizes.tolist(), ends.tolist(), labels, strict=True)
    ]


def main() -> None:
    """Cuts and keeps lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--pen", type=Path)
    parser.add_argument("--fonts", type=Path, default=Path("fixtures/fonts"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/handwriting"))
    parser.add_argument("--pages", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    sources = load_sources(given.mnist, given.pen, given.fonts, given.shared)
    keep_lines(list(cut_lines(sources, given.pages, given.seed)), given.out)


if __name__ == "__main__":
    main()
