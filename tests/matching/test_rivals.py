"""Rivals weigh as much as evidence makes them likely: no brother bears the child's own first name, a parent counts once."""

import random

import pandas as pd
import pytest

from matching import Matcher

COMMON = ["Linh", "Minh", "Anh", "Khang", "Vy", "Duc", "Trang", "Quan"]
OTHERS = ["Emma", "Noah", "Olivia", "Liam", "Ava", "Lucas", "Mia", "Ethan"]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Two communities; in the smaller one few first names and surnames go round."""
    rng = random.Random(3)
    rows = []
    for number in range(2400):
        first, last = (
            (COMMON, ["Nguyen", "Tran", "Pham"]) if number % 6 == 0 else (OTHERS, ["Hill", "Ward", "Cole", "Reed"])
        )
        born = f"20{rng.randint(7, 18):02d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        parent = f"{rng.choice(first)} {rng.choice(OTHERS)} {rng.choice(last)}"
        rows.append((f"3{number:06d}", rng.choice(first), rng.choice(last), born, "Heron Point", parent))
    rows.append(("3999999", "Linh", "Tran", "2014-06-09", "Heron Point", "Hoa Tran"))
    rows.append(("3999998", "Duc", "Tran", "2011-02-03", "Heron Point", "Tomás Rosales Cisneros"))
    rows.append(("3999997", "Vy", "Tran", "2008-10-13", "Heron Point", "Tomás Rosales Cisneros"))
    return Matcher(pd.DataFrame(rows, columns=["student_id", "first", "last", "birth_date", "school", "guardians"]))


def test_a_common_first_name_of_a_small_community_does_not_make_a_twin_likely(matcher: Matcher) -> None:
    query = {"student_first": "Linh", "student_last": "Tran", "birth_date": "2014-06-09", "school": "Heron Point"}
    found = matcher.match(query)
    assert found[0].student_id == "3999999"
    assert found[0].probability > 0.997


def test_another_first_name_still_may_be_a_twins(matcher: Matcher) -> None:
    query = {"student_first": "Minh", "student_last": "Tran", "birth_date": "2014-06-09", "school": "Heron Point"}
    assert sum(candidate.probability for candidate in matcher.match(query)) < 0.8


def test_a_sister_with_the_same_rare_parent_takes_nothing_away(matcher: Matcher) -> None:
    """The words of a parent's name count once, not each in full, also for children that are not weighed in full."""
    query = {
        "student_first": "Vy",
        "student_last": "Tran",
        "birth_date": "2008-10-13",
        "parent_name": "Tomás Rosales Cisneros",
    }
    best = matcher.match(query)[0]
    assert best.student_id == "3999997"
    assert best.probability > 0.995
