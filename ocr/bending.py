"""How paper that won't lie flat departs from a plane: a smooth shift over the page, fitted to points that were found again.

Decides whether there is a bend at all by points that the fit hasn't seen: a scan stays a plane. It never follows single points.
Accepted limit: a polynomial of low degree; a sharp crease is smoothed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""N x 2: across, down."""

DEGREES = (2, 3, 4, 5)
_FOLDS = 5
_ROUNDS = 8
_STIFFNESS = 2e-4
_LEAST_GAIN = 0.9
_FLAT_ENOUGH = 0.6
_POINTS_A_TERM = 3
_OUTSIDE = 1.02


@dataclass(frozen=True, slots=True)
class Bend:
    """A shift in template units for every point of the blank: a polynomial of `degree` in its place on the page."""

    degree: int
    coefficients: NDArray[np.float64]
    width: float
    height: float

    def shift(self, points: Points) -> Points:
        """The shift (N x 2, template units) at points of the blank (N x 2, template units); held beyond its edges."""
        moved: Points = _list_terms(points, self.degree, self.width, self.height) @ self.coefficients
        return moved


@dataclass(frozen=True, slots=True)
class BendFit:
    """A bend, and how far points that it wasn't fitted to lie from it: their typical distance in template units."""

    bend: Bend | None
    error: float


def fit_bend(points: Points, shifts: Points, width: float, height: float, spread: float) -> BendFit:
    """The simplest bend that explains the shifts of points (both N x 2, template units); none where a plane does as well.

    `spread` is how far a rightly found point may lie from the truth; points beyond three times that don't count.
    """
    best = BendFit(None, _measure_flat(shifts))
    if best.error < _FLAT_ENOUGH * spread:
        return best
    for degree in DEGREES:
        terms = _list_terms(points, degree, width, height)
        if len(points) < _POINTS_A_TERM * terms.shape[1]:
            break
        error = _measure_unseen(terms, shifts, degree, spread)
        if error < _LEAST_GAIN * best.error:
            best = BendFit(Bend(degree, _solve(terms, shifts, degree, spread), width, height), error)
    return best


def _list_terms(points: Points, degree: int, width: float, height: float) -> NDArray[np.float64]:
    across = np.clip(2 * points[:, 0] / width - 1, -_OUTSIDE, _OUTSIDE)
    down = np.clip(2 * points[:, 1] / height - 1, -_OUTSIDE, _OUTSIDE)
    one, other = (np.polynomial.legendre.legvander(place, degree) for place in (across, down))
    return np.stack([one[:, i] * other[:, j] for i, j in _list_powers(degree)], axis=1)


def _list_powers(degree: int) -> list[tuple[int, int]]:
    return [(i, total - i) for total in range(degree + 1) for i in range(total + 1)]


def _solve(terms: NDArray[np.float64], shifts: Points, degree: int, spread: float) -> NDArray[np.float64]:
    """Least squares with weights that leave strays out (Tukey), high powers held down a little."""
    stiff = np.diag([_STIFFNESS * len(terms) * max(0, i + j - 1) ** 2 for i, j in _list_powers(degree)])
    weights = np.ones(len(terms))
    solved: NDArray[np.float64] = np.zeros((terms.shape[1], 2))
    for turn in range(_ROUNDS):
        weighted = terms * weights[:, None]
        solved = np.asarray(
            np.linalg.solve(weighted.T @ terms + stiff + 1e-9 * np.eye(len(stiff)), weighted.T @ shifts), np.float64
        )
        missed = np.linalg.norm(terms @ solved - shifts, axis=1)
        reach = 3 * max(spread, 0.7 * float(np.median(missed)) if turn < _ROUNDS // 2 else spread)
        weights = np.clip(1 - (missed / reach) ** 2, 0, None) ** 2
    return solved


def _measure_unseen(terms: NDArray[np.float64], shifts: Points, degree: int, spread: float) -> float:
    missed = np.zeros(len(terms))
    fold = np.arange(len(terms)) % _FOLDS
    for number in range(_FOLDS):
        seen = fold != number
        solved = _solve(terms[seen], shifts[seen], degree, spread)
        missed[~seen] = np.linalg.norm(terms[~seen] @ solved - shifts[~seen], axis=1)
    return _find_typical(missed)


def _measure_flat(shifts: Points) -> float:
    return _find_typical(np.linalg.norm(shifts, axis=1))


def _find_typical(missed: NDArray[np.float64]) -> float:
    return float(np.percentile(missed, 70)) if len(missed) else 0.0
