"""Asks two small recognisers of our own what a tick box and a signature box show: marked, empty, or something for a person.

Decides nothing: it gives their shares, which the rules of `marks.py` and `signatures.py` weigh beside the ink. `data/marks.md`
says what they were trained on; `tools/train_marks.py` trains them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr.mark_pictures import Picture
from ocr.own_models import open_own_model

Traits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MarkShares:
    """How a recogniser divides one box among three answers (0 to 1 each, together 1)."""

    marked: float
    empty: float
    person: float


def weigh_tick(picture: Picture) -> MarkShares:
    """What `picture_tick` shows."""
    return _weigh("ticks.onnx", {"pictures": picture[None]})


def weigh_signature(picture: Picture, traits: Traits) -> MarkShares:
    """What `picture_signature` shows and `describe_ink` measures."""
    return _weigh("signatures.onnx", {"pictures": picture[None], "traits": traits[None]})


def _weigh(model: str, inputs: dict[str, NDArray[np.float32]]) -> MarkShares:
    marked, empty, person = open_own_model(model).run(None, inputs)[0][0]
    return MarkShares(float(marked), float(empty), float(person))
