"""Letters of folded names: how likely a spelling is at all, and a signature that tells quickly which names can't be alike.

Decides nothing about children. Letters are a to z; anything else (a digit) counts as one more letter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_OTHER = 25
_LETTER_OF_BYTE = np.full(256, _OTHER, dtype=np.int64)
for _place, _letter in enumerate(b"abcdefghijklmnopqrstuvwxyz"):
    _LETTER_OF_BYTE[_letter] = _place
_LETTER = {letter: place for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
_EDGE = 26
_AT_ONCE = 100_000


def sign_letters(name: str) -> int:
    """52 bits: which letters occur, and which occur twice. Another letter changes two at most, a lost or added one one."""
    once = 0
    twice = 0
    for letter in name:
        bit = 1 << _LETTER.get(letter, _OTHER)
        twice |= once & bit
        once |= bit
    return once | (twice << 26)


def sign_all(names: Sequence[str]) -> NDArray[np.uint64]:
    """`sign_letters` of many names, (V,)."""
    signatures = np.zeros(len(names), dtype=np.uint64)
    bits = np.uint64(1) << np.arange(26, dtype=np.uint64)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        letters, owner = _letters_of(some)
        counts = np.bincount(owner * 26 + letters, minlength=26 * len(some)).reshape(len(some), 26)
        once = ((counts > 0) * bits).sum(axis=1, dtype=np.uint64)
        twice = ((counts > 1) * bits).sum(axis=1, dtype=np.uint64)
        signatures[start : start + len(some)] = once | (twice << np.uint64(26))
    return signatures


def _letters_of(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    encoded = [name.encode("ascii", "replace") for name in names]
    letters = _LETTER_OF_BYTE[np.frombuffer(b"".join(encoded), dtype=np.uint8)]
    owner = np.repeat(np.arange(len(names)), [len(name) for name in encoded])
    return letters, owner


class LetterPairs:
    """How likely a name is spelled so, learned from the pairs of letters of the enrolled names."""

    def __init__(self, names: Sequence[str]) -> None:
        counts = np.full((27, 27), 0.5)
        for start in range(0, len(names), _AT_ONCE):
            letters, owner = _letters_of(names[start : start + _AT_ONCE])
            if not letters.size:
                continue
            begins = np.flatnonzero(np.diff(owner, prepend=-1))
            ends = np.append(begins[1:] - 1, letters.size - 1)
            within = owner[1:] == owner[:-1]
            np.add.at(counts, (letters[:-1][within], letters[1:][within]), 1.0)
            np.add.at(counts[_EDGE], letters[begins], 1.0)
            np.add.at(counts, (letters[ends], _EDGE), 1.0)
        self._log = np.log(counts / counts.sum(axis=1, keepdims=True)).tolist()

    def price(self, text: str) -> float:
        """Log P(text)."""
        total = 0.0
        previous = _EDGE
        for letter in text:
            current = _LETTER.get(letter, _OTHER)
            total += self._log[previous][current]
            previous = current
        return total + float(self._log[previous][_EDGE])
