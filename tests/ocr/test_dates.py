"""A day is found whatever way it was written, and no day that isn't in the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from fixtures.hands import Hand, write_text
from ocr import read_field
from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.ctc import LOWEST, Matrix
from ocr.dates import find_swapped, rank_days, weigh_days, weigh_typed_days
from ocr.decoding import decode
from ocr.reading import FieldReading
from ocr.recogniser import CtcOutput
from ocr.types import FieldKind


def spell(text: str) -> Matrix:
    matrix = np.full((2 * len(text), SIZE), 0.001, np.float32)
    for place, sign in enumerate(text):
        matrix[2 * place, INDEX_OF[sign]] = 1.0
        matrix[2 * place + 1, BLANK] = 1.0
    spelled: Matrix = matrix / matrix.sum(axis=1, keepdims=True)
    return spelled


@pytest.mark.parametrize(
    "written", ["03/14/2012", "3/14/2012", "3-14-12", "03.14.2012", "03142012", "03/14/2o12", "o3/l4/2012", "14/3/2012"]
)
def test_ways_of_writing_a_day(written: str) -> None:
    scores = weigh_days(spell(written)).table
    month, day, year = np.unravel_index(scores.argmax(), scores.shape)
    assert (int(year) + 1920, int(month) + 1, int(day) + 1) == (2012, 3, 14)


def test_month_first_is_likelier_than_day_first() -> None:
    scores = weigh_days(spell("03/04/2012"))
    assert scores.score(date(2012, 3, 4)) > scores.score(date(2012, 4, 3)) > scores.score(date(2012, 5, 3))


def test_days_out_of_range_are_least_likely() -> None:
    assert weigh_days(spell("03/04/2012")).score(date(1800, 3, 4)) == LOWEST


WRITTEN_IN_WORDS = [
    *("march 14, 2012", "14 march 2012", "mar 14 2012", "14-mar-12", "14th march 2012", "march 14th, 2012"),
    *("14 de marzo de 2012", "14 maarso 2012", "ngay 14 thang 3 nam 2012", "14 megabit 2012"),
    *("14 bitootessa 2012", "marso 14, 2012", "14 adhar 2012", "14 mars 2012", "14 march, 2012"),
]


@pytest.mark.parametrize("written", [*WRITTEN_IN_WORDS, "2012-03-14", "2012/3/14", "20120314", "2012.3.14."])
def test_months_in_words_and_years_first(written: str) -> None:
    best = rank_days(weigh_days(spell(written.replace(" ", ""))).table, 1)[0]
    assert best.day == date(2012, 3, 14)
    assert best.share > 0.5


def test_a_recogniser_that_cannot_tell_letters_still_tells_day_and_year() -> None:
    plain = spell("march142012")
    letters = [INDEX_OF[letter] for letter in "abcdefghijklmnopqrstuvwxyz"]
    plain[:, letters] = plain[:, letters].mean(axis=1, keepdims=True)
    table = weigh_days(plain).table
    assert rank_days(table, 1)[0].day.replace(month=3) == date(2012, 3, 14)
    mixed = (table + weigh_days(spell("march142012")).table) / 2
    assert rank_days(mixed, 1)[0].day == date(2012, 3, 14)


def test_a_date_that_may_be_swapped_is_marked() -> None:
    both = weigh_days(spell("03/04/2012")).table
    assert find_swapped(both, date(2012, 3, 4)) == date(2012, 4, 3)
    assert find_swapped(weigh_days(spell("03/14/2012")).table, date(2012, 3, 14)) is None
    assert find_swapped(weigh_days(spell("mar042012")).table, date(2012, 3, 4)) is None
    assert find_swapped(weigh_days(spell("2012-03-04")).table, date(2012, 3, 4)) is None


def test_the_value_is_the_likeliest_day_also_where_two_recognisers_differ() -> None:
    views = [0.9 * spell(one) + 0.1 * spell(other) for one, other in (("03/14/2011", "03/14/2017"),) * 2]
    views[1] = 0.86 * spell("03/14/2017") + 0.14 * spell("03/14/2011")
    reading = FieldReading(FieldKind.DATE, "", 0.9, "test", value="2011-03-14", views=tuple(views))
    value = decode(FieldKind.DATE, CtcOutput(views[0], ""), views).value
    days = [date(2011, 3, 14), date(2017, 3, 14)]
    assert reading.rank_days(1)[0].day == days[int(reading.score_days(days).argmax())] == date.fromisoformat(value)


def test_views_in_which_no_day_fits_name_none() -> None:
    nothing = np.zeros((6, SIZE), np.float32)
    nothing[:, INDEX_OF["x"]] = 1.0
    assert FieldReading(FieldKind.DATE, "", 0.9, "test", value="2011-03-14", views=(nothing,) * 2).rank_days() == []


def test_shares_of_days_add_up_and_hold_both_centuries() -> None:
    ranked = rank_days(weigh_days(spell("9/20/24")).table, 12 * 31 * 126)
    assert sum(one.share for one in ranked) == pytest.approx(1.0)
    assert [one.day for one in ranked[:2]] == [date(2024, 9, 20), date(1924, 9, 20)]


def test_no_day_outside_the_calendar_is_ever_best() -> None:
    ranked = rank_days(weigh_days(spell("02/29/2013")).table, 50)
    assert date(2012, 2, 29) in [one.day for one in ranked]


def test_silence_changes_no_score() -> None:
    silence = [1.0] + [0.0] * (SIZE - 1)
    short = np.insert(spell("3/14/2012"), [2, 8], silence, axis=0).astype(np.float32)
    long = np.insert(spell("3/14/2012"), [2, 2, 8, 8, 8], silence, axis=0).astype(np.float32)
    assert np.allclose(weigh_days(short).table, weigh_days(long).table)


def draw_date(text: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hand = replace(Hand.pick(rng), font="patrick-hand", colour=(20, 20, 20), pressure=1.0, slant=0.0, unsteadiness=0.4)
    mask = write_text(text, hand, 80, rng)
    return np.pad(255 - mask * 220, 24, constant_values=255).astype(np.uint8)


@pytest.mark.parametrize(
    "text",
    ["March 14, 2012", "14 de marzo de 2012", "14-Mar-12", "2012-03-14", "3.14.2012", "ngày 14 tháng 3 năm 2012"],
)
def test_a_drawn_date_is_read_in_whatever_way_it_was_written(text: str) -> None:
    reading = read_field(draw_date(text, 1), FieldKind.DATE)
    assert reading.value == "2012-03-14"
    assert reading.rank_days(3)[0].day == date(2012, 3, 14)
    assert reading.swapped_day is None


def test_a_drawn_date_that_may_be_swapped_says_so() -> None:
    reading = read_field(draw_date("3/4/2012", 2), FieldKind.DATE)
    assert reading.value == "2012-03-04"
    assert reading.swapped_day == date(2012, 4, 3)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("3/14/2012", "2012-03-14"), ("14/3/2012", "2012-03-14"), ("14 de marzo de 2012", "2012-03-14"),
     ("2012-03-14", "2012-03-14"), ("March 14", ""), ("soon", ""), ("", "")],
)  # fmt: skip
def test_a_typed_date_is_read_by_the_same_grammar(typed: str, value: str) -> None:
    assert FieldReading.from_text(FieldKind.DATE, typed).value == value


@pytest.mark.parametrize("day", ["2012-02-29", "2012-11-10", "1999-01-12", "1920-01-01", "2045-12-31"])
def test_a_day_as_the_program_writes_it_is_what_the_lattice_reads(day: str) -> None:
    """It is taken as it stands, which must never say anything else than weighing every day would."""
    ranked = rank_days(weigh_typed_days(day).table, 1)
    assert FieldReading.from_text(FieldKind.DATE, day).value == day == ranked[0].day.isoformat()


def test_a_typed_date_that_may_be_swapped_says_so() -> None:
    assert FieldReading.from_text(FieldKind.DATE, "03/04/2012").swapped_day == date(2012, 4, 3)
    assert FieldReading.from_text(FieldKind.DATE, "03/14/2012").swapped_day is None
