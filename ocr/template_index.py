"""Many blanks at once: which of them may be on a page, told by a cheap look at its strongest features.

Decides the order in which blanks are tried, never which one it is. The look is one product of matrices for all blanks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.features import Features
from ocr.template import Template

RATIO = 0.82
_OF_PAGE, _OF_BLANK = 400, 200


@dataclass(frozen=True, slots=True)
class TemplateIndex:
    """Pages of all blanks, and the strongest descriptors of each, `_OF_BLANK` rows a page (short ones filled with noughts)."""

    pages: tuple[Template, ...]
    descriptors: NDArray[np.float32]

    def count_votes(self, features: Features) -> NDArray[np.int64]:
        """For each page of a blank, how many features have one clearly best partner in it."""
        looked_at = features.descriptors[:_OF_PAGE]
        likeness = (looked_at @ self.descriptors.T).reshape(len(looked_at), len(self.pages), _OF_BLANK)
        best = likeness.argmax(axis=2)[..., None]
        closest = 2 - 2 * np.take_along_axis(likeness, best, axis=2)[..., 0]
        np.put_along_axis(likeness, best, -1.0, axis=2)
        second = 2 - 2 * likeness.max(axis=2)
        votes: NDArray[np.int64] = (closest < RATIO**2 * second).sum(axis=0)
        return votes


def index_templates(templates: Sequence[Template]) -> TemplateIndex:
    """The index of these blanks; the last few are kept."""
    return _index(tuple(templates))


@lru_cache(maxsize=8)
def _index(templates: tuple[Template, ...]) -> TemplateIndex:
    pages = tuple(page for template in templates for page in template.pages)
    rows = np.zeros((len(pages), _OF_BLANK, 128), np.float32)
    for number, page in enumerate(pages):
        strongest = page.features.descriptors[:_OF_BLANK]
        rows[number, : len(strongest)] = strongest
    return TemplateIndex(pages, rows.reshape(-1, 128))


def match_features(features: Features, blank: Features) -> NDArray[np.int64]:
    """Pairs (page feature, blank feature), N x 2, of page features with one clearly best partner."""
    if len(features.descriptors) < 2 or len(blank.descriptors) < 2:
        return np.zeros((0, 2), np.int64)
    likeness = features.descriptors @ blank.descriptors.T  # of unit vectors: squared distance is 2 - 2 x likeness
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    closest = 2 - 2 * likeness[rows, best]
    likeness[rows, best] = -1.0
    second = 2 - 2 * likeness.max(axis=1)
    clear = np.flatnonzero(closest < RATIO**2 * second)
    return np.column_stack([clear, best[clear]])
