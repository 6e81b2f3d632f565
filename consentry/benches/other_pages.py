"""Pages that are no form of the district: none may be taken for one, and each is told by its kind.

Decides nothing: it counts.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from consentry.benches.blanks import KnownBlank
from consentry.benches.drawn_pages import OTHER_KINDS, draw_other_page
from fixtures.scanning import ScanKind, degrade
from ocr.page_kinds import classify_page
from ocr.pictures import to_grey
from ocr.registration import register_forms

_QUICK = tuple(kind for kind in ScanKind if kind is not ScanKind.FINE)
_CLASSIFIED = 5


def measure_others(known: Sequence[KnownBlank], pages: int, seed: int) -> dict[str, object]:
    """Pages that are no form of the district: how many were taken for one, by kind; what the first few of each kind were told
    to be; and the CPU seconds that one took.
    """
    templates = [entry.template for entry in known]
    taken: Counter[str] = Counter()
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spent = 0.0
    for number in range(pages):
        rng = np.random.default_rng([seed, 99, number])
        what = OTHER_KINDS[number % len(OTHER_KINDS)]
        page = draw_other_page(what, known, rng)
        grey = to_grey(degrade(page, _QUICK[int(rng.integers(len(_QUICK)))], rng).pixels)
        start = time.process_time()
        taken[what] += bool(register_forms(grey, templates))
        spent += time.process_time() - start
        if number < _CLASSIFIED * len(OTHER_KINDS):
            told[what][classify_page(grey)] += 1
    return {
        "pages": pages,
        "taken_for_a_form": taken.total(),
        "by_kind": dict(+taken),
        "told_to_be": {what: dict(kinds) for what, kinds in told.items()},
        "cpu_seconds_each": round(spent / max(pages, 1), 3),
    }
