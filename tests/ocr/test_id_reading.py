"""What stands in an ID box is told by its shape, and both recognisers have a say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fixtures.hands import Hand, write_text
from ocr import read_field
from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.ctc import Matrix
from ocr.digit_mixing import claim_confidence
from ocr.id_reading import IdShape, name_id_shape, read_id
from ocr.types import FieldKind


def spell(text: str, doubts: dict[int, str] | None = None) -> Matrix:
    matrix = np.full((2 * len(text), SIZE), 1e-5, np.float32)
    for place, sign in enumerate(text):
        matrix[2 * place, INDEX_OF[sign]] = 1.0
        if doubts and place in doubts:
            matrix[2 * place, INDEX_OF[doubts[place]]] = 0.8
        matrix[2 * place + 1, BLANK] = 1.0
    spelled: Matrix = matrix / matrix.sum(axis=1, keepdims=True)
    return spelled


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        *(("2048371", IdShape.DISTRICT_ID), ("204 8371", IdShape.DISTRICT_ID), ("1234567890", IdShape.STATE_ID)),
        *(
            ("1jwsmith", IdShape.USERNAME),
            ("1jwsmith2", IdShape.USERNAME),
            ("204837", IdShape.OTHER),
            ("", IdShape.OTHER),
        ),
    ],
)
def test_the_shape_of_an_id_is_told(text: str, shape: IdShape) -> None:
    assert name_id_shape(text) is shape


def test_the_second_recogniser_settles_a_doubt() -> None:
    assert read_id([spell("2048371", {3: "3"}), spell("2043371")]).text == "2043371"
    assert read_id([spell("2048371", {3: "3"}), spell("2048371")]).text == "2048371"


def test_a_doubt_in_both_lowers_the_share() -> None:
    sure, torn = (read_id([spell("2048371", doubts)] * 2) for doubts in (None, {3: "3"}))
    assert sure.share > 0.99 > 0.7 > torn.share


def test_letters_make_a_username_alone_where_they_are_seen() -> None:
    unknowing = spell("1jwsmith")
    letters = [INDEX_OF[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]
    unknowing[:, letters] = unknowing[:, letters].mean(axis=1, keepdims=True)
    assert read_id([spell("1jwsmith"), unknowing]).text == "1jwsmith"
    assert read_id([spell("2048371"), spell("2048371")]).text == "2048371"


def test_nothing_written_is_read_as_nothing() -> None:
    silent = np.zeros((6, SIZE), np.float32)
    silent[:, BLANK] = 1.0
    assert read_id([silent]).text == ""


def test_confidence_rises_with_the_share_and_claims_less_than_it_when_large() -> None:
    for kind in (FieldKind.STUDENT_ID, FieldKind.DATE):
        claims = [claim_confidence(kind, share) for share in (0.1, 0.5, 0.9, 0.999999)]
        assert claims == sorted(claims)
        assert claims[-1] < 0.999


@pytest.mark.parametrize(
    ("text", "shape"),
    [("2048371", IdShape.DISTRICT_ID), ("4820153967", IdShape.STATE_ID), ("1jwsmith", IdShape.USERNAME)],
)
def test_a_drawn_id_is_told_by_what_it_is(text: str, shape: IdShape) -> None:
    rng = np.random.default_rng(4)
    hand = replace(Hand.pick(rng), font="patrick-hand", colour=(20, 20, 20), pressure=1.0, slant=0.0, unsteadiness=0.4)
    drawn = np.pad(255 - write_text(text, hand, 80, rng) * 220, 24, constant_values=255).astype(np.uint8)
    reading = read_field(drawn, FieldKind.STUDENT_ID)
    assert (reading.value, reading.id_shape) == (text, shape)
