"""Folding: what means the same on a form is one symbol, what means something else is not."""

from __future__ import annotations

import pytest

from ocr.alphabet import OTHER, fold_classes, fold_text


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ÉLODIE", "elodie"),
        ("Nguyễn Đức", "nguyen duc"),
        ("Sørensen", "sorensen"),
        ("O’Neill", "o'neill"),
        ("Ｊｏｓé  \u3000 Ruiz", "jose ruiz"),
        ("Jean–Luc", "jean-luc"),
        ("РАВЕТ", "pabet"),  # Cyrillic capitals, as the recogniser gives them for Latin ones
        ("王", ""),
        ("", ""),
    ],
)
def test_folding(written: str, folded: str) -> None:
    assert fold_text(written) == folded


def test_a_character_without_symbol_is_other() -> None:
    assert fold_classes(["", "a", "À", "王"])[3] == OTHER
    assert fold_classes(["", "a", "À", "王"])[1] == fold_classes(["", "a", "À", "王"])[2]
