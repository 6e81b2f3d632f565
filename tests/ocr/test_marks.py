"""Every way of marking is a tick wherever it lies in its box; dirt, streaks and stray lines are no tick and no signature."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.scanning import ScanKind, degrade
from ocr import FieldKind, Mark, Template, read_page
from ocr.crops import FieldCrop
from ocr.marks import read_signature, read_tick
from ocr.specks import clean_crop, drop_specks

FORM = Path(__file__).parents[2] / "fixtures" / "forms" / "consent-2024-25-en.pdf"
SHIFTS = [(0, 0), (4, -3), (-5, 4)]


def crop_of(ink: np.ndarray, margin: int = 14) -> FieldCrop:
    height, width = ink.shape
    grey = np.where(ink > 0, 30, 255).astype(np.uint8)
    return FieldCrop(grey, ink, grey, margin, margin, width - margin, height - margin, 1.0, 0.0)


def draw_tick(style: str, shift: tuple[int, int]) -> np.ndarray:
    ink = np.zeros((58, 58), np.uint8)
    x, y = 29 + shift[0], 29 + shift[1]
    if style == "tick":
        cv2.polylines(ink, [np.array([[x - 9, y], [x - 3, y + 8], [x + 11, y - 11]])], False, 1, 2)
    elif style == "cross":
        cv2.line(ink, (x - 9, y - 9), (x + 9, y + 9), 1, 2)
        cv2.line(ink, (x + 9, y - 9), (x - 9, y + 9), 1, 2)
    elif style == "filled":
        cv2.rectangle(ink, (x - 11, y - 11), (x + 11, y + 11), 1, -1)
    else:
        cv2.ellipse(ink, (x, y), (20, 18), 0, 0, 350, 1, 2)
    return ink


@pytest.mark.parametrize("style", ["tick", "cross", "filled", "circled"])
@pytest.mark.parametrize("shift", SHIFTS)
def test_every_way_of_marking_counts(style: str, shift: tuple[int, int]) -> None:
    assert read_tick(clean_crop(crop_of(draw_tick(style, shift)))).mark is Mark.MARKED


def test_specks_are_no_tick() -> None:
    ink = np.zeros((58, 58), np.uint8)
    for x, y in ((20, 20), (40, 22), (24, 44)):
        cv2.circle(ink, (x, y), 2, 1, -1)
    assert read_tick(clean_crop(crop_of(ink))).mark is Mark.EMPTY


def test_dirt_all_over_the_box_is_no_signature() -> None:
    ink = np.zeros((70, 500), np.uint8)
    rng = np.random.default_rng(1)
    for x in range(20, 480, 40):
        cv2.circle(ink, (x, int(rng.integers(10, 60))), 2, 1, -1)
    assert read_signature(crop_of(ink)).mark is Mark.EMPTY


@pytest.mark.parametrize("end", [(250, 0), (480, 40)])
def test_a_straight_line_is_no_signature(end: tuple[int, int]) -> None:
    ink = np.zeros((70, 500), np.uint8)
    cv2.line(ink, (250 if end[1] == 0 else 20, 69 if end[1] == 0 else 34), end, 1, 2)
    assert read_signature(crop_of(ink)).mark is not Mark.MARKED


def test_loops_are_a_signature_beside_dirt_too() -> None:
    ink = np.zeros((70, 500), np.uint8)
    across = np.linspace(0, 1, 200)
    curve = np.column_stack([60 + 220 * across + 12 * np.sin(60 * across), 36 + 20 * np.cos(37 * across)])
    cv2.polylines(ink, [curve.astype(np.int32)], False, 1, 2)
    cv2.circle(ink, (430, 12), 2, 1, -1)
    assert read_signature(crop_of(ink)).mark is Mark.MARKED


def test_the_dot_of_an_i_stays_with_its_word() -> None:
    ink = np.zeros((60, 120), np.uint8)
    cv2.line(ink, (50, 25), (50, 50), 1, 3)
    cv2.circle(ink, (50, 15), 2, 1, -1)
    assert int(drop_specks(ink, 1.0).sum()) == int(ink.sum())


@pytest.mark.parametrize("seed", [0, 4, 8])
def test_a_dirty_scan_of_an_empty_form_shows_no_family(seed: int) -> None:
    template = Template.from_pdf(FORM, "SPS-FERPA-2024", "2024-25", "en")
    scan = degrade(BlankForm.load(FORM).draw(), ScanKind.NOISY, np.random.default_rng(seed))
    reading = read_page(scan.pixels, [template])
    assert reading is not None
    marked = [
        name
        for name, field in reading.fields.items()
        if field.mark is Mark.MARKED and field.kind is not FieldKind.TEXT  # a scanner's streak may look like a letter
    ]
    assert marked == []
