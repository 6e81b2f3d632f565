"""A candidate's evidence as a waterfall: each piece a bar that begins where the pieces before it ended."""

from __future__ import annotations

from dataclasses import dataclass

from store import JsonValue

WIDTH = 200.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of evidence: its sentence, who says it (form or row), its weight, and its bar in a picture `WIDTH` wide."""

    words: str
    witness: str
    weight: float
    x: float
    width: float

    @property
    def side(self) -> str:
        """Whether it speaks for the child, against it or neither."""
        return "for" if self.weight > 0 else "against" if self.weight < 0 else "neither"


def draw_waterfall(evidence: JsonValue) -> tuple[Bar, ...]:
    """The bars of a candidate's evidence, as the form's JSON has it; the last sums up."""
    pieces = [piece for piece in evidence if isinstance(piece, dict)] if isinstance(evidence, list) else []
    weights = [float(str(piece["weight"])) for piece in pieces]
    sums = [sum(weights[:count]) for count in range(len(weights) + 1)]
    scale = WIDTH / ((max(sums) - min(sums)) or 1.0)
    return tuple(
        Bar(
            words=str(piece["words"]),
            witness=str(piece["witness"]),
            weight=weight,
            x=_round((min(start, end) - min(sums)) * scale),
            width=_round(max(abs(weight) * scale, 1.0 if weight else 0.0)),
        )
        for piece, weight, start, end in zip(pieces, weights, sums[:-1], sums[1:], strict=True)
    )


def _round(number: float) -> float:
    return round(number, 1)
