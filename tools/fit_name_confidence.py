"""Fits the curve of `ocr/name_confidence.py` to real hands: names in degraded forms and loose crops, of every second text.

Prints the three constants for `name_confidence.py`, then what they claim and what is right on the texts left out.
Run `python -m tools.fit_name_confidence ../shared/handwriting` (ten minutes of processor time).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.optimize import minimize

from consentry.benches.counts import bin_claims
from fixtures.blank_forms import BlankForm
from fixtures.real_hands import RealHands, fold_name, load_faulty_crops
from ocr import read_field
from ocr.alphabet import fold_text
from ocr.name_confidence import claim_confidence
from ocr.name_reading import measure_lead, spell_names
from ocr.types import FieldKind
from tools.filled_pages import Entry, Example, Fill, read_filled_pages

_BOXES = ("student_first", "student_middle", "student_last", "other_name", "parent_name")
_PAGES = 120
_AS_IT_IS = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one reading: the share of the best spelling, the log-probability of its pixels, and whether it is right."""

    share: float
    pixels: float
    right: bool


def fill_names(hands: RealHands) -> Fill:
    """Fills the boxes of names with what `hands` wrote."""

    def fill(blank: BlankForm, rng: np.random.Generator) -> dict[str, Entry]:
        texts = {name: str(rng.choice(hands.names())) for name in _BOXES if name in blank.boxes}
        return {name: Entry(FieldKind.NAME, hands.name_ink(text, rng), text) for name, text in texts.items()}

    return fill


def read_loose(folder: Path, texts: frozenset[str]) -> Iterator[Example]:
    """The loose crops of these texts whose label is right."""
    faulty = load_faulty_crops("label")
    with (folder / "names.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["file"] not in faulty and fold_name(row["text"]) in texts]
    for row in rows:
        with Image.open(folder / row["file"]) as picture:
            yield Example(read_field(np.asarray(picture.convert("L")), FieldKind.NAME), row["text"])


def judge(examples: Sequence[Example]) -> Iterator[Outcome]:
    """What came of the readings; those that spell nothing are left out."""
    for example in examples:
        spellings = spell_names(example.reading.views)
        if spellings:
            right = spellings[0].folded == fold_text(example.truth).replace(" ", "")
            yield Outcome(measure_lead(spellings), spellings[0].pixels, right)


def fit_curve(outcomes: Sequence[Outcome]) -> np.ndarray:
    """The constants by maximum likelihood, pulled lightly to the plain share."""
    shares = np.clip([outcome.share for outcome in outcomes], 1e-6, 1 - 1e-6)
    pixels = np.maximum([outcome.pixels for outcome in outcomes], -20.0)
    table = np.stack([np.ones_like(shares), np.log(shares / (1 - shares)), pixels], 1)
    right = np.array([outcome.right for outcome in outcomes], float)

    def loss(weights: np.ndarray) -> float:
        odds = table @ weights
        return float((np.logaddexp(0, odds) - right * odds).sum() + 0.5 * ((weights - _AS_IT_IS) ** 2).sum())

    return np.asarray(minimize(loss, np.array(_AS_IT_IS)).x)


def main(folder: Path) -> None:
    """Reads both halves of the texts, fits by the one, says how `name_confidence.py` as it stands holds on the other."""
    hands = RealHands.load(folder)
    halves = [dict(islice(hands.crops.items(), part, None, 2)) for part in (0, 1)]
    outcomes = []
    for part, crops in enumerate(halves):
        forms = list(read_filled_pages(fill_names(replace(hands, crops=crops)), _PAGES, 5 + part))
        outcomes.append((list(judge(forms)), list(judge(list(read_loose(folder, frozenset(crops)))))))
    constants = ", ".join(f"{weight:.3f}" for weight in fit_curve([*outcomes[0][0], *outcomes[0][1]]))
    print("_AT_ZERO, _LEAD, _FIT =", constants)  # noqa: T201  a tool that prints
    for place, name in enumerate(("in forms", "loose")):
        claims = [(claim_confidence(one.share, one.pixels), one.right) for one in outcomes[1][place]]
        print(name, "other texts, constants as committed:", *bin_claims(claims), sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
