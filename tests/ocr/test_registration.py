"""Which blank lies where: curled, held, cut and turned pages; versions told by code or looks; strangers left alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.photographing import photograph_two
from fixtures.scanning import ScanKind, degrade
from ocr import Template, lies_something_beside, read_page
from ocr.bending import fit_bend
from ocr.features import find_features
from ocr.pictures import to_grey
from ocr.printed_codes import find_printed_code
from ocr.registration import register_forms, register_page

FORMS = Path(__file__).parents[2] / "fixtures" / "forms"
FILES = (("consent-2024-25-en", "2024-25"), ("consent-2023-24-en", "2023-24"), ("consent-2024-25-en-b", "2024-25"))


@cache
def learn() -> tuple[Template, ...]:
    return tuple(Template.from_pdf(FORMS / f"{name}.pdf", name, year, "en") for name, year in FILES)


@cache
def draw(number: int) -> np.ndarray:
    return BlankForm.load(FORMS / f"{FILES[number][0]}.pdf").draw()


@pytest.mark.parametrize(
    "kind", [ScanKind.PHOTO, ScanKind.CURLED, ScanKind.FINGERS, ScanKind.FAX, ScanKind.BITONAL, ScanKind.SIDEWAYS]
)
def test_corners_are_found(kind: ScanKind) -> None:
    scan = degrade(draw(0), kind, np.random.default_rng(31))
    found = register_page(to_grey(scan.pixels), learn())
    assert found is not None
    assert found.template is learn()[0]
    height, width = found.template.page.shape
    assert scan.measure_corners(width, height, np.array(found.corners)) < 2.5


def test_boxes_follow_the_curl() -> None:
    scan = degrade(draw(0), ScanKind.CURLED, np.random.default_rng(32))
    reading = read_page(scan.pixels, learn())
    assert reading is not None
    for name, box in learn()[0].boxes.items():
        corners = scan.locate(np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]))
        seen = np.array(reading.fields[name].box, float)
        assert np.abs(seen - [*corners.min(axis=0), *corners.max(axis=0)]).max() < 5, name


def test_a_scan_is_taken_for_a_plane() -> None:
    found = register_page(to_grey(degrade(draw(0), ScanKind.SKEWED, np.random.default_rng(1)).pixels), learn())
    assert found is not None
    assert found.page_map.bend is None


def test_a_bend_is_found_among_strays() -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform([0, 0], [1700, 2200], (150, 2))
    shifts = np.stack([np.zeros(150), 12 * np.sin(np.pi * points[:, 0] / 1700)], 1) + rng.normal(0, 0.2, (150, 2))
    shifts[::6] += rng.uniform(-40, 40, (25, 2))
    bend = fit_bend(points, shifts, 1700, 2200, spread=1.2).bend
    assert bend is not None
    middle = bend.shift(np.array([[850.0, 1100.0], [0.0, 0.0]]))
    assert np.abs(middle - [[0, 12], [0, 0]]).max() < 1.5


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("torn", [False, True])
def test_years_are_told_by_code_or_by_looks(number: int, torn: bool) -> None:
    page = draw(number).copy()
    if torn:
        page[: 2200 // 9, 1250:] = 255  # the upper right corner is gone, the code with it
    scan = degrade(page, ScanKind.SKEWED, np.random.default_rng(number))
    found = register_page(to_grey(scan.pixels), learn())
    assert found is not None
    assert found.template is learn()[number]


def test_a_version_that_is_not_known_is_no_form_of_ours() -> None:
    scan = degrade(draw(1), ScanKind.SKEWED, np.random.default_rng(2))
    assert register_page(to_grey(scan.pixels), [learn()[0], learn()[2]]) is None


def test_a_code_elsewhere_says_nothing() -> None:
    code = find_printed_code(learn()[1])
    assert code is not None
    x0, y0, x1, y1 = (round(edge) for edge in code.box)
    page = draw(0).copy()
    page[1900 : 1900 + y1 - y0, 700 : 700 + x1 - x0] = draw(1)[y0:y1, x0:x1]
    found = register_page(to_grey(page), learn())
    assert found is not None
    assert found.template is learn()[0]


def test_the_order_of_many_templates_does_not_matter() -> None:
    shuffled = []
    for number in range(12):
        strips = np.array_split(learn()[0].page, 12)
        page = np.concatenate([strips[place] for place in np.random.default_rng(number).permutation(12)])
        shuffled.append(replace(learn()[0], page=page, features=find_features(page)))
    scan = degrade(draw(0), ScanKind.NOISY, np.random.default_rng(6))
    for templates in ([*shuffled, *learn()], [*learn(), *shuffled]):
        found = register_page(to_grey(scan.pixels), templates)
        assert found is not None
        assert found.template is learn()[0]


def test_two_forms_in_a_picture_come_from_left_to_right() -> None:
    scans = photograph_two([draw(2), draw(0)], np.random.default_rng(8))
    found = register_forms(to_grey(scans[0].pixels), learn())
    assert [entry.template for entry in found] == [learn()[2], learn()[0]]
    assert not lies_something_beside(scans[0].pixels, [entry.corners for entry in found])


def test_what_lies_beside_a_form_is_noticed() -> None:
    letter = np.full_like(draw(0), 250)
    for line in range(200, 2000, 50):
        cv2.putText(letter, "the quick brown fox jumps over the lazy dog", (150, line), 0, 1.6, (20, 20, 20), 3)
    scans = photograph_two([draw(0), letter], np.random.default_rng(9))
    found = register_forms(to_grey(scans[0].pixels), learn())
    assert [entry.template for entry in found] == [learn()[0]]
    assert lies_something_beside(scans[0].pixels, [entry.corners for entry in found])


def test_half_a_form_is_that_form_and_strips_of_it_are_none() -> None:
    half = draw(0)[:1250]
    found = register_page(to_grey(half), learn())
    assert found is not None
    assert found.template is learn()[0]
    strips = np.array_split(draw(0), 14)
    mixed = np.concatenate([strips[place] for place in (*range(1, 14, 2), *range(0, 14, 2))])
    assert register_page(to_grey(mixed), learn()) is None


def test_a_template_of_the_version_before_is_still_read() -> None:
    now = learn()[0]
    back = Template.from_bytes(now.to_bytes())
    assert (back.boxes, back.page_number, back.elsewhere) == (now.boxes, 1, ())
