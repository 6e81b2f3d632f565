"""Scores candidates against a whole CTC output at once: one forward pass over a trie of all of them.

Decides nothing; gives for each candidate the exact probability that the recogniser's output spells it, summed over all
alignments (Graves et al. 2006, "Connectionist Temporal Classification", section 4.1). Nodes of the trie share the prefixes
of their candidates. Spaces are free: candidates are compared without them, and the space column counts as CTC blank.
Accepted limit: a candidate more than e^700 less probable than the best path scores LOWEST.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocr.alphabet import BLANK, INDEX_OF, SPACE, fold_text

LOWEST = -1e4

Scores = NDArray[np.float64]
Matrix = NDArray[np.float32]
"""T x SIZE probabilities of the folded alphabet, each row summing to 1."""


@dataclass(frozen=True, slots=True)
class Trie:
    """All candidates as nodes, parents before children; node 0 is the root. `end_of` is each candidate's last node."""

    symbol: NDArray[np.int64]
    parent: NDArray[np.int64]
    repeats: NDArray[np.bool_]
    end_of: NDArray[np.int64]


@lru_cache(maxsize=64)
def grow_trie(candidates: tuple[str, ...]) -> Trie:
    """The trie of the folded candidates; cached by content. A candidate that folds to nothing ends at the root."""
    return join_prefixes([INDEX_OF[c] for c in fold_text(text).replace(" ", "")] for text in candidates)


def join_prefixes(spellings: Iterable[Sequence[int]]) -> Trie:
    """The trie of spellings given as symbol indexes; an empty one ends at the root."""
    symbol, parent = [BLANK], [0]
    children: list[dict[int, int]] = [{}]
    end_of = []
    for spelling in spellings:
        node = 0
        for index in spelling:
            following = children[node].get(index)
            if following is None:
                following = len(symbol)
                children[node][index] = following
                symbol.append(index)
                parent.append(node)
                children.append({})
            node = following
        end_of.append(node)
    symbols, parents = np.array(symbol), np.array(parent)
    return Trie(symbols, parents, symbols == symbols[parents], np.array(end_of, np.int64))


def score_candidates(matrix: Matrix, candidates: Sequence[str]) -> Scores:
    """Natural-log CTC probability of each candidate given the matrix; LOWEST for one that folds to nothing."""
    if not candidates:
        return np.zeros(0)
    return score_trie(matrix, grow_trie(tuple(candidates)))


def score_trie(matrix: Matrix, trie: Trie) -> Scores:
    """Natural-log CTC probability of the candidates of a trie."""
    in_letter = np.zeros(len(trie.symbol))
    in_blank = np.zeros(len(trie.symbol))
    in_blank[0] = 1.0
    scale = 0.0
    for row in matrix.astype(np.float64):
        total = in_letter + in_blank
        entering = total[trie.parent] - np.where(trie.repeats, in_letter[trie.parent], 0.0)
        in_letter = row[trie.symbol] * (in_letter + entering)
        in_letter[0] = 0.0
        in_blank = (row[BLANK] + row[SPACE]) * total
        top = float(max(in_letter.max(), in_blank.max()))
        if top <= 0.0:
            return np.full(len(trie.end_of), LOWEST)
        in_letter /= top
        in_blank /= top
        scale += float(np.log(top))
    ends = (in_letter + in_blank)[trie.end_of]
    scores = np.where(ends > 0, np.log(np.maximum(ends, 1e-320)) + scale, LOWEST)
    scores[trie.end_of == 0] = LOWEST
    return np.maximum(scores, LOWEST)
