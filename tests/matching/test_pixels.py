"""Pixels are weighed by the score of each child's own value, not by what was read aloud."""

import numpy as np
import pandas as pd
import pytest

from matching import Agreement, Matcher, Witness, summarise_agreement
from tests.matching.paper import Paper

FIRST = [
    "ana",
    "maria",
    "jose",
    "liam",
    "emma",
    "noah",
    "mia",
    "oliver",
    "amina",
    "xuseen",
    "linh",
    "wei",
    "zoe",
    "ivan",
]
LAST = [
    "garcia lopez",
    "nguyen",
    "smith",
    "okafor",
    "mohamed",
    "tran",
    "johnson",
    "delacruz",
    "chen",
    "o'brien",
    "abdi",
]


@pytest.fixture(scope="module")
def enrollment() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for number in range(1500):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        date = f"{rng.integers(2006, 2018)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        rows.append(
            (f"{2_000_000 + 37 * number}", f"{first}", last, date, rng.choice(["Garfield High", "Ballard High"]))
        )
    return pd.DataFrame(rows, columns=["student_id", "first", "last", "birth_date", "school"])


@pytest.fixture(scope="module")
def matcher(enrollment: pd.DataFrame) -> Matcher:
    return Matcher(enrollment)


def _write(row: "pd.Series[str]", noise: float, seed: int) -> dict[str, Paper]:
    return {
        "student_first": Paper(row["first"], noise, seed),
        "student_last": Paper(row["last"], noise, seed + 1),
        "birth_date": Paper(row["birth_date"], noise, seed + 2),
        "student_id": Paper(row["student_id"], noise, seed + 3),
    }


def test_poorly_read_forms_find_their_child(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    right, misread = 0, 0
    for seed, (_, row) in enumerate(enrollment.sample(40, random_state=1).iterrows()):
        query = _write(row, 0.35, 100 * seed)
        misread += any(reading.text.replace("-", "") != str(row[name]).replace("-", "") for reading, name in
                       zip(query.values(), ["first", "last", "birth_date", "student_id"], strict=True))  # fmt: skip
        found = matcher.match(query)
        right += found[0].student_id == row["student_id"] and found[0].probability > 0.9
    assert misread >= 20, "the paper must be bad enough to mean something"
    assert right >= 39


def test_a_form_of_an_unenrolled_child_convinces_nobody(matcher: Matcher) -> None:
    query = {
        "student_first": Paper("bartholomew"),
        "student_last": Paper("vandersloot"),
        "birth_date": Paper("2011-02-03"),
    }
    assert sum(candidate.probability for candidate in matcher.match(query)) < 0.2


def test_an_empty_box_is_missing_and_is_not_scored(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment.iloc[7]
    query = {**_write(row, 0.1, 5), "student_id": Paper("")}
    best = matcher.match(query)[0]
    assert best.student_id == row["student_id"]
    assert query["student_id"].calls == 0
    assert summarise_agreement(best).student_id is Agreement.MISSING


def test_one_contradicting_field_counts_but_does_not_exclude(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment.iloc[11]
    clean = matcher.match(_write(row, 0.1, 5))[0]
    other = matcher.match({**_write(row, 0.1, 5), "student_first": Paper("bartholomew")})[0]
    assert clean.student_id == other.student_id == row["student_id"]
    assert other.probability < clean.probability
    assert summarise_agreement(other).first_name is Agreement.DIFFERENT


def test_the_same_candidates_object_content_each_time(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    seen: list[tuple[str, ...]] = []

    class Watching(Paper):
        def score(self, candidates: "list[str]") -> np.ndarray:  # type: ignore[override]
            if len(candidates) > 5:
                seen.append(tuple(candidates))
            return super().score(candidates)

    for seed in (1, 2):
        matcher.match({"student_last": Watching("garcia lopez", 0.2, seed)})
    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_broken_scores_never_raise(matcher: Matcher) -> None:
    class Broken(Paper):
        def score(self, candidates: "list[str]") -> np.ndarray:  # type: ignore[override]
            return np.full(len(candidates), np.nan)

    found = matcher.match(
        {"student_first": Broken("ana"), "birth_date": Broken("2011-02-03"), "student_id": Broken("1")}
    )
    assert all(candidate.probability < 0.5 for candidate in found)


@pytest.mark.parametrize("answer", [None, [-1.0, -2.0, -3.0], [[0.0], [0.0]]])
def test_an_answer_of_another_shape_says_nothing(matcher: Matcher, answer: "list[object] | None") -> None:
    class Misshapen(Paper):
        def score(self, candidates: "list[str]") -> np.ndarray:  # type: ignore[override]
            return np.asarray(answer, dtype=np.float64)

    for field, text in {
        "student_last": "garcia",
        "birth_date": "2011-02-03",
        "student_id": "123",
        "school": "A",
    }.items():
        assert all(candidate.probability < 0.5 for candidate in matcher.match({field: Misshapen(text)}))


def test_a_row_does_not_speak_for_the_form(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment.iloc[21]
    form = {**_write(row, 0.1, 5), "student_id": Paper("7777777", 0.1, 3)}
    typed = {"student_first": row["first"], "student_last": row["last"], "student_id": row["student_id"]}
    best = matcher.match_joint(form, typed)[0]
    assert best.student_id == row["student_id"]
    assert summarise_agreement(best).student_id is Agreement.DIFFERENT
    assert summarise_agreement(best, Witness.ROW).student_id is Agreement.EXACT
    blank = matcher.match_joint({}, typed)[0]
    assert {piece.witness for piece in blank.evidence} == {Witness.ROW}


def test_two_witnesses_come_out_as_asked_one_by_one_and_pixels_are_read_once(
    matcher: Matcher, enrollment: pd.DataFrame
) -> None:
    asked: list[int] = []

    class Counting(Paper):
        def score(self, candidates: "list[str]") -> np.ndarray:  # type: ignore[override]
            asked.append(len(candidates))
            return super().score(candidates)

    row = enrollment.iloc[23]
    form = {**_write(row, 0.1, 5), "student_last": Counting(row["last"], 0.1, 4)}
    typed = {"student_first": row["first"], "student_last": row["last"], "birth_date": row["birth_date"]}
    alone = matcher.match(form)
    once, asked[:] = len(asked), []
    for said in (typed, {}):
        found = matcher.match_witnesses(form, said)
        assert (found.form, found.row) == (alone, matcher.match(said))
    assert len(asked) == 2 * once
    assert found.joint == alone
    assert matcher.match_witnesses(form, typed).joint == matcher.match_joint(form, typed)
    assert matcher.match_witnesses({}, typed).joint == matcher.match_joint({}, typed)


def test_another_digit_is_not_the_same_id(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment.iloc[30]
    number = str(int(row["student_id"]) + 1)
    best = matcher.match({**_write(row, 0.05, 8), "student_id": Paper(number, 0.05, 1)})[0]
    assert best.student_id == row["student_id"]
    assert summarise_agreement(best).student_id is Agreement.CLOSE


def test_swapped_boxes_are_read_the_other_way_round(matcher: Matcher) -> None:
    enrolled = {"student_first": Paper("xuseen", 0.2, 1), "student_last": Paper("okafor", 0.2, 2)}
    swapped = {"student_first": enrolled["student_last"], "student_last": enrolled["student_first"]}
    straight_children = {candidate.student_id for candidate in matcher.match(enrolled)}
    found = matcher.match(swapped)
    assert found[0].student_id in straight_children
    assert sum(candidate.probability for candidate in found) > 0.01  # a name alone leaves much doubt


def test_a_hyphen_or_an_apostrophe_on_paper_is_no_difference(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment[enrollment["last"] == "garcia lopez"].iloc[0]
    query = {**_write(row, 0.05, 1), "student_last": Paper("garcia-lopez", 0.05, 1)}
    del query["student_id"]
    best = matcher.match(query)[0]
    assert best.student_id == row["student_id"]
    assert summarise_agreement(best).last_name is Agreement.EXACT


def test_a_school_is_known_from_pixels(matcher: Matcher, enrollment: pd.DataFrame) -> None:
    row = enrollment.iloc[3]
    other = {"Garfield High": "ballard hs", "Ballard High": "garfield hs"}[row["school"]]
    same = {"Garfield High": "garfield hs", "Ballard High": "ballard hs"}[row["school"]]
    levels = []
    for school in (same, other):
        query = {**_write(row, 0.1, 5), "school": Paper(school, 0.12, 2)}
        best = matcher.match(query)[0]
        assert best.student_id == row["student_id"]
        levels.append(summarise_agreement(best).school)
    assert levels[0] in {Agreement.EXACT, Agreement.VARIANT, Agreement.CLOSE}
    assert levels[1] is Agreement.DIFFERENT
