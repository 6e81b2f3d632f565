"""Every way of marking is a tick wherever it lies in its box; dirt, streaks and stray lines are no tick and no signature."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fixtures.blank_forms import BlankForm
from fixtures.filling import fill_form
from fixtures.hands import Hand
from fixtures.mark_habits import DEVELOPMENT
from fixtures.scanning import ScanKind, degrade
from fixtures.signed_boxes import RIGHT_ANSWERS as SIGNED_ANSWERS
from fixtures.signed_boxes import SignatureKind, draw_signed_box, measure_room
from fixtures.ticked_boxes import BY_OTHERS, RIGHT_ANSWERS, RightAnswer, TickKind, draw_ticked_boxes
from ocr import FieldKind, Mark, Template, read_page
from ocr.crops import FieldCrop, cut_field
from ocr.marks import read_tick
from ocr.pictures import to_grey
from ocr.signatures import read_signature
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
    assert read_tick(clean_crop(crop_of(draw_tick(style, shift)), is_mark=True)).mark is Mark.MARKED


def test_specks_are_no_tick() -> None:
    ink = np.zeros((58, 58), np.uint8)
    for x, y in ((20, 20), (40, 22), (24, 44)):
        cv2.circle(ink, (x, y), 2, 1, -1)
    assert read_tick(clean_crop(crop_of(ink), is_mark=True)).mark is Mark.EMPTY


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


def cut_drawn(page: np.ndarray, name: str, template: Template) -> FieldCrop:
    crop = cut_field(to_grey(page), np.eye(3), template, template.boxes[name], keep_outside=True)
    return clean_crop(crop, is_mark=True)


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.from_pdf(FORM, "SPS-FERPA-2024", "2024-25", "en")


@pytest.fixture(scope="module")
def blank() -> BlankForm:
    return BlankForm.load(FORM)


@pytest.mark.parametrize("kind", [kind for kind in TickKind if kind not in BY_OTHERS])
def test_a_tick_box_is_told_by_what_stands_in_it(kind: TickKind, blank: BlankForm, template: Template) -> None:
    boxes = {name: box.pixel_corners(200) for name, box in blank.boxes.items() if name.startswith(("cons", "records"))}
    alone = {name: kind if name in ("consent_yes", "records_discipline") else TickKind.EMPTY for name in boxes}
    page = blank.draw()
    found = draw_ticked_boxes(page, boxes, alone, DEVELOPMENT, np.random.default_rng(3))
    for name in boxes:
        mark, answer = read_tick(cut_drawn(page, name, template)).mark, RIGHT_ANSWERS[found[name]]
        if answer is RightAnswer.PERSON:
            assert mark is not Mark.MARKED
        else:
            assert mark.value == answer.value


@pytest.mark.parametrize("seed", range(3, 9))
def test_a_ring_around_a_box_marks_that_box_alone(seed: int, blank: BlankForm, template: Template) -> None:
    boxes = {name: box.pixel_corners(200) for name, box in blank.boxes.items() if name.startswith("consent_")}
    page, kinds = blank.draw(), {"consent_yes": TickKind.CIRCLED, "consent_no": TickKind.EMPTY}
    found = draw_ticked_boxes(page, boxes, kinds, DEVELOPMENT, np.random.default_rng(seed))
    assert found["consent_no"] in (TickKind.EMPTY, TickKind.GRAZED)
    assert read_tick(cut_drawn(page, "consent_yes", template)).mark is Mark.MARKED
    assert read_tick(cut_drawn(page, "consent_no", template)).mark is Mark.EMPTY


def test_a_streak_of_the_scanner_is_no_faint_mark(blank: BlankForm, template: Template) -> None:
    page = blank.draw()
    left, _, right, _ = blank.boxes["records_discipline"].pixel_corners(200)
    middle = (left + right) // 2
    page[:, middle : middle + 2] = np.round(page[:, middle : middle + 2] * 0.8)
    assert read_tick(cut_drawn(page, "records_discipline", template)).mark is Mark.EMPTY


def test_a_mark_that_runs_through_the_next_box_marks_one_box_alone(blank: BlankForm, template: Template) -> None:
    page = blank.draw()
    left, top, right, bottom = blank.boxes["consent_no"].pixel_corners(200)
    tick = np.array([[left + 4, top + 18], [left + 14, bottom + 4], [right + 4, top - 62]])
    cv2.polylines(page, [tick], False, (20, 20, 20), 4, cv2.LINE_AA)
    assert read_tick(cut_drawn(page, "consent_no", template)).mark is Mark.MARKED
    assert read_tick(cut_drawn(page, "consent_yes", template)).mark is not Mark.MARKED


@pytest.mark.parametrize("kind", list(SignatureKind))
@pytest.mark.parametrize("name", ["parent_signature", "contact"])
def test_a_signature_box_is_told_by_what_stands_in_it(
    kind: SignatureKind, name: str, blank: BlankForm, template: Template
) -> None:
    page, rng = blank.draw(), np.random.default_rng(1)
    corners = {name: box.pixel_corners(200) for name, box in blank.boxes.items()}
    draw_signed_box(page, corners[name], measure_room(corners, name), kind, DEVELOPMENT, None, rng)
    mark = read_signature(cut_drawn(page, name, template)).mark
    if SIGNED_ANSWERS[kind] is RightAnswer.MARKED:
        assert mark is Mark.MARKED
    else:
        assert mark is not Mark.MARKED
    if kind in (SignatureKind.EMPTY, SignatureKind.STRAY_LINE):
        assert mark is Mark.EMPTY
    if kind is SignatureKind.PRINTED_NAME:
        assert mark is Mark.UNSURE  # a neat hand looks the same: nobody's form goes back without a person's look


def test_a_name_in_capitals_by_hand_is_a_signature(blank: BlankForm, template: Template) -> None:
    found: Counter[Mark] = Counter()
    for seed, name in enumerate(
        ("Emily Lester", "Quincy Ward", "Demissie Eyob", "Maple Williams", "Kinsi Abdi", "Thu Ha Tran")
    ):
        rng = np.random.default_rng(seed)
        hand = replace(Hand.pick(rng), signature_font="rock-salt")
        page = fill_form(blank, {"parent_signature": name}, hand, rng)
        found[read_signature(cut_drawn(page, "parent_signature", template)).mark] += 1
    assert found[Mark.EMPTY] == 0
    assert found[Mark.MARKED] >= 5  # the thickest, whose letters run together, goes to a person


@pytest.mark.parametrize(("kind", "least"), [(SignatureKind.HAND_PRINTED, 10), (SignatureKind.OTHER_SCRIPT, 8)])
def test_a_name_set_down_letter_by_letter_is_signed_mostly(
    kind: SignatureKind, least: int, blank: BlankForm, template: Template
) -> None:
    found = count_answers(kind, 12, blank, template)
    assert found[Mark.EMPTY] == 0
    assert found[Mark.MARKED] >= least


@pytest.mark.parametrize(
    "kind", [SignatureKind.PRINTED_NAME, SignatureKind.STAMP, SignatureKind.HOLES, SignatureKind.DIRT]
)
def test_what_no_hand_made_is_never_signed(kind: SignatureKind, blank: BlankForm, template: Template) -> None:
    assert count_answers(kind, 16, blank, template)[Mark.MARKED] == 0


def count_answers(kind: SignatureKind, boxes: int, blank: BlankForm, template: Template) -> Counter[Mark]:
    """What is said of so many boxes in which `kind` stands."""
    corners = {name: box.pixel_corners(200) for name, box in blank.boxes.items()}
    found: Counter[Mark] = Counter()
    for seed in range(boxes // 2):
        page = blank.draw()
        for name in ("parent_signature", "interpreter"):
            room = measure_room(corners, name)
            draw_signed_box(
                page, corners[name], room, kind, DEVELOPMENT, None, np.random.default_rng([seed, len(name)])
            )
            found[read_signature(cut_drawn(page, name, template)).mark] += 1
    return found


def test_a_long_flourish_takes_no_signature_away() -> None:
    ink = np.zeros((110, 900), np.uint8)
    across = np.linspace(0, 1, 300)
    curve = np.column_stack([40 + 240 * across + 12 * np.sin(60 * across), 50 + 24 * np.cos(45 * across)])
    cv2.polylines(ink, [curve.astype(np.int32)], False, 1, 5)
    cv2.polylines(ink, [np.array([[160, 72], [880, 76], [700, 80]])], False, 1, 5)
    assert read_signature(crop_of(ink)).mark is not Mark.EMPTY
