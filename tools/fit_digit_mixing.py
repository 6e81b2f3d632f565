"""Fits the weights and curves of `ocr/digit_mixing.py` to IDs and dates of every second digit of the development hands.

Fills boxes of forms with them, degrades the pages, reads both recognisers' views, tries weights, and fits the curves from a
reading's share to a confidence. Prints all, and checks on the digits left out.
Run `python -m tools.fit_digit_mixing ../shared/handwriting`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from fixtures.blank_forms import BlankForm
from fixtures.build_forms import FORMS_FOLDER, PLANS
from fixtures.filling import Value, fill_form
from fixtures.hands import Hand
from fixtures.real_hands import RealHands
from fixtures.scanning import ScanKind, degrade
from ocr import FieldReading, Template, digit_mixing
from ocr.crops import cut_field
from ocr.dates import rank_days, weigh_days
from ocr.id_reading import read_id
from ocr.pictures import to_grey
from ocr.reading_fields import CutField, read_cut_fields
from ocr.registration import register_page
from ocr.types import FieldKind, PixelBox

_IDS = ("student_id", "student_last", "student_first", "other_name", "program", "contact", "relationship")
_DATES = ("birth_date", "parent_date", "student_date")
_PAGES = 42
_WEIGHTS = ((0.3, 0.5), (0.5, 0.5), (0.5, 0.7), (0.7, 0.7), (0.7, 1.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Example:
    """A reading and what was written."""

    reading: FieldReading
    truth: str


def read_examples(hands: RealHands, pages: int, seed: int) -> Iterator[Example]:
    """IDs in seven boxes of a page and dates in three, cut and read as any."""
    rng = np.random.default_rng(seed)
    plans = [plan for plan in PLANS if plan.code.startswith("SPS")]
    kinds = [kind for kind in ScanKind if kind is not ScanKind.FINE]
    for number in range(pages):
        plan = plans[number % len(plans)]
        blank = BlankForm.load(FORMS_FOLDER / plan.file)
        template = Template.from_pdf(FORMS_FOLDER / plan.file, plan.code, plan.school_year, plan.language)
        truths = {name: str(rng.integers(1_000_000, 10_000_000)) for name in _IDS if name in blank.boxes}
        values: dict[str, Value] = {name: hands.number_ink(text, rng) for name, text in truths.items()}
        for name in _DATES:
            day = date(2004, 1, 1) + timedelta(days=int(rng.integers(0, 5500)))
            ways = (f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day:%y}", f"{day:%m-%d-%Y}", f"{day:%Y-%m-%d}")
            values[name], truths[name] = hands.date_ink(str(rng.choice(ways)), rng), day.isoformat()
        page = fill_form(blank, values, Hand.pick(rng), rng)
        pixels = to_grey(degrade(page, kinds[number % len(kinds)], rng).pixels)
        found = register_page(pixels, [template])
        if found is None:
            continue
        straight = found.page_map.straighten(pixels)
        cuts = {
            name: CutField(
                FieldKind.DATE if name in _DATES else FieldKind.STUDENT_ID,
                cut_field(straight, found.page_map.homography, template, template.boxes[name], keep_outside=False),
                PixelBox(0, 0, 0, 0),
            )
            for name in truths
        }
        for name, reading in read_cut_fields(cuts).items():
            if len(reading.views) == 2:
                yield Example(reading, truths[name])


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


def fit_curve(examples: Sequence[Example]) -> np.ndarray:
    """Log-odds at an even share and their rise, pulled lightly to the plain share."""
    odds, right = np.array([weigh(example) for example in examples], float).T

    def loss(curve: np.ndarray) -> float:
        claimed = curve[0] + curve[1] * odds
        return float((np.logaddexp(0, claimed) - right * claimed).sum() + 0.5 * ((curve - (0, 1)) ** 2).sum())

    return np.asarray(minimize(loss, np.array([0.0, 1.0])).x)


def main(folder: Path) -> None:
    """Tries the weights on the one half of the digits, fits the curves there, and says how they hold on the other half."""
    hands = RealHands.load(folder)
    halves = [replace(hands, digits={sign: found[part::2] for sign, found in hands.digits.items()}) for part in (0, 1)]
    fitted, checked = (list(read_examples(half, _PAGES, 5 + part)) for part, half in enumerate(halves))
    for kind in (FieldKind.STUDENT_ID, FieldKind.DATE):
        own, other = ([one for one in part if one.reading.kind is kind] for part in (fitted, checked))
        for digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT in _WEIGHTS:
            exact = np.mean([weigh(example)[1] for example in own])
            print(kind, digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT, f"{exact:.3f} of {len(own)}")  # noqa: T201
        digit_mixing.LARGE_WEIGHT, digit_mixing.DIGIT_WEIGHT = 0.5, 0.7
        print(kind, "curve", np.round(fit_curve(own), 3))  # noqa: T201  a tool that prints
        claims = [(one.reading.confidence, weigh(one)[1]) for one in other]
        print(kind, "other digits: claimed, right", np.round(np.mean(claims, axis=0), 3), len(claims))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
