"""The trie's scores are the exact CTC probabilities: checked against a sum over every path."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest

from ocr.alphabet import BLANK, INDEX_OF, SIZE, SPACE
from ocr.ctc import LOWEST, Matrix, score_candidates


def make_matrix(steps: int, letters: str, seed: int) -> Matrix:
    rng = np.random.default_rng(seed)
    matrix = np.zeros((steps, SIZE), np.float32)
    used = [BLANK, SPACE, *(INDEX_OF[letter] for letter in letters)]
    matrix[:, used] = rng.dirichlet(np.ones(len(used)), steps)
    return matrix


def sum_all_paths(matrix: Matrix) -> dict[str, float]:
    """The probability of every spelling, the space counted as the blank."""
    used = [int(index) for index in np.flatnonzero(matrix.any(axis=0))]
    sign_of = {index: sign for sign, index in INDEX_OF.items()} | {SPACE: "", BLANK: ""}
    found: dict[str, float] = defaultdict(float)
    for path in itertools.product(used, repeat=len(matrix)):
        merged = [index if index != SPACE else BLANK for index in path]
        spelled = "".join(sign_of[index] for index, _ in itertools.groupby(merged))
        found[spelled] += float(np.prod([row[index] for row, index in zip(matrix, path, strict=True)]))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_scores_equal_the_sum_over_all_paths(seed: int) -> None:
    matrix = make_matrix(5, "abn", seed)
    exact = sum_all_paths(matrix)
    candidates = ["a", "ab", "aa", "anna", "ban", "nab", "aab", "b"]
    scores = score_candidates(matrix, candidates)
    expected = [np.log(exact[text]) if exact.get(text) else LOWEST for text in candidates]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_all_spellings_together_are_certain() -> None:
    matrix = make_matrix(5, "ab", 9)
    spellings = [text for text in sum_all_paths(matrix) if text]
    together = float(np.exp(score_candidates(matrix, spellings)).sum())
    nothing = float(np.prod(matrix[:, BLANK] + matrix[:, SPACE]))
    assert together + nothing == pytest.approx(1.0, abs=1e-5)


def test_scores_don_t_depend_on_the_other_candidates() -> None:
    matrix = make_matrix(12, "annebo", 2)
    alone = [float(score_candidates(matrix, [text])[0]) for text in ("anne", "anneb", "bo")]
    np.testing.assert_allclose(score_candidates(matrix, ["bo", "anne", "anneb", "x"])[[1, 2, 0]], alone)


@pytest.mark.parametrize("text", ["", "   ", "王", "\x00", "x" * 400])
def test_any_candidate_gets_a_finite_score(text: str) -> None:
    scores = score_candidates(make_matrix(6, "ab", 1), [text, "ab"])
    assert np.isfinite(scores).all()
    assert scores[0] < scores[1]


def test_no_candidates_no_scores() -> None:
    assert score_candidates(make_matrix(6, "ab", 1), []).shape == (0,)
