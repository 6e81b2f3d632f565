"""How often brothers and sisters have one word of their first names in common, told by those who are enrolled.

Where a family writes "Maria" for Maria Elena, a sister Maria José may be meant: how likely that is differs between districts.
Only counts; where few siblings have first names of several words, the weights' own chance stands.
"""

from __future__ import annotations

import numpy as np

from matching.enrollment_columns import TextColumn
from matching.name_folding import words_of
from matching.name_vocabulary import IntArray

PAIRS_TOWARDS_SHIPPED = 100.0
"""Pairs of siblings that the shipped chance counts as."""
LARGEST_FAMILY = 8


def learn_shared_words(first_names: TextColumn, families: IntArray, shipped: float) -> float:
    """The chance that a brother or sister bears one given word of a child's first name of several words.

    `families` (N,) numbers each child's family, -1 unknown.
    """
    known = np.flatnonzero(families >= 0)
    order = known[np.argsort(families[known], kind="stable")]
    family, codes = families[order], first_names.codes[order]
    words = [words_of(text) for text in first_names.values]
    several = np.array([len(mine) > 1 for mine in words], dtype=np.bool_)
    asked = shared = 0.0
    for apart in range(1, min(LARGEST_FAMILY, family.size)):
        same = family[apart:] == family[:-apart]
        ones, others = codes[:-apart][same], codes[apart:][same]
        mine, theirs = np.concatenate([ones, others]), np.concatenate([others, ones])
        compound = several[mine]
        for one, other in zip(mine[compound].tolist(), theirs[compound].tolist(), strict=True):
            asked += 1.0
            shared += len(set(words[one]) & set(words[other])) / len(set(words[one]))
    return (shared + PAIRS_TOWARDS_SHIPPED * shipped) / (asked + PAIRS_TOWARDS_SHIPPED)
