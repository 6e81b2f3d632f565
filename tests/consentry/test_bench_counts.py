"""The bench takes the best candidate for less when something else may stand there, above all something like a name."""

from __future__ import annotations

import numpy as np

from consentry.benches.counts import choose
from ocr import FieldReading, Mark
from ocr.alphabet import BLANK, INDEX_OF, SIZE
from ocr.types import FieldKind


def read_name(*steps: dict[str, float]) -> FieldReading:
    matrix = np.full((2 * len(steps), SIZE), 0.0005, np.float32)
    for place, shares in enumerate(steps):
        for sign, share in shares.items():
            matrix[2 * place, INDEX_OF[sign]] = share
        matrix[2 * place + 1, BLANK] = 1.0
    matrix /= matrix.sum(axis=1, keepdims=True)
    return FieldReading(FieldKind.NAME, "", 0.5, "test", mark=Mark.MARKED, views=(matrix,))


def test_with_the_truth_absent_the_best_of_the_rest_leads_by_less() -> None:
    reading = read_name({"l": 0.99}, {"i": 0.97}, {"l": 0.99}, {"a": 0.99})
    candidates = ["LILA", "LOLA", "NORA"]
    scores = reading.score(candidates)
    with_truth = choose(reading, candidates, scores)
    without = choose(reading, candidates, np.append(-np.inf, scores[1:]))
    assert with_truth.present
    assert with_truth.right
    assert with_truth.lead > 3
    assert not without.present
    assert not without.right
    assert without.lead < 0


def test_what_is_like_a_name_weighs_more_against_the_best() -> None:
    steps = ({"a": 0.99}, {"r": 0.99}, {"i": 0.99}, {"e": 0.99})
    like_a_name = read_name({"m": 0.5, "h": 0.4}, *steps)
    unlike = read_name({"m": 0.4, "h": 0.5}, *steps)
    best_unlike, best_like = (
        choose(reading, [text], reading.score([text])).lead
        for reading, text in ((like_a_name, "HARIE"), (unlike, "MARIE"))
    )
    assert best_like > best_unlike + 1


def test_of_dates_any_other_day_may_stand_there() -> None:
    typed = FieldReading.from_text(FieldKind.DATE, "3/14/2012")
    days = ["2012-03-14", "2012-03-15", "2013-03-14"]
    scores = typed.score(days)
    assert choose(typed, days, scores).lead > 1
    assert choose(typed, days, np.append(-np.inf, scores[1:])).lead < 0
