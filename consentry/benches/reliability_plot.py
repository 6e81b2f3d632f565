"""Draws how far confidence can be believed: the share of readings that are right over what they claimed, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_SIDE, _MARGIN, _LARGEST_DOT = 560, 70, 16
_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b8860b", "#555555")
_INK, _GRID = "#222222", "#dddddd"


def draw_reliability(bins: Mapping[str, Sequence[Mapping[str, float]]], file: Path) -> None:
    """Writes the plot. `bins`: by kind of field, rows of `claimed`, `right` (0 to 1) and `readings`."""
    picture = Image.new("RGB", (_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(16)
    for tenth in range(0, 11, 2):
        share = tenth / 10
        pen.line([_place(share, 0), _place(share, 1)], _GRID)
        pen.line([_place(0, share), _place(1, share)], _GRID)
        across, up = _place(share, 0), _place(0, share)
        pen.text((across[0] - 10, across[1] + 8), f"{share:.1f}", _INK, font)
        pen.text((up[0] - 34, up[1] - 9), f"{share:.1f}", _INK, font)
    pen.line([_place(0, 0), _place(1, 1)], "#999999", 2)
    for number, (kind, rows) in enumerate(bins.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        most = max((row["readings"] for row in rows), default=1)
        places = [_place(row["claimed"], row["right"]) for row in rows]
        pen.line(places, colour, 2)
        for row, (x, y) in zip(rows, places, strict=True):
            dot = max(4.0, _LARGEST_DOT * (row["readings"] / most) ** 0.5)
            pen.ellipse([x - dot, y - dot, x + dot, y + dot], fill=colour)
        total = round(sum(row["readings"] for row in rows))
        pen.text((_MARGIN + 16, _MARGIN + 12 + 24 * number), f"{kind} ({total} readings)", colour, font)
    pen.text((_MARGIN, 16), "Share of readings that are right, over the confidence they claimed", _INK, font)
    pen.text((_MARGIN + _SIDE / 2 - 40, _SIDE + _MARGIN + 34), "claimed", _INK, font)
    picture.save(file, "PNG")


def _place(claimed: float, right: float) -> tuple[float, float]:
    return _MARGIN + claimed * _SIDE, _MARGIN + (1 - right) * _SIDE
