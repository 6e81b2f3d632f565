"""A batch on several processes answers as each query does alone."""

import os
import threading
from itertools import pairwise

import pandas as pd
import pytest

from consentry.benches.match import draw_trial
from matching import Candidate, Matcher, Query
from matching.forked_shares import count_processes, deal_out, gather_in, match_in_shares


@pytest.fixture(scope="module")
def enrolled_and_asked() -> tuple[pd.DataFrame, list[Query]]:
    trial = draw_trial(1500, seed=8, queries=150)
    return trial.frame, [*trial.written, {}, {"student_last": "\x00"}, {"birth_date": "1 January"}]


def test_single_queries_one_process_and_three_agree_to_the_last_bit(
    enrolled_and_asked: tuple[pd.DataFrame, list[Query]],
) -> None:
    frame, queries = enrolled_and_asked
    alone = [Matcher(frame).match(query) for query in queries]
    matcher = Matcher(frame)
    assert match_in_shares(queries, matcher.match_batch, 3) == alone
    assert matcher.match_batch(queries) == alone
    assert sum(bool(found) for found in alone) > 100


def _who(queries: list[Query]) -> list[list[Candidate]]:
    return [[Candidate(str(query["student_id"]), os.getpid(), ())] for query in queries]


def test_every_process_does_its_share_in_order() -> None:
    queries: list[Query] = [{"student_id": str(number)} for number in range(11)]
    found = [candidates[0] for candidates in match_in_shares(queries, _who, 3)]
    assert [candidate.student_id for candidate in found] == [str(number) for number in range(11)]
    assert len({candidate.probability for candidate in found}) == 3


def test_a_share_whose_process_dies_is_done_here() -> None:
    me = os.getpid()

    def die_elsewhere(queries: list[Query]) -> list[list[Candidate]]:
        if os.getpid() != me:
            os._exit(9)
        return _who(queries)

    queries: list[Query] = [{"student_id": str(number)} for number in range(5)]
    found = [candidates[0] for candidates in match_in_shares(queries, die_elsewhere, 2)]
    assert [candidate.student_id for candidate in found] == ["0", "1", "2", "3", "4"]
    assert {candidate.probability for candidate in found} == {me}


def test_beside_other_threads_nothing_is_forked() -> None:
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        assert count_processes(100_000) == 1
    finally:
        ended.set()
        other.join()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_what_is_dealt_out_comes_back_in_order(count: int) -> None:
    for size in (0, 1, 10, 499, 1000):
        shares = deal_out(range(size), count)
        assert gather_in(shares) == list(range(size))
        assert max(map(len, shares)) - min(map(len, shares)) <= 48


def test_neighbours_stay_together() -> None:
    share = deal_out(range(1000), 2)[0]
    assert sum(after == one + 1 for one, after in pairwise(share)) > 480
