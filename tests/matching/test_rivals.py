"""Rivals weigh as much as evidence makes them likely: no brother bears the child's own first name, a parent counts once."""

import random

import numpy as np
import pandas as pd
import pytest

from matching import Matcher
from matching.posterior import BEYOND_DOUBT, DOUBT, doubt_enrolled

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


def test_a_namesake_born_on_another_day_is_not_the_child(matcher: Matcher) -> None:
    query = {"student_first": "Linh", "student_last": "Tran", "birth_date": "2009-11-27", "parent_name": "Kim Tran"}
    assert matcher.match(query)[0].probability < 0.5


def test_a_parent_with_the_childs_surname_says_no_more_than_the_surname(matcher: Matcher) -> None:
    query = {"student_first": "Duc", "student_last": "Tran", "birth_date": "2011-02-03"}
    alone = matcher.match(query)[0].probability
    with_parent = matcher.match({**query, "parent_name": "Tran"})[0].probability
    assert with_parent == alone


def test_half_a_first_name_may_be_a_brothers() -> None:
    """Where siblings share words of their names, one word alone leaves a brother possible who isn't enrolled."""
    rng = random.Random(4)
    rows = []
    for number in range(1200):
        born = f"20{rng.randint(7, 18):02d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        first = f"Gia {rng.choice(COMMON)}" if number % 4 == 0 else rng.choice(COMMON + OTHERS)
        last = rng.choice(["Nguyen", "Tran", "Pham", "Hill", "Ward"])
        rows.append((f"4{number:06d}", first, last, born, "Heron Point", f"Kim {last}"))
    rows.append(("4999999", "Gia Huy", "Ward", "2014-06-09", "Heron Point", "Ann Ward"))
    matcher = Matcher(pd.DataFrame(rows, columns=["student_id", "first", "last", "birth_date", "school", "guardians"]))
    query = {"student_last": "Ward", "birth_date": "2014-06-09", "school": "Heron Point", "parent_name": "Ann Ward"}
    whole, half = (matcher.match({**query, "student_first": first})[0] for first in ("Gia Huy", "Gia"))
    assert whole.student_id == half.student_id == "4999999"
    assert 1.0 - half.probability > 5 * (1.0 - whole.probability)


def test_doubt_never_turns_an_order_round_and_ends() -> None:
    odds = np.linspace(-12.0, 14.0, 500)
    doubted = odds - np.log(doubt_enrolled(np.exp(odds), np.ones(500)))
    assert (np.diff(doubted) > 0).all()
    assert np.allclose(doubted[odds >= BEYOND_DOUBT], odds[odds >= BEYOND_DOUBT])
    assert np.allclose(doubted[0], odds[0] - DOUBT)
