"""Scores over time as a chart drawn on the server: a line a subject, each point labelled; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consentry.web.words import mark

_SEASONS = ("FALL", "WINTER", "SPRING", "SUMMER")
_SEASON_WORDS = (mark("Fall"), mark("Winter"), mark("Spring"), mark("Summer"))
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 240, 44, 110, 14, 34
_STEP = 10


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A point: where it stands, and its score."""

    x: float
    y: float
    score: str


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A subject's line. `number` tells lines apart by style, from 1; `label_y`: where its name stands, clear of the others."""

    subject: str
    number: int
    points: tuple[ChartPoint, ...]
    path: str
    label_y: float


@dataclass(frozen=True, slots=True)
class ChartTick:
    """A labelled place on an axis. `words` are said in the page's language; `year` goes with a season."""

    at: float
    words: str
    year: str = ""


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """A chart: lines, and the ticks of both axes. Sizes are units of its own view box."""

    lines: tuple[ChartLine, ...]
    scores: tuple[ChartTick, ...]
    times: tuple[ChartTick, ...]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _WIDTH - _RIGHT
    bottom: int = _HEIGHT - _BOTTOM


def draw_chart(rows: Sequence[Mapping[str, str]]) -> ScoreChart | None:
    """The chart of rows with SchoolYear, TestSeason, Subject and RIT; None where fewer than two times hold a score."""
    scores: dict[str, dict[tuple[str, int], float]] = {}
    for row in rows:
        season = row["TestSeason"].upper()
        if season in _SEASONS and _is_number(row["RIT"]):
            scores.setdefault(row["Subject"], {})[row["SchoolYear"], _SEASONS.index(season)] = float(row["RIT"])
    times = sorted({time for line in scores.values() for time in line})
    if len(times) < 2:
        return None
    every = [score for line in scores.values() for score in line.values()]
    low = _STEP * int((min(every) - 1) // _STEP)
    high = _STEP * (int(max(every) // _STEP) + 1)
    across, down = (_WIDTH - _LEFT - _RIGHT) / (len(times) - 1), (_HEIGHT - _TOP - _BOTTOM) / (high - low)
    places = {time: _LEFT + across * number for number, time in enumerate(times)}
    lines = []
    for number, (subject, line) in enumerate(sorted(scores.items()), start=1):
        points = tuple(
            ChartPoint(round(places[time], 1), round(_TOP + (high - line[time]) * down, 1), f"{line[time]:g}")
            for time in sorted(line)
        )
        path = "M" + " L".join(f"{point.x} {point.y}" for point in points)
        lines.append(ChartLine(subject, number, points, path, points[-1].y + 4))
    ticks = tuple(
        ChartTick(round(_TOP + (high - score) * down, 1), str(score)) for score in range(low, high + 1, _STEP)
    )
    named = tuple(ChartTick(round(places[t], 1), _SEASON_WORDS[t[1]], _find_year(*t)) for t in times)
    return ScoreChart(_spread_labels(lines), ticks, named)


def _find_year(school_year: str, season: int) -> str:
    """The calendar year of a season: Fall 2024 is of 2024-25, Spring 2025 too."""
    first = int(school_year[:4]) if school_year[:4].isdigit() else 0
    return str(first + (season > 0)) if first else school_year


def _spread_labels(lines: Sequence[ChartLine]) -> tuple[ChartLine, ...]:
    placed: list[ChartLine] = []
    for line in sorted(lines, key=lambda one: one.label_y):
        lowest = placed[-1].label_y + 16 if placed else 0.0
        at = max(line.label_y, lowest)
        placed.append(ChartLine(line.subject, line.number, line.points, line.path, round(at, 1)))
    return tuple(placed)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
