"""What siblings have in common of their first names is counted, and held towards the shipped chance."""

import numpy as np
import pytest

from matching.enrollment_columns import as_column
from matching.sibling_names import PAIRS_TOWARDS_SHIPPED, learn_shared_words


def test_siblings_who_share_a_word_raise_the_chance() -> None:
    first = as_column(["Maria Elena", "Maria José", "Ana", "Luz Maria", "Rosa Inés"])
    families = np.array([0, 0, 0, 1, 1], dtype=np.int32)
    asked, shared = (
        6.0,
        1.0,
    )  # Elena and José each share one of two words; neither shares one with Ana, nor Luz with Rosa
    expected = (shared + PAIRS_TOWARDS_SHIPPED * 0.01) / (asked + PAIRS_TOWARDS_SHIPPED)
    assert learn_shared_words(first, families, 0.01) == pytest.approx(expected)


def test_without_families_the_shipped_chance_stands() -> None:
    first = as_column(["Maria Elena", "Maria José"])
    assert learn_shared_words(first, np.array([-1, -1], dtype=np.int32), 0.01) == pytest.approx(0.01)
