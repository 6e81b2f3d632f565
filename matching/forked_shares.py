"""Shares a batch out among processes that have the tables in common: forked, so that nothing large is copied or sent.

Decides only who does which share, never a result: a share that its process doesn't answer is done here. Where this process has
other threads, forking could copy a lock that nobody opens any more: then everything is done here, one share after the other.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from typing import TypeVar

from matching.types import Candidate, Query

Answers = list[list[Candidate]]
Match = Callable[[Sequence[Query]], Answers]
_Item = TypeVar("_Item")

MOST_PROCESSES = 16
FEWEST_QUERIES = 200
"""For so many queries a process of their own is worth its start."""
MOST_IN_HAND = 48
FEWEST_HANDS = 8
"""Hands that each process is dealt, where there are queries enough."""


def count_processes(queries_count: int) -> int:
    """How many processes so many queries are worth, here and now."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    if not alone or "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return max(1, min(MOST_PROCESSES, len(os.sched_getaffinity(0)), queries_count // FEWEST_QUERIES))


def match_in_shares(queries: Sequence[Query], match: Match, processes: int) -> Answers:
    """`match` of all queries, in order, this process among so many doing its share."""
    if processes == 1:
        return match(queries)
    shares = deal_out(queries, processes)
    context = multiprocessing.get_context("fork")
    started = []
    for share in shares[1:]:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(there, match, share), daemon=True)
        process.start()
        there.close()
        started.append((process, here))
    answers = [match(shares[0])]
    for share, (process, here) in zip(shares[1:], started, strict=True):
        answers.append(_receive(here) or match(share))
        process.join()
    return gather_in(answers)


def deal_out(items: Sequence[_Item], count: int) -> list[list[_Item]]:
    """The items dealt hand by hand, so that an ordered list makes shares of like work, and neighbours stay together."""
    hand = _size_hand(len(items), count)
    return [
        [item for start in range(number * hand, len(items), count * hand) for item in items[start : start + hand]]
        for number in range(count)
    ]


def gather_in(shares: Sequence[list[_Item]]) -> list[_Item]:
    """What `deal_out` dealt, in its first order."""
    total = sum(map(len, shares))
    hand = _size_hand(total, len(shares))
    left = [iter(share) for share in shares]
    return [item for _ in range(0, total, hand * len(shares)) for share in left for item in islice(share, hand)]


def _size_hand(items: int, count: int) -> int:
    return max(1, min(MOST_IN_HAND, items // (count * FEWEST_HANDS)))


def _answer(there: Connection, match: Match, share: Sequence[Query]) -> None:
    gc.disable()  # the process ends soon, and looking for garbage would copy all that it has in common with the other
    there.send(match(share))
    there.close()


def _receive(here: Connection) -> Answers:
    """What the other process answers; nothing where it ended without an answer."""
    with here, suppress(EOFError, OSError):
        found: Answers = here.recv()
        return found
    return []
