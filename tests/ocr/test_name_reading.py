"""A name is read as the pixels spell it; where they waver, what names are like decides, and case, accents and blanks stay."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.ctc import Matrix
from ocr.name_confidence import claim_confidence
from ocr.name_model import load_name_model
from ocr.name_reading import spell_names, write_like


def spell(*steps: dict[str, float]) -> Matrix:
    matrix = np.full((2 * len(steps), SIZE), 0.0005, np.float32)
    for place, shares in enumerate(steps):
        for sign, share in shares.items():
            matrix[2 * place, INDEX_OF[sign]] = share
        matrix[2 * place + 1, BLANK] = 1.0
    spelled: Matrix = matrix / matrix.sum(axis=1, keepdims=True)
    return spelled


def test_a_letter_in_doubt_is_what_a_name_has_there() -> None:
    wavering = spell({"h": 0.55, "m": 0.45}, {"a": 1}, {"r": 1}, {"i": 1}, {"e": 1})
    assert spell_names([wavering])[0].folded == "marie"


def test_a_clear_letter_stays_however_rare_the_name() -> None:
    clear = spell(*({sign: 0.999} for sign in "xulbreque"))
    assert spell_names([clear])[0].folded == "xulbreque"


def test_the_weight_of_the_pixels_is_the_exact_probability() -> None:
    best = spell_names([spell(*({sign: 0.999} for sign in "ana"))])[0]
    assert -0.2 < best.pixels <= 0.0


def test_blank_paper_spells_nothing() -> None:
    blank = np.zeros((6, SIZE), np.float32)
    blank[:, BLANK] = 1.0
    assert spell_names([blank]) == []


@pytest.mark.parametrize(
    ("folded", "written", "text"),
    [
        ("marie", "HARIE", "MARIE"),
        ("nguyen", "Nguyễn", "Nguyễn"),
        ("elfetouaki", "EL FETOUAKI", "EL FETOUAKI"),
        ("jean-luc", "Jean Luc", "Jean-Luc"),
        ("loic", "L01C", "LOIC"),
        ("potier", "POT:ER", "POTIER"),
    ],
)
def test_a_spelling_is_written_like_the_plain_reading(folded: str, written: str, text: str) -> None:
    assert write_like(folded, written) == text


def test_each_part_of_a_double_name_is_a_name() -> None:
    model = load_name_model()
    assert model.weigh_name("marie-claire") > model.weigh_name("marie") + model.weigh_name("claire") - 8
    assert model.weigh_name("marie") > model.weigh_name("harie") + 3


def test_a_name_that_children_bear_beats_a_likelier_run_of_letters() -> None:
    model = load_name_model()
    assert model.weigh_name("maylis") > model.weigh_name("haylis")
    wavering = spell({"h": 0.6, "m": 0.4}, {"a": 1}, {"y": 1}, {"l": 1}, {"i": 1}, {"s": 1})
    assert spell_names([wavering])[0].folded == "maylis"


def test_a_name_that_no_list_has_loses_little_by_it() -> None:
    model = load_name_model()
    letters = sum(model.weigh_next("xulbreque"[:place], sign) for place, sign in enumerate("xulbreque$"))
    assert -1.0 < model.weigh_name("xulbreque") - letters < 0.0


def test_a_name_that_leads_far_is_surer() -> None:
    assert claim_confidence(0.99, -0.5) > claim_confidence(0.7, -0.5) > claim_confidence(0.7, -6.0)
