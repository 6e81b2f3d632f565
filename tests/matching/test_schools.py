"""A school is known by its short forms; another school counts against a child only a little."""

import numpy as np
import pytest

from matching.enrollment_columns import as_column
from matching.schools import SchoolIndex
from matching.weights import builtin_weights

SCHOOLS = [
    "Garfield High School", "Ballard High School", "West Seattle High School", "West Seattle Elementary School",
    "Martin Luther King Jr. Elementary School", "Aki Kurose Middle School", "Hazel Wolf K-8",
    "Denny International Middle School",
]  # fmt: skip


def _index() -> SchoolIndex:
    return SchoolIndex(as_column(SCHOOLS * 5), np.full(len(SCHOOLS) * 5, -1, dtype=np.int32), builtin_weights())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Garfield", "Garfield High School"),
        ("garfeild hs", "Garfield High School"),
        ("GHS", "Garfield High School"),
        ("West Seattle Elem.", "West Seattle Elementary School"),
        ("W Seattle HS", "West Seattle High School"),
        ("MLK Elementary", "Martin Luther King Jr. Elementary School"),
        ("Kurose", "Aki Kurose Middle School"),
        ("Hazel Wolf K8", "Hazel Wolf K-8"),
        ("Denny Intl", "Denny International Middle School"),
    ],
)
def test_short_forms(written: str, meant: str) -> None:
    index = _index()
    ratios = index.weigh_text(written)
    assert ratios is not None
    assert index.texts[int(ratios[:-1].argmax())] == meant
    assert ratios[:-1].max() > 1.0


def test_another_school_counts_a_little_and_an_unknown_one_hardly() -> None:
    index = _index()
    ballard = index.weigh_text("Ballard High School")
    unknown = index.weigh_text("Qwerty Zzyzx Academy")
    assert ballard is not None and unknown is not None
    assert -3.0 < ballard[index.texts.index("Garfield High School")] < -1.0
    assert abs(unknown).max() < 2.5
    assert index.weigh_text("") is None
