"""Pages that are no form of the district: none may be taken for one, and each is told by its kind.

Decides nothing: it counts. Two processes share the pages out; what each page is depends on its number alone.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

from consentry.benches.blanks import KnownBlank
from consentry.benches.drawn_pages import OTHER_KINDS, draw_other_page
from fixtures.scanning import ScanKind, degrade
from ocr.page_kinds import classify_page
from ocr.pictures import to_grey
from ocr.registration import register_forms

_QUICK = tuple(kind for kind in ScanKind if kind is not ScanKind.FINE)
_CLASSIFIED = 5
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a page is, whether it was taken for a form, what kind it was told to be ("" where not asked), and the CPU seconds
    that looking for forms took.
    """

    what: str
    is_taken: bool
    told: str
    spent: float


def measure_others(known: Sequence[KnownBlank], pages: int, seed: int) -> dict[str, object]:
    """Pages that are no form of the district: how many were taken for one, by kind; what the first few of each kind were told
    to be; and the CPU seconds that one took.
    """
    judged = _judge_shared(known, pages, seed)
    taken = Counter(page.what for page in judged if page.is_taken)
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for page in judged:
        if page.told:
            told[page.what][page.told] += 1
    return {
        "pages": len(judged),
        "taken_for_a_form": taken.total(),
        "by_kind": dict(taken),
        "told_to_be": {what: dict(kinds) for what, kinds in told.items()},
        "cpu_seconds_each": round(sum(page.spent for page in judged) / max(pages, 1), 3),
    }


def _judge_shared(known: Sequence[KnownBlank], pages: int, seed: int) -> list[_Judged]:
    context, begun = multiprocessing.get_context("fork"), []
    for first in range(1, _PROCESSES):
        here, there = context.Pipe(duplex=False)
        numbers = range(first, pages, _PROCESSES)
        process = context.Process(target=_answer, args=(there, known, numbers, seed), daemon=True)
        process.start()
        there.close()
        begun.append((process, here))
    judged = [_judge(known, number, seed) for number in range(0, pages, _PROCESSES)]
    for process, here in begun:
        judged += here.recv()
        process.join()
    return judged


def _answer(there: Connection, known: Sequence[KnownBlank], numbers: Sequence[int], seed: int) -> None:
    there.send([_judge(known, number, seed) for number in numbers])


def _judge(known: Sequence[KnownBlank], number: int, seed: int) -> _Judged:
    rng = np.random.default_rng([seed, 99, number])
    what = OTHER_KINDS[number % len(OTHER_KINDS)]
    page = draw_other_page(what, known, rng)
    grey = to_grey(degrade(page, _QUICK[int(rng.integers(len(_QUICK)))], rng).pixels)
    start = time.process_time()
    is_taken = bool(register_forms(grey, [entry.template for entry in known]))
    spent = time.process_time() - start
    told = classify_page(grey) if number < _CLASSIFIED * len(OTHER_KINDS) else ""
    return _Judged(what, is_taken, told, spent)
