"""Pages without a template: paper with nothing on it is blank, a single word or a dark picture is for a person."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import ocr

PAPER = np.full((2200, 1700), 246, np.uint8)


def add_grain(page: np.ndarray, strength: float) -> np.ndarray:
    grain = np.random.default_rng(1).normal(0, strength, page.shape)
    return np.clip(page + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("strength", [0.0, 4.0, 9.0])
def test_bare_paper_is_blank(strength: float) -> None:
    assert ocr.classify_page(add_grain(PAPER, strength)) is ocr.PageKind.BLANK


def test_paper_that_the_front_shines_through_is_blank() -> None:
    page = PAPER.copy()
    for line in range(300, 1900, 60):
        cv2.putText(page, "a line of print on the other side", (200, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 226, 3)
    assert ocr.classify_page(add_grain(page[:, ::-1], 4.0)) is ocr.PageKind.BLANK


def test_one_word_is_not_blank() -> None:
    page = PAPER.copy()
    cv2.putText(page, "Potato", (220, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 40, 2)
    assert ocr.classify_page(add_grain(page, 4.0)) is ocr.PageKind.UNREADABLE


@pytest.mark.parametrize(
    "page", [np.full((64, 128), 150, np.uint8), np.zeros((1200, 900), np.uint8)], ids=["tiny", "dark"]
)
def test_pictures_that_are_no_pages_are_for_a_person(page: np.ndarray) -> None:
    assert ocr.classify_page(page) is ocr.PageKind.UNREADABLE
