"""The matcher finds the child, shares what it can't tell apart, and never raises on a query's content."""

import pandas as pd
import pytest

from matching import Agreement, Matcher, summarise_agreement

ROWS = [
    ("1000001", "Ana", "Lucia", "García López", "2012-03-04", "Garfield High School", "7", "Rosa López;Juan García"),
    ("1000002", "Xuseen", "Cabdi", "Maxamed", "2011-01-01", "Ballard High School", "8", "Faadumo Ali"),
    ("1000003", "Mia", "", "Okafor", "2013-05-06", "Dunlap Elementary School", "5", "Ngozi Okafor"),
    ("1000004", "Maya", "", "Okafor", "2013-05-06", "Dunlap Elementary School", "5", "Ngozi Okafor"),
    ("1000005", "Thi", "Anh", "Nguyen", "2010-11-12", "Garfield High School", "9", "Van Nguyen"),
    ("1000006", "Robert", "", "O'Brien-Smith", "2009-12-10", "Ballard High School", "10", "Ann Smith"),
    *(
        (f"20{number:05d}", f"Child{chr(97 + number % 26)}{chr(97 + number // 26)}", "", "Nguyen",
         f"2012-0{1 + number % 9}-11", "Ballard High School", "7", "")
        for number in range(300)
    ),
]  # fmt: skip
COLUMNS = ["student_id", "first", "middle", "last", "birth_date", "school", "grade", "guardians"]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(pd.DataFrame(ROWS, columns=COLUMNS))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"student_first": "Ana", "student_last": "Garcia", "birth_date": "2012-03-04"}, "1000001"),
        ({"student_first": "ANA LUCIA", "student_last": "Garcia-Lopez", "birth_date": "03/04/2012"}, "1000001"),
        (
            {"student_first": "Ana", "student_last": "Lopez", "birth_date": "2012-04-03", "school": "Garfield HS"},
            "1000001",
        ),
        ({"student_first": "Hussein", "student_last": "Abdi", "birth_date": "2011-01-01"}, "1000002"),
        ({"student_first": "Mohamed", "student_last": "Hussein", "birth_date": "2011-01-01"}, "1000002"),
        ({"student_first": "Nguyen", "student_last": "Thi", "birth_date": "2010-11-12"}, "1000005"),
        ({"student_first": "Bob", "student_last": "OBrien Smith", "birth_date": "2009-12-10"}, "1000006"),
        ({"student_first": "Mia", "student_last": "Okafor", "student_id": "1000003"}, "1000003"),
        ({"student_first": "Mya", "student_last": "Okafor", "student_id": "1000030"}, "1000003"),
    ],
)
def test_finds_the_child_however_it_is_written(matcher: Matcher, query: dict[str, str], wanted: str) -> None:
    best = matcher.match(query)[0]
    assert best.student_id == wanted
    assert best.probability > 0.8


def test_twins_without_a_first_name_share_the_probability(matcher: Matcher) -> None:
    found = matcher.match({"student_last": "Okafor", "birth_date": "2013-05-06", "school": "Dunlap"})
    assert [candidate.student_id for candidate in found[:2]] == ["1000003", "1000004"]
    assert found[0].probability == pytest.approx(found[1].probability)
    assert found[0].probability < 0.51


def test_an_unenrolled_sibling_is_not_the_enrolled_child(matcher: Matcher) -> None:
    query = {
        "student_first": "Chidi",
        "student_last": "Okafor",
        "birth_date": "2010-02-09",
        "parent_name": "Ngozi Okafor",
    }
    assert sum(candidate.probability for candidate in matcher.match(query)) < 0.05


def test_an_unenrolled_twin_is_not_accepted(matcher: Matcher) -> None:
    query = {
        "student_first": "Phuong",
        "student_last": "Nguyen",
        "birth_date": "2010-11-12",
        "parent_name": "Van Nguyen",
    }
    assert matcher.match(query)[0].probability < 0.8


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"student_first": "", "student_last": ""},
        {"student_first": "\x00\x07", "student_last": "\u200b"},
        {"student_last": "x" * 300},
        {"student_first": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙" * 50, "birth_date": "2012-13-45"},
        {"birth_date": "0000-00-00", "student_id": "not known", "grade": "99", "school": "???"},
        {"student_first": None, "student_last": float("nan"), "student_id": 7},
        {"student_first": "😀😀", "student_last": "ሰላም", "parent_name": ";;;"},
        {"birth_date": "9" * 400, "student_id": "8" * 400},
    ],
)
def test_content_never_raises_and_never_convinces(matcher: Matcher, query: dict[str, object]) -> None:
    found = matcher.match(query)
    assert all(candidate.probability < 0.5 for candidate in found)


def test_one_child_cannot_be_claimed_twice(matcher: Matcher) -> None:
    query = {"student_first": "Ana", "student_last": "Garcia", "birth_date": "2012-03-04"}
    weaker = {"student_first": "Anna", "student_last": "Garcia", "birth_date": "2012-03-05"}
    first, second = matcher.match_batch([query, weaker], one_to_one=True)
    claims = [candidates[0].student_id for candidates in (first, second) if candidates]
    assert claims.count("1000001") == 1
    assert first[0].student_id == "1000001"


def test_the_same_query_gives_the_same_answer(matcher: Matcher) -> None:
    query = {"student_last": "Nguyen", "school": "Ballard"}
    assert matcher.match(query) == matcher.match(query)


def test_agreement_is_summed_up_by_group(matcher: Matcher) -> None:
    query = {"student_first": "Ana", "student_last": "Garcia", "birth_date": "04/03/2012", "student_id": "1000001"}
    agreement = summarise_agreement(matcher.match(query)[0])
    assert agreement.student_id_agrees
    assert agreement.birth_date is Agreement.VARIANT
    assert not agreement.birth_date_agrees
    assert agreement.school is Agreement.MISSING


@pytest.mark.parametrize("lacking", ["student_id", "first", "last", "birth_date", "school"])
def test_a_missing_column_is_named(lacking: str) -> None:
    with pytest.raises(ValueError, match=f"lacks the columns {lacking}"):
        Matcher(pd.DataFrame(ROWS, columns=COLUMNS).drop(columns=lacking))


def test_a_doubled_student_id_is_refused_without_naming_it() -> None:
    with pytest.raises(ValueError, match="1 rows whose student_id") as caught:
        Matcher(pd.DataFrame([*ROWS, ROWS[0]], columns=COLUMNS))
    assert "1000001" not in str(caught.value)


def test_an_empty_enrollment_matches_nobody() -> None:
    assert Matcher(pd.DataFrame([], columns=COLUMNS)).match({"student_first": "Ana", "student_last": "Garcia"}) == []
