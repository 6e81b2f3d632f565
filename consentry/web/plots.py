"""Plots as SVG shapes: where bars and lines lie in a picture. Drawn on the server; no script, nothing from outside.

Each plot has a table of the same numbers beside it, for those who don't see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 640, 220, 36


@dataclass(frozen=True, slots=True)
class PlotBar:
    """A bar in pixels of the picture; `series` says which colour it has."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class AxisMark:
    """A mark on an axis: where, and what is written there."""

    place: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars and lines of one plot. `lines` are the points of polylines."""

    bars: tuple[PlotBar, ...]
    lines: tuple[str, ...]
    across: tuple[AxisMark, ...]
    upward: tuple[AxisMark, ...]


def plot_bars(labels: Sequence[str], series: Sequence[Sequence[int]]) -> Plot:
    """Groups of bars, one group a label, one bar a series."""
    top = _round_up(max((value for values in series for value in values), default=0))
    group = (WIDTH - 2 * MARGIN) / max(len(labels), 1)
    width = group * 0.8 / max(len(series), 1)
    bars = tuple(
        PlotBar(
            x=round(MARGIN + place * group + group * 0.1 + number * width, 1),
            y=round(_up(value / top), 1),
            width=round(width * 0.9, 1),
            height=round(HEIGHT - MARGIN - _up(value / top), 1),
            series=number,
        )
        for number, values in enumerate(series)
        for place, value in enumerate(values)
    )
    across = tuple(AxisMark(round(MARGIN + (place + 0.5) * group, 1), words) for place, words in enumerate(labels))
    return Plot(bars, (), across, _mark_counts(top))


def plot_lines(points: Sequence[float], series: Sequence[Sequence[float]], labels: Sequence[AxisMark]) -> Plot:
    """Lines over 0 to 1 both ways; `points` are places across, each series a share at each of them."""
    lines = tuple(
        " ".join(f"{_across(x):.1f},{_up(y):.1f}" for x, y in zip(points, values, strict=True)) for values in series
    )
    across = tuple(AxisMark(round(_across(mark.place), 1), mark.words) for mark in labels)
    upward = tuple(AxisMark(round(_up(share), 1), f"{100 * share:.0f}%") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    return Plot((), lines, across, upward)


def place_threshold(threshold: float) -> float:
    """Where a threshold stands across: by its distance from 1, ten times nearer is one step further. 0.5 is 0, 0.99999 is 1."""
    steps = -math.log10(max(1 - threshold, 1e-5))
    least = -math.log10(0.5)
    return min(max((steps - least) / (5 - least), 0.0), 1.0)


def _across(share: float) -> float:
    return MARGIN + share * (WIDTH - 2 * MARGIN)


def _up(share: float) -> float:
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


def _round_up(count: int) -> int:
    steps = (4, 8, 12, 20, 40, 60, 100, 200, 400, 600, 1000, 2000, 4000, 10_000, 40_000, 100_000)
    return next((step for step in steps if step >= count), count)


def _mark_counts(top: int) -> tuple[AxisMark, ...]:
    return tuple(AxisMark(round(_up(quarter / 4), 1), str(top * quarter // 4)) for quarter in range(5))
