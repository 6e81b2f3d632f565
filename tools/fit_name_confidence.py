"""Fits the curve of `ocr/name_confidence.py` to real hands: every third crop of the folder that the bench of reading uses.

Prints the three constants for `name_confidence.py`. Run `python tools/fit_name_confidence.py ../shared/handwriting`.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.optimize import minimize

from fixtures.real_hands import load_faulty_crops
from ocr import read_field
from ocr.alphabet import fold_text
from ocr.name_reading import spell_names
from ocr.types import FieldKind


def main(folder: Path) -> None:
    """Reads the crops, fits by maximum likelihood with a light pull to the plain share, prints."""
    facts, right = [], []
    faulty = load_faulty_crops("label")
    with (folder / "names.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["file"] not in faulty]
    for row in rows[::3]:
        with Image.open(folder / row["file"]) as picture:
            reading = read_field(np.asarray(picture.convert("L")), FieldKind.NAME)
        spellings = spell_names(list(reading.views))
        if not spellings:
            continue
        share = 1 / sum(math.exp(other.weight - spellings[0].weight) for other in spellings)
        share = min(max(share, 1e-6), 1 - 1e-6)
        facts.append((1.0, math.log(share / (1 - share)), max(spellings[0].pixels, -20.0)))
        right.append(spellings[0].folded == fold_text(row["text"]).replace(" ", ""))
    table, outcome = np.array(facts), np.array(right, float)

    def loss(weights: np.ndarray) -> float:
        odds = table @ weights
        return float((np.logaddexp(0, odds) - outcome * odds).sum() + ((weights - (0, 1, 0)) ** 2).sum())

    found = minimize(loss, np.array((0.0, 1.0, 0.0)))
    print("_AT_ZERO, _LEAD, _FIT =", ", ".join(f"{weight:.3f}" for weight in found.x))  # noqa: T201  a tool that prints


if __name__ == "__main__":
    main(Path(sys.argv[1]))
