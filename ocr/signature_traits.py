"""Measures ink in a signature box: how long the pen's path is, how straight, and how evenly its letters stand.

Decides nothing. Lengths are in template units (1/200 inch), shares from 0 to 1. A machine sets its letters on one line, to one
height, with stems of one direction; no hand does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_LETTER, _LETTER_SHARE = 5.0, 0.4
_TOLERANCE, _STEEPEST, _SLOPES = 0.03, 0.1, 41
_DIRECTIONS, _NEAR_UPRIGHT = 60, 12  # of 3 degrees each
_MOST_ROWS = 3
_FRAME = 0.7
_MANY = 14
TRAIT_COUNT = 17
_TWIN_SIZE, _ALIKE, _MOST_LETTERS = (12, 18), 0.7, 40

Ink = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SignatureTraits:
    """`path` the pen's way, `tall` its letters; `straight` and `crossing` the shares of edges in the one and in the two
    commonest directions, `upright` and `level` the largest near those. Of the pieces that may be letters: `letters` how many,
    `footed` and `headed` the shares with a base line and a height in common. `joined` is the largest piece's share of the ink,
    `framed` whether a frame goes around; `spread` is how far the pen's breadth varies, as a share of it, and `twins` how much
    of the letters is alike to another to the pixel.
    """

    path: float
    tall: float
    straight: float
    crossing: float
    letters: int
    footed: float
    headed: float
    joined: float
    upright: float
    level: float
    framed: bool
    spread: float
    twins: float


def measure_traits(ink: Ink, unit: float) -> SignatureTraits:
    """The traits of `ink` (H x W, 0 or 1, not empty) of which `unit` pixels make a template unit."""
    depth = cv2.distanceTransform(np.pad(ink, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    ridge = depth[(depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-6) & (depth > 0.6)]
    half = max(0.7, float(np.median(ridge)) if ridge.size else 0.7)
    stats = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    directions = _measure_directions(ink)
    straight, crossing = _find_peaks(directions)
    frame = _find_frame(stats, ink)
    letters = _choose_letters(np.delete(stats, frame, axis=0), unit)
    footed, headed = _measure_rows(letters)
    upright = np.concatenate([directions[-_NEAR_UPRIGHT:], directions[: _NEAR_UPRIGHT + 1]])
    level = directions[_DIRECTIONS // 2 - 3 : _DIRECTIONS // 2 + 4]
    return SignatureTraits(
        path=float(ink.sum()) / (2 * half) / unit,
        tall=float(np.median(letters[:, 3])) / unit if len(letters) else 0.0,
        straight=straight,
        crossing=crossing,
        letters=len(letters),
        footed=footed,
        headed=headed,
        joined=float(stats[:, 4].max() / stats[:, 4].sum()),
        upright=float(upright.max()),
        level=float(level.max()),
        framed=bool(len(frame)),
        spread=float(np.std(ridge) / half) if ridge.size else 0.0,
        twins=_measure_twins(ink, letters),
    )


def describe_ink(ink: Ink, unit: float) -> NDArray[np.float32]:
    """The traits as TRAIT_COUNT numbers of about one size, for a recogniser; zeros where there is no ink."""
    if not ink.any():
        return np.zeros(TRAIT_COUNT, np.float32)
    traits = measure_traits(ink, unit)
    count = min(traits.letters, _MANY) / _MANY
    return np.array(
        [
            *(np.log1p(traits.path) / 8, traits.tall / 60, traits.straight, traits.crossing, count),
            *(
                traits.footed,
                traits.headed,
                traits.footed * count,
                traits.headed * count,
                traits.footed * traits.headed,
            ),
            *(traits.joined, traits.upright * 5, traits.level * 5, float(traits.framed), traits.spread, traits.twins),
            traits.twins * count,
        ],
        np.float32,
    )


def _measure_directions(ink: Ink) -> NDArray[np.float64]:
    """The share of edges in each direction of a stroke's normal, smoothed over three neighbours; 0 is an upright stroke's."""
    soft = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 1.2)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down).ravel().astype(np.float64)
    place = np.floor(np.arctan2(down, across).ravel() / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    found = np.bincount(place, weights=strength, minlength=_DIRECTIONS) / max(float(strength.sum()), 1e-9)
    smoothed: NDArray[np.float64] = found + np.roll(found, 1) + np.roll(found, -1)
    return smoothed


def _find_peaks(directions: NDArray[np.float64]) -> tuple[float, float]:
    """The share of the commonest direction (seven bins wide), and of the two commonest that don't overlap."""
    wide = directions + np.roll(directions, 2) + np.roll(directions, -2)
    best = int(wide.argmax())
    apart = np.abs((np.arange(_DIRECTIONS) - best + _DIRECTIONS // 2) % _DIRECTIONS - _DIRECTIONS // 2) > 6
    return float(wide[best] / 1.3), float((wide[best] + wide[apart].max()) / 1.3)


def _find_frame(stats: NDArray[np.int32], ink: Ink) -> NDArray[np.int64]:
    """Pieces that go around nearly all the rest and are hollow."""
    rows, columns = np.nonzero(ink)
    wide, tall = np.ptp(columns) + 1, np.ptp(rows) + 1
    hollow = stats[:, 4] < 0.3 * stats[:, 2] * stats[:, 3]
    return np.flatnonzero((stats[:, 2] > _FRAME * wide) & (stats[:, 3] > _FRAME * tall) & hollow & (len(stats) > 3))


def _choose_letters(stats: NDArray[np.int32], unit: float) -> NDArray[np.int32]:
    if not len(stats):
        return stats
    tall = stats[:, 3]
    return stats[(tall >= _LETTER_SHARE * np.percentile(tall, 80)) & (tall >= _LEAST_LETTER * unit)]


def _measure_twins(ink: Ink, letters: NDArray[np.int32]) -> float:
    """How like each letter is to the one of its size that is likest: 0 where they differ as a hand's do, 1 where they don't."""
    letters = letters[:_MOST_LETTERS]
    if len(letters) < 2:
        return 0.0
    cut = [ink[y : y + tall, x : x + wide].astype(np.float32) for x, y, wide, tall, _ in letters]
    looks = np.stack([cv2.resize(part, _TWIN_SIZE, interpolation=cv2.INTER_AREA).ravel() for part in cut])
    looks -= looks.mean(axis=1, keepdims=True)
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-6)
    sizes = letters[:, 2:4].astype(np.float64)
    apart = np.abs(sizes[:, None] - sizes[None, :]) > 1.5 + 0.08 * sizes[:, None]
    like = np.where(apart.any(axis=2), 0.0, looks @ looks.T)
    np.fill_diagonal(like, 0.0)
    return float(np.clip((like.max(axis=1) - _ALIKE) / (1 - _ALIKE), 0, 1).mean())


def _measure_rows(letters: NDArray[np.int32]) -> tuple[float, float]:
    """The shares of letters that stand with others on one line, and that reach with others one height; row by row."""
    if len(letters) < 4:
        return 0.0, 0.0
    middle, foot = letters[:, 0] + letters[:, 2] / 2, (letters[:, 1] + letters[:, 3]).astype(float)
    head, left = letters[:, 1].astype(float), np.ones(len(letters), bool)
    tolerance = max(1.0, _TOLERANCE * float(np.median(letters[:, 3])))
    footed = headed = 0
    for _ in range(_MOST_ROWS):
        if left.sum() < 3:
            break
        slope, on_line = _find_line(middle, foot, left, tolerance)
        low, high = head[on_line].min(), foot[on_line].max()
        row = left & ((head + foot) / 2 > low) & ((head + foot) / 2 < high)
        footed += int(on_line.sum())
        level = head - slope * middle
        near = np.abs(level[row][:, None] - level[row][None, :]) <= tolerance
        headed += int(near.sum(axis=1).max(initial=0))
        left &= ~(row | on_line)
    return footed / len(letters), headed / len(letters)


def _find_line(
    middle: NDArray[np.float64], foot: NDArray[np.float64], left: NDArray[np.bool_], tolerance: float
) -> tuple[float, NDArray[np.bool_]]:
    best_slope, best = 0.0, np.zeros(len(foot), bool)
    for slope in np.linspace(-_STEEPEST, _STEEPEST, _SLOPES):
        level = foot - slope * middle
        near = (np.abs(level[:, None] - level[None, :]) <= tolerance) & left[:, None] & left[None, :]
        count = near.sum(axis=1)
        if count.max() > best.sum():
            best_slope, best = float(slope), near[int(count.argmax())]
    return best_slope, best
