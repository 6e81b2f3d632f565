"""A caller's error is a clear ValueError; a query's or an enrollment's content never raises and never convinces."""

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from matching import Matcher, pair_rows

COLUMNS = ["student_id", "first", "last", "birth_date", "school", "guardians", "grade"]
FIELDS = [
    "student_first", "student_middle", "student_last", "other_name", "student_id", "birth_date", "school", "grade",
    "parent_name",
]  # fmt: skip
LONE_SURROGATE = "\ud800"
"""No text that pandas would take."""
HOSTILE = [
    "", " ", "\x00\x01\x02", "\u202e\u200b\ufeff", "x" * 300, "ㅤ" * 20, "😀" * 50, "ሰላም", "مُحَمَّد", "王小明",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙" * 40, "'; DROP TABLE students; --", "=cmd|' /C calc'!A0", "2012-02-31", "0000-00-00", "99/99/9999",
    "31.12.99999", "9" * 400, "-1", "nan", "None", "a;b;;c", LONE_SURROGATE, "o'" * 100, "ﬁ ﬀ ß İ ı", "\t\n\r", "1e309",
    "٢٠١٢-٠٣-٠٤", "२०१२-०३-०४", "²³¹",
]  # fmt: skip


def _enroll(cells: list[str]) -> pd.DataFrame:
    """Ordinary children, and one whose every cell is each of the hostile ones."""
    rng = random.Random(1)
    rows = [
        (f"5{number:06d}", rng.choice(["Ana", "Bela", "Carl"]), rng.choice(["Farah", "Hollis"]),
         f"2012-03-{number % 28 + 1:02d}", "Heron Point", "Ida Farah", "6")
        for number in range(400)
    ]  # fmt: skip
    rows += [(f"odd{number}", cell, cell, cell, cell, cell, cell) for number, cell in enumerate(cells)]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(_enroll([text for text in HOSTILE if text != LONE_SURROGATE]))


@pytest.mark.parametrize("text", HOSTILE)
def test_one_box_of_anything_names_no_ordinary_child(matcher: Matcher, text: str) -> None:
    for field in FIELDS:
        found = matcher.match({field: text})
        assert all(candidate.probability < 0.5 for candidate in found if not candidate.student_id.startswith("odd"))


def test_boxes_full_of_anything_never_raise_alone_together_or_with_a_row(matcher: Matcher) -> None:
    rng = random.Random(6)
    queries = [{field: rng.choice(HOSTILE) for field in rng.sample(FIELDS, rng.randint(1, 9))} for _ in range(150)]
    assert matcher.match_batch(queries) == [matcher.match(query) for query in queries]
    assert len(matcher.match_batch(queries, one_to_one=True)) == len(queries)
    for form, row in zip(queries[:40], queries[40:80], strict=True):
        assert sum(candidate.probability for candidate in matcher.match_joint(form, row)) <= 1.0 + 1e-9
    assert len([pair for pair in pair_rows(queries[:12], queries[12:24]) if pair.form is not None]) == 12


@pytest.mark.parametrize(
    "nothing", [{}, dict.fromkeys(FIELDS, ""), dict.fromkeys(FIELDS), {"student_first": float("nan")}]
)
def test_a_query_that_says_nothing_finds_nobody(matcher: Matcher, nothing: dict[str, str]) -> None:
    assert matcher.match(nothing) == []
    assert matcher.match_joint(nothing, nothing) == []


def test_a_very_long_surname_is_still_found_by_its_beginning(matcher: Matcher) -> None:
    wanted = f"odd{HOSTILE.index('x' * 300)}"
    assert matcher.match({"student_last": "x" * 300, "birth_date": "x" * 300})[0].student_id == wanted


@pytest.mark.parametrize("query", [None, "Ana Farah", ["Ana"], 7])
def test_what_is_no_query_is_the_callers_error(matcher: Matcher, query: object) -> None:
    with pytest.raises(ValueError, match="a query maps field names to what was read, it is not"):
        matcher.match(query)  # type: ignore[arg-type]  # the caller's error is what is tested


@pytest.mark.parametrize(
    "value",
    [pd.NA, pd.NaT, 7, 7.5, b"Ana", [], ["Ana"], {}, np.array([1, 2]), np.array([]), pd.Series(["Ana", "Bo"]),
     pd.Timestamp("2012-03-04"), Decimal("NaN"), object()],
)  # fmt: skip
@pytest.mark.parametrize("field", FIELDS)
def test_a_value_that_is_no_text_never_raises(matcher: Matcher, field: str, value: object) -> None:
    query: dict[str, Any] = {"student_last": "Farah", field: value}
    assert len(matcher.match(query)) <= 10
    assert len(pair_rows([query], [query])) >= 1


@pytest.mark.parametrize("queries", [None, "Ana", {"student_last": "Farah"}, 7, ({} for _ in range(2))])
def test_what_is_no_list_of_queries_is_the_callers_error(matcher: Matcher, queries: Any) -> None:
    for ask in (matcher.match_batch, lambda rows: pair_rows([{}], rows)):
        with pytest.raises(ValueError, match="queries come as a list, not as"):
            ask(queries)
    for ask in (matcher.match_batch, lambda rows: pair_rows([{}], rows)):
        with pytest.raises(ValueError, match="a query maps field names to what was read, it is not int"):
            ask([{}, 7])


@pytest.mark.parametrize("column", COLUMNS)
def test_a_cell_that_holds_a_list_is_the_callers_error_and_named_by_its_column(column: str) -> None:
    frame = _enroll([]).astype(object)
    frame.at[3, column] = ["Ana", "Bo"]
    with pytest.raises(ValueError, match=f"lists or tables in cells of the column {column}"):
        Matcher(frame)


def test_what_is_no_frame_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="enrollment must be a pandas DataFrame, not list"):
        Matcher([])  # type: ignore[arg-type]  # the caller's error is what is tested


def test_ids_that_differ_by_blanks_alone_are_doubles_and_are_counted() -> None:
    frame = _enroll([])
    frame.loc[len(frame)] = [" 5000001 ", "Ana", "Farah", "2012-03-02", "Heron Point", "", ""]
    frame.loc[len(frame)] = ["", "Ana", "Farah", "2012-03-02", "Heron Point", "", ""]
    with pytest.raises(ValueError, match="1 rows without a student_id"):
        Matcher(frame)
    with pytest.raises(ValueError, match="1 rows whose student_id stands in an earlier row: merge them first"):
        Matcher(frame.iloc[:-1])
