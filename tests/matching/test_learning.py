"""Tables are learned from queries without labels, held near those they start from."""

import random
from dataclasses import asdict

import pandas as pd
import pytest

from matching import Agreement, Query, learn_weights
from matching.learning import reckon
from matching.weights import Weights, builtin_weights
from matching.written_days import Day
from matching.written_ways import Way, way_of_date, way_of_id, way_of_name

NAMES = [
    "Ana",
    "Bela",
    "Carl",
    "Dina",
    "Emil",
    "Fara",
    "Gita",
    "Hugo",
    "Ines",
    "Jana",
    "Karl",
    "Lena",
    "Mona",
    "Nils",
    "Pia",
]
FAMILIES = ["Abelson", "Brandt", "Castillo", "Dimitrov", "Eklund", "Farah", "Garrido", "Hollis", "Ivanov", "Jansen"]


@pytest.fixture(scope="module")
def enrollment() -> pd.DataFrame:
    rng = random.Random(2)
    rows = [
        (
            f"4{number:06d}", rng.choice(NAMES), rng.choice(FAMILIES),
            f"20{rng.randint(7, 18):02d}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            rng.choice(["Heron Point", "Tidewater"]),
        )
        for number in range(900)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["student_id", "first", "last", "birth_date", "school"])


def _swap_days(enrollment: pd.DataFrame, share: float) -> list[Query]:
    """Queries with the child's own values, a share of them with day and month swapped."""
    rng = random.Random(4)
    queries: list[Query] = []
    for row in enrollment.itertuples():
        year, month, day = str(row.birth_date).split("-")
        born = f"{year}-{day}-{month}" if rng.random() < share else row.birth_date
        queries.append(
            {"student_first": row.first, "student_last": row.last, "birth_date": born, "student_id": row.student_id}
        )
    return queries


def test_swapped_days_are_learned_without_a_label(enrollment: pd.DataFrame) -> None:
    learned = learn_weights(enrollment, _swap_days(enrollment, 0.2)).date_slips
    shipped = builtin_weights().date_slips
    assert 0.1 < learned.swapped < 0.2 > shipped.swapped
    assert learned.exact < shipped.exact
    assert learned.other_year < shipped.other_year


def test_what_people_decided_counts_in_full(enrollment: pd.DataFrame) -> None:
    queries = _swap_days(enrollment, 0.0)[:300]
    nobody = learn_weights(enrollment, queries, decided=dict.fromkeys(range(300), ""), rounds=1).rivals
    everybody = learn_weights(enrollment, queries, rounds=1).rivals
    shipped = builtin_weights().rivals
    assert everybody.stranger < shipped.stranger < nobody.stranger
    assert nobody.twin / nobody.stranger == pytest.approx(shipped.twin / shipped.stranger)


def test_nothing_seen_changes_nothing() -> None:
    shipped = builtin_weights()
    assert reckon(shipped, {}, 0.0, 0) == shipped


def test_what_was_never_seen_stays_possible() -> None:
    counts = {Way("date_slips", "exact"): 1e6, Way("related", "school"): 1e6}
    learned = reckon(builtin_weights(), counts, 0.0, 0)
    assert learned.date_slips.swapped > 0
    assert learned.unrelated.school > 0
    assert Weights.from_tables(asdict(learned)) == learned


@pytest.mark.parametrize(
    ("written", "real", "way"),
    [
        ("2012-03-04", "2012-03-04", "date_slips.exact"),
        ("2012-04-03", "2012-03-04", "date_slips.swapped"),
        ("2013-03-04", "2012-03-04", "date_slips.year_off_by_one"),
        ("2012-01-01", "2012-03-04", "date_slips.first_of_january_written"),
        ("2012-03-09", "2012-03-04", "date_slips.look_alike_digit"),
        ("2012-03-02", "2012-03-04", "date_slips.other_digit"),
        ("2018-03-04", "2012-03-04", "date_slips.other_digit"),
        ("2009-03-04", "2012-03-04", "date_slips.other_year"),
        ("2012-03-10", "2012-03-09", "date_slips.off_by_one"),
        ("2021-03-04", "2012-03-04", "date_slips.other_year"),
        ("2012-03-21", "2012-03-12", "date_slips.turned_digits"),
        ("1984-07-30", "2012-03-04", "unrelated.birth_date"),
    ],
)
def test_ways_of_dates(written: str, real: str, way: str) -> None:
    one, other = (Day(*map(int, text.split("-"))) for text in (written, real))
    found = way_of_date(one, other)
    assert f"{found.table}.{found.name}" == way


@pytest.mark.parametrize(
    ("written", "real", "way"),
    [
        ("maria", "maria", "exact"), ("maira", "maria", "turned"), ("mariaa", "maria", "doubled"), ("mria", "maria", "lost"),
        ("m", "maria", "initial"), ("mar", "maria", "beginning"), ("bob", "robert", "nickname"),
        ("castilo", "castillo", "doubled"), ("kastiljo", "castillo", "two_slips"), ("zzz", "castillo", ""),
    ],
)  # fmt: skip
def test_ways_of_names(written: str, real: str, way: str) -> None:
    assert way_of_name(written, real) == way


@pytest.mark.parametrize(
    ("written", "agreement", "way"),
    [
        ("1234567", Agreement.EXACT, "id_slips.exact"), ("1jsmith", Agreement.VARIANT, "id_slips.instead"),
        ("1234568", Agreement.CLOSE, "id_slips.one_digit"), ("1234576", Agreement.CLOSE, "id_slips.turned"),
        ("123467", Agreement.CLOSE, "id_slips.lost_or_doubled"), ("7654321", Agreement.DIFFERENT, "unrelated.student_id"),
    ],
)  # fmt: skip
def test_ways_of_ids(written: str, agreement: Agreement, way: str) -> None:
    found = way_of_id(written, "1234567", agreement)
    assert f"{found.table}.{found.name}" == way
