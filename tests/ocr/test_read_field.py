"""Loose cuts: the field's own line is found beside printed labels and neighbouring lines; real hands are read."""

from __future__ import annotations

import csv
import random
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr import FieldKind, Mark, read_field
from ocr.alphabet import fold_text

FONT = Path(__file__).parents[2] / "fixtures" / "fonts" / "patrick-hand.ttf"
HANDS = Path(__file__).parents[3] / "shared" / "handwriting"
needs_hands = pytest.mark.skipif(not HANDS.exists(), reason="real handwriting (../shared/handwriting) is absent")


def write(text: str, size: int = 40) -> np.ndarray:
    picture = Image.new("L", (620, 70), 255)
    ImageDraw.Draw(picture).text((250, 8), text, font=ImageFont.truetype(str(FONT), size), fill=25)
    return np.array(picture)


@pytest.mark.parametrize("label", ["VORNAME :", "Etunimi:", "FAMILY NAME:"])
def test_a_label_with_a_colon_is_left_out_in_any_language(label: str) -> None:
    cut = write("MARISOL")
    cv2.putText(cut, label, (4, 46), cv2.FONT_HERSHEY_DUPLEX, 0.8, 0, 2, cv2.LINE_AA)
    assert fold_text(read_field(cut, "name").text) == "marisol"


def test_rests_of_the_lines_around_are_left_out() -> None:
    cut = write("QUINTERO")
    cv2.putText(cut, "neighbour line", (100, 3), cv2.FONT_HERSHEY_DUPLEX, 0.9, 0, 2, cv2.LINE_AA)
    cv2.line(cut, (0, 66), (619, 66), 0, 2)
    assert fold_text(read_field(cut, "name").text) == "quintero"


@pytest.mark.parametrize(
    ("kind", "text", "value"), [("student_id", "2048371", "2048371"), ("date", "3/14/2012", "2012-03-14")]
)
def test_numbers_are_read(kind: str, text: str, value: str) -> None:
    assert read_field(write(text), kind).value == value


def test_an_empty_cut_is_empty() -> None:
    assert read_field(np.full((60, 300), 255, np.uint8), FieldKind.NAME).mark is Mark.EMPTY


def test_what_is_no_kind_or_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        read_field(write("A"), "colour")
    with pytest.raises(ValueError, match="uint8"):
        read_field(np.zeros((4, 4), np.float64), "name")


@cache
def draw_sample() -> list[tuple[str, np.ndarray]]:
    with (HANDS / "names.csv").open(encoding="utf-8", newline="") as lines:
        rows = random.Random(5).sample([(row["file"], row["text"]) for row in csv.DictReader(lines)], 60)
    return [(text, np.asarray(Image.open(HANDS / file).convert("L"))) for file, text in rows]


@needs_hands
def test_real_names_are_told_apart() -> None:
    texts = sorted({text for text, _ in draw_sample()})
    readings = [(text, read_field(cut, "name")) for text, cut in draw_sample()]
    exact = [fold_text(reading.text).replace(" ", "") == fold_text(text).replace(" ", "") for text, reading in readings]
    right = [texts[int(reading.score(texts).argmax())] == text for text, reading in readings]
    assert np.mean(exact) >= 0.75
    assert np.mean(right) >= 0.94


@needs_hands
def test_real_digits_make_ids_that_are_read() -> None:
    with np.load(HANDS / "digits.npz") as packed:
        images, labels = packed["images"], packed["labels"]
    rng = np.random.default_rng(2)
    right = 0
    for _ in range(20):
        places = rng.integers(0, len(labels), 7)
        strip = 255 - np.hstack([images[place][:, 3:25] for place in places])
        number = "".join(str(labels[place]) for place in places)
        rivals = [str(rng.integers(1_000_000, 10_000_000)) for _ in range(300)]
        scores = read_field(np.asarray(cv2.resize(strip, None, fx=2, fy=2), np.uint8), "student_id").score(
            [number, *rivals]
        )
        right += int(scores.argmax()) == 0
    assert right >= 19
