"""Brothers and sisters show where a school's children go on to."""

import numpy as np
import pandas as pd
import pytest

from matching import Matcher
from matching.feeders import FED_SHARE, PAIRS_TOWARDS_ALL, learn_feeders


def test_pairs_of_siblings_are_counted_both_ways_and_unknown_families_not() -> None:
    schools = np.array([0, 1, 0, 1, 0, 2, 3], dtype=np.int32)
    families = np.array([5, 5, 6, 6, -1, -1, 5], dtype=np.int32)
    shares = learn_feeders(schools, families, 3).shares
    assert shares[0, 1] == pytest.approx(2 / (2 + PAIRS_TOWARDS_ALL))
    assert shares[1, 0] == shares[0, 1]
    assert not shares[2].any()


def test_a_school_that_shares_families_gains_and_others_lose_as_much() -> None:
    schools = np.tile(np.array([0, 1], dtype=np.int32), 500)
    feeders = learn_feeders(schools, np.repeat(np.arange(500, dtype=np.int32), 2), 3)
    spread = feeders.spread(np.array([0.0, 3.0, 0.0], dtype=np.float32))
    share = float(feeders.shares[0, 1])
    assert spread[0] == pytest.approx(1 - FED_SHARE * share + FED_SHARE * share * 3.0)
    assert spread[2] == 1.0


def test_without_schools_or_families_nothing_changes() -> None:
    none = learn_feeders(np.zeros(4, dtype=np.int32), np.full(4, -1, dtype=np.int32), 0)
    assert none.spread(np.ones(0, dtype=np.float32)).size == 0
    alone = learn_feeders(np.array([0, 1], dtype=np.int32), np.array([1, 2], dtype=np.int32), 2)
    assert alone.spread(np.array([2.0, 0.5], dtype=np.float32)).tolist() == [1.0, 1.0]


def test_next_years_school_counts_less_against_a_child_whose_schoolmates_siblings_go_there() -> None:
    rows = []
    for number in range(450):
        towards = "Harbor View High" if number % 3 else "Tidewater High"
        parent = f"Parent{number} Sample{number}"
        rows.append(
            (f"6{number:06d}", "Kim", f"Sample{number}", f"2012-0{number % 9 + 1}-15", "Heron Point Middle", parent)
        )
        rows.append((f"7{number:06d}", "Lee", f"Sample{number}", f"2009-0{number % 9 + 1}-15", towards, parent))
    rows.append(("8000000", "Ola", "Single", "2012-02-02", "Osprey High", ""))
    matcher = Matcher(pd.DataFrame(rows, columns=["student_id", "first", "last", "birth_date", "school", "guardians"]))

    def weigh(school: str) -> float:
        query = {"student_first": "Kim", "student_last": "Sample7", "birth_date": "2012-08-15", "school": school}
        best = matcher.match(query)[0]
        assert best.student_id == "6000007"
        return next(piece.weight for piece in best.evidence if piece.field == "school")

    assert weigh("Heron Point Middle") > weigh("Harbor View High") > weigh("Osprey High")
