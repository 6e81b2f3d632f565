"""Writing that was scribbled over or struck out is told from writing that wasn't, whatever can be read beneath."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import ocr
from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER
from fixtures.filling import fill_form, strike_out
from fixtures.hands import Hand
from fixtures.scanning import ScanKind, degrade

BLANK = FORMS_FOLDER / "consent-2024-25-en.pdf"
VALUES = {"student_first": "Margaret", "student_last": "Thielemann", "school": "Cedar Grove Elementary", "grade": "5"}


@pytest.fixture(scope="module")
def template() -> ocr.Template:
    return ocr.Template.from_pdf(BLANK, "C", "2024-25", "en")


@pytest.mark.parametrize("seed", range(6))
def test_plain_writing_is_not_altered(template: ocr.Template, seed: int) -> None:
    rng = np.random.default_rng(seed)
    reading = ocr.read_page(fill_form(BlankForm.load(BLANK), VALUES, Hand.pick(rng), rng), [template])
    assert reading is not None
    assert reading.altered == ()


@pytest.mark.parametrize("name", ["Everett", "Kim", "Tim"])
@pytest.mark.parametrize("kind", [ScanKind.LOW_RESOLUTION, ScanKind.CLEAN])
def test_print_whose_letters_run_together_is_not_struck_out(template: ocr.Template, name: str, kind: ScanKind) -> None:
    page = BlankForm.load(BLANK).draw()
    x0, y0, _, y1 = (round(edge) for edge in template.boxes["student_last"])
    sheet = Image.fromarray(page)
    font = ImageFont.truetype("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", round(0.5 * (y1 - y0)))
    ImageDraw.Draw(sheet).text((x0 + 10, y0 + 8), name, fill=(0, 0, 0), font=font)
    scan = degrade(np.asarray(sheet), kind, np.random.default_rng(1))
    reading = ocr.read_page(scan.pixels, [template])
    assert reading is not None
    assert reading.altered == ()


@pytest.mark.parametrize(("joined", "altered"), [(0.5, ()), (1.0, ("student_first",))])
def test_feet_that_join_in_a_short_word_strike_nothing(
    template: ocr.Template, joined: float, altered: tuple[str, ...]
) -> None:
    page = BlankForm.load(BLANK).draw()
    x0, y0, *_ = (round(edge) for edge in template.boxes["student_first"])
    left, top, width, height = x0 + 20, y0 + 12, 90, 27
    for place in range(6):
        cv2.line(page, (left + 18 * place, top), (left + 18 * place, top + height), (20, 20, 20), 3)
    level = top + round(0.7 * height)
    cv2.line(page, (left, level), (left + round(joined * width), level), (20, 20, 20), 3)
    reading = ocr.read_page(page, [template])
    assert reading is not None
    assert reading.altered == altered


def test_scribble_is_seen(template: ocr.Template) -> None:
    rng = np.random.default_rng(1)
    page = fill_form(BlankForm.load(BLANK), VALUES, Hand.pick(rng), rng)
    x0, y0, x1, y1 = (round(edge) for edge in template.boxes["student_last"])
    page[y0 + 6 : y1 - 6, x0 + 10 : x1 - 10] = 60
    reading = ocr.read_page(page, [template])
    assert reading is not None
    assert reading.altered == ("student_last",)


@pytest.mark.parametrize("seed", range(12))
def test_a_word_struck_out_is_seen(template: ocr.Template, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hand, blank = Hand.pick(rng), BlankForm.load(BLANK)
    page = fill_form(blank, VALUES, hand, rng)
    strike_out(page, blank, "student_last", hand, rng)
    reading = ocr.read_page(page, [template])
    assert reading is not None
    assert "student_last" in reading.altered
