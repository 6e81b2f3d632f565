"""Asks two small recognisers of our own what a tick box and a signature box show: marked, empty, or something for a person.

Decides nothing: it gives their shares, which the rules of `marks.py` and `signatures.py` weigh beside the ink. `data/marks.md`
says what they were trained on; `tools/train_marks.py` trains them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ocr.mark_pictures import Picture
from ocr.own_models import open_own_model


@dataclass(frozen=True, slots=True)
class MarkShares:
    """How a recogniser divides one box among three answers (0 to 1 each, together 1)."""

    marked: float
    empty: float
    person: float


def weigh_tick(picture: Picture) -> MarkShares:
    """What `picture_tick` shows."""
    return _weigh("ticks.onnx", picture)


def weigh_signature(picture: Picture) -> MarkShares:
    """What `picture_signature` shows."""
    return _weigh("signatures.onnx", picture)


def _weigh(model: str, picture: Picture) -> MarkShares:
    marked, empty, person = open_own_model(model).run(None, {"pictures": picture[None]})[0][0]
    return MarkShares(float(marked), float(empty), float(person))
