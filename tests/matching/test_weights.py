"""Weights are chances with names: read whole, refused whole, named by a digest."""

import json
from dataclasses import asdict, replace

import pytest

from matching.weights import Weights, builtin_weights, read_weights


def test_they_survive_their_json_and_name_it() -> None:
    weights = builtin_weights()
    assert read_weights(weights.to_json()) == weights
    other = replace(weights, id_slips=replace(weights.id_slips, turned=0.009))
    assert read_weights(other.to_json()).digest == other.digest != weights.digest


def test_all_faults_are_told_at_once() -> None:
    tables = asdict(builtin_weights())
    del tables["date_slips"]["swapped"]
    tables["id_slips"]["turned"] = 1.5
    tables["id_slips"]["upside_down"] = 0.1
    tables["luck"] = {}
    with pytest.raises(ValueError) as caught:
        Weights.from_tables(tables)
    assert str(caught.value) == (
        "weights can't be used: luck: unknown table; date_slips.swapped is missing; id_slips.upside_down is unknown; "
        "id_slips.turned is not between 0 and 1"
    )


@pytest.mark.parametrize("text", ["", "[]", "7", '{"date_slips": 3}', "{", '{"date_slips": {"exact": NaN}}'])
def test_what_is_no_table_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^weights can't be used: "):
        read_weights(text)


@pytest.mark.parametrize("value", [0, 1, -0.1, True, None, "0.5", float("nan"), float("inf")])
def test_certainty_is_no_chance(value: object) -> None:
    tables = json.loads(builtin_weights().to_json())
    tables["unrelated"]["school"] = value
    with pytest.raises(ValueError, match=r"unrelated\.school is not between 0 and 1"):
        Weights.from_tables(tables)


def test_the_chances_that_exclude_each_other_leave_room() -> None:
    weights = builtin_weights()
    assert sum(asdict(weights.grade_slips)[name] for name in ("same", "off_by_one")) < 1
    assert weights.rivals.stranger + weights.rivals.sibling + weights.rivals.twin < 0.5
