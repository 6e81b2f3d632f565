"""Fits the weights and curves of `ocr/digit_mixing.py` to IDs and dates by digits of the development hands.

Fills boxes of forms with them, degrades the pages, reads both recognisers' views; tries weights on every second digit, fits the
curves from a reading's share to a confidence on either half and says how they hold on the other, then fits them to both.
Run `python -m tools.fit_digit_mixing ../shared/handwriting`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from fixtures.blank_forms import BlankForm
from fixtures.real_hands import RealHands
from ocr import digit_mixing
from ocr.dates import rank_days, weigh_days
from ocr.id_reading import read_id
from ocr.types import FieldKind
from tools.filled_pages import Entry, Example, Fill, read_filled_pages

_IDS = ("student_id", "student_last", "student_first", "other_name", "program", "contact", "relationship")
_DATES = ("birth_date", "parent_date", "student_date")
_PAGES = 42
_WEIGHTS = ((0.3, 0.5), (0.5, 0.5), (0.5, 0.7), (0.7, 0.7), (0.7, 1.0), (1.0, 1.0))


def fill_boxes(hands: RealHands) -> Fill:
    """Fills a blank with IDs in seven boxes and dates in three, in the digits of `hands`."""

    def fill(blank: BlankForm, rng: np.random.Generator) -> dict[str, Entry]:
        truths = {name: str(rng.integers(1_000_000, 10_000_000)) for name in _IDS if name in blank.boxes}
        entries = {
            name: Entry(FieldKind.STUDENT_ID, hands.number_ink(text, rng), text) for name, text in truths.items()
        }
        for name in _DATES:
            day = date(2004, 1, 1) + timedelta(days=int(rng.integers(0, 5500)))
            ways = (f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day:%y}", f"{day:%m-%d-%Y}", f"{day:%Y-%m-%d}")
            entries[name] = Entry(FieldKind.DATE, hands.date_ink(str(rng.choice(ways)), rng), day.isoformat())
        return entries

    return fill


def weigh(example: Example) -> tuple[float, bool]:
    """The log-odds of the best reading's share, and whether it is right."""
    views = example.reading.views
    if example.reading.kind is FieldKind.STUDENT_ID:
        belief = read_id(views)
        text, share = belief.text, belief.share
    else:
        best = rank_days(digit_mixing.mix_scores([weigh_days(view).table for view in views]), 1)
        text, share = (best[0].day.isoformat(), best[0].share) if best else ("", 0.0)
    share = min(max(share, 1e-6), 1 - 1e-6)
    return float(np.log(share / (1 - share))), text == example.truth


def fit_curve(odds: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Log-odds at an even share and their rise, pulled lightly to the plain share."""

    def loss(curve: np.ndarray) -> float:
        claimed = curve[0] + curve[1] * odds
        return float((np.logaddexp(0, claimed) - right * claimed).sum() + 0.5 * ((curve - (0, 1)) ** 2).sum())

    return np.asarray(minimize(loss, np.array([0.0, 1.0])).x)


def weigh_all(examples: Sequence[Example], kind: FieldKind) -> np.ndarray:
    """Log-odds (first row) of the readings of a kind, and whether each is right (second)."""
    return np.array([weigh(example) for example in examples if example.reading.kind is kind], float).T


def main(folder: Path) -> None:
    """Tries the weights on the one half of the digits, fits and checks the curves across the halves, then fits them to both."""
    hands = RealHands.load(folder)
    halves = [replace(hands, digits={sign: found[part::2] for sign, found in hands.digits.items()}) for part in (0, 1)]
    read = [
        [one for one in read_filled_pages(fill_boxes(half), _PAGES, 5 + part) if len(one.reading.views) == 2]
        for part, half in enumerate(halves)
    ]
    chosen = (digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT)
    for kind in (FieldKind.STUDENT_ID, FieldKind.DATE):
        for digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT in (*_WEIGHTS, chosen):
            exact = weigh_all(read[0], kind)[1].mean()
            print(kind, digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT, f"{exact:.3f}")  # noqa: T201  a tool that prints
        weighed = [weigh_all(part, kind) for part in read]
        for fitted, other in (weighed, weighed[::-1]):
            at_even, rise = fit_curve(*fitted)
            claimed = 1 / (1 + np.exp(-(at_even + rise * other[0])))
            print(kind, f"other half: claimed {claimed.mean():.3f}, right {other[1].mean():.3f}, {other.shape[1]}")  # noqa: T201
        print(kind, "curve", np.round(fit_curve(*np.concatenate(weighed, axis=1)), 3))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
