"""Fields of degraded forms, read as any, to fit confidences by: what was read beside what was written.

Decides nothing about what is written: a caller fills each blank's fields. Each page is registered against its own blank alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.scanning import ScanKind, degrade
from ocr import FieldReading, Template
from ocr.crops import cut_field
from ocr.pictures import to_grey
from ocr.reading_fields import CutField, read_cut_fields
from ocr.registration import register_page
from ocr.types import FieldKind, PixelBox


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes into a field: its kind, what is drawn, what that says."""

    kind: FieldKind
    drawn: Value
    truth: str


@dataclass(frozen=True, slots=True)
class Example:
    """A reading and what was written."""

    reading: FieldReading
    truth: str


Fill = Callable[[BlankForm, np.random.Generator], Mapping[str, Entry]]


def read_filled_pages(fill: Fill, pages: int, seed: int) -> Iterator[Example]:
    """The fields of `pages` degraded forms, all kinds of scan but the finest in turn."""
    rng = np.random.default_rng(seed)
    plans = [plan for plan in PLANS if plan.code.startswith("SPS")]
    kinds = [kind for kind in ScanKind if kind is not ScanKind.FINE]
    for number in range(pages):
        plan = plans[number % len(plans)]
        blank = BlankForm.load(FORMS_FOLDER / plan.file)
        template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language)
        entries = fill(blank, rng)
        page = fill_form(blank, {name: entry.drawn for name, entry in entries.items()}, Hand.pick(rng), rng)
        yield from _read(to_grey(degrade(page, kinds[number % len(kinds)], rng).pixels), template, entries)


def _read(pixels: np.ndarray, template: Template, entries: Mapping[str, Entry]) -> Iterator[Example]:
    found = register_page(pixels, [template])
    if found is None:
        return
    straight = found.page_map.straighten(pixels)
    cuts = {
        name: CutField(
            entry.kind,
            cut_field(straight, found.page_map.homography, template, template.boxes[name], keep_outside=False),
            PixelBox(0, 0, 0, 0),
        )
        for name, entry in entries.items()
    }
    for name, reading in read_cut_fields(cuts).items():
        yield Example(reading, entries[name].truth)
