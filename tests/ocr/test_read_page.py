"""Pages filled by invented hands and degraded are registered within two pixels and read; other pages give None."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.scanning import Scan, ScanKind, degrade
from ocr import Mark, Template, read_page
from ocr.alphabet import fold_text

FORMS = Path(__file__).parents[2] / "fixtures" / "forms"
VALUES: dict[str, Value] = {
    "student_first": "Marisol",
    "student_last": "Quintero",
    "student_id": "2048371",
    "birth_date": "03/14/2012",
    "consent_yes": True,
    "records_attendance": True,
    "parent_signature": "Ana Quintero",
    "parent_date": "09/20/2024",
}


@cache
def learn() -> tuple[Template, ...]:
    kinds = (("consent-2024-25-en", "2024-25", "en"), ("consent-2024-25-es", "2024-25", "es"))
    return tuple(Template.from_pdf(FORMS / f"{name}.pdf", name, year, language) for name, year, language in kinds)


@cache
def scan_form(kind: ScanKind, language: str = "en") -> Scan:
    rng = np.random.default_rng(11)
    blank = BlankForm.load(FORMS / f"consent-2024-25-{language}.pdf")
    return degrade(fill_form(blank, VALUES, Hand.pick(rng), rng), kind, rng)


@pytest.mark.parametrize(
    "kind",
    [
        ScanKind.SKEWED,
        ScanKind.FAX,
        ScanKind.PHOTO,
        ScanKind.UPSIDE_DOWN,
        ScanKind.STAPLE,
        ScanKind.LOW_RESOLUTION,
        ScanKind.FINE,
    ],
)
def test_degraded_forms_are_found_and_read(kind: ScanKind) -> None:
    scan = scan_form(kind)
    reading = read_page(scan.pixels, learn())
    assert reading is not None
    assert reading.template_identity.language == "en"
    marks = {name: field.mark for name, field in reading.fields.items()}
    assert marks["consent_yes"] is Mark.MARKED
    assert marks["consent_no"] is Mark.EMPTY
    assert marks["records_discipline"] is Mark.EMPTY
    assert marks["parent_signature"] is Mark.MARKED
    assert marks["student_signature"] is Mark.EMPTY
    names = reading.fields["student_last"].score(["Quintero", "Quinones", "Guerrero", "Pinter"])
    assert int(names.argmax()) == 0


@pytest.mark.parametrize(
    "kind", [ScanKind.SKEWED, ScanKind.UPSIDE_DOWN, ScanKind.STAPLE, ScanKind.LOW_RESOLUTION, ScanKind.FINE]
)
def test_corners_are_within_two_pixels(kind: ScanKind) -> None:
    scan = scan_form(kind)
    reading = read_page(scan.pixels, learn())
    assert reading is not None
    height, width = learn()[0].page.shape
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
    true = cv2.perspectiveTransform(corners, scan.homography.astype(np.float64)).reshape(4, 2)
    missed = np.linalg.norm(np.array(reading.corners) - true, axis=1) * 200 / scan.dots_per_inch
    assert missed.mean() < 2.0


def test_a_clean_form_is_read_aloud() -> None:
    reading = read_page(scan_form(ScanKind.CLEAN).pixels, learn())
    assert reading is not None
    assert reading.fields["birth_date"].value == "2012-03-14"
    assert reading.fields["student_id"].value == "2048371"
    assert fold_text(reading.fields["student_first"].text) == "marisol"
    assert reading.fields["student_middle"].is_empty


def test_the_language_is_told_by_the_printing() -> None:
    reading = read_page(scan_form(ScanKind.FAX, "es").pixels, learn())
    assert reading is not None
    assert reading.template_identity.language == "es"


def test_other_pages_fit_no_template() -> None:
    rng = np.random.default_rng(0)
    other = BlankForm.load(FORMS / "other-district.pdf").draw()
    letter = np.full((2200, 1700), 255, np.uint8)
    for line in range(30):
        cv2.putText(letter, "Dear parents, the picnic is on Friday", (150, 200 + 60 * line), 0, 1.4, 0, 3)
    noise = rng.integers(0, 255, (1200, 900), dtype=np.uint8)
    white = np.full((2200, 1700, 3), 255, np.uint8)
    assert [read_page(page, learn()) for page in (other, letter, noise, white)] == [None] * 4


@pytest.mark.parametrize("shape", [(0, 5), (5, 5, 4), (5, 5, 3, 1)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        read_page(np.zeros(shape, np.uint8), learn())


def test_a_template_survives_being_kept() -> None:
    kept = learn()[0].to_bytes()
    back = Template.from_bytes(kept)
    assert back.boxes == learn()[0].boxes
    assert read_page(scan_form(ScanKind.CLEAN).pixels, [back]) is not None
