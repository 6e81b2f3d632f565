"""A field as a recogniser would leave it: a noisy CTC matrix of a written text, scored exactly.

Stands in for a real reading where a test needs to know what was written and how badly; it shares no code with `ocr`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789 -'/"
_PLACE = {letter: number + 1 for number, letter in enumerate(ALPHABET)}


class Paper:
    """`written` as a matrix of two steps a letter; `noise` 0 (clean) to 1 (nothing can be read)."""

    def __init__(self, written: str, noise: float = 0.1, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        letters = [_PLACE[letter] for letter in written.lower() if letter in _PLACE]
        steps: list[int] = []
        for letter in letters:
            steps += [letter, 0]
        logits = rng.gumbel(size=(max(len(steps), 1), len(ALPHABET) + 1)) * (0.6 + 2.5 * noise)
        for place, letter in enumerate(steps):
            logits[place, letter] += 9.0 * (1.0 - noise)
        self._log = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self._empty = not steps
        self.calls = 0
        self.confidence = float(np.exp(self._log.max(axis=1).mean()))

    @property
    def text(self) -> str:
        """Best path, collapsed."""
        if self._empty:
            return ""
        best = self._log.argmax(axis=1).tolist()
        kept = [now for before, now in zip([0, *best], best, strict=False) if now and now != before]
        return "".join(ALPHABET[place - 1] for place in kept)

    def score(self, candidates: Sequence[str]) -> np.ndarray:
        """Exact CTC forward log-probabilities, padded over all candidates at once."""
        self.calls += 1
        labels = [[_PLACE[letter] for letter in text.lower() if letter in _PLACE] for text in candidates]
        width = 2 * max((len(label) for label in labels), default=0) + 1
        states = np.zeros((len(labels), width), dtype=np.int64)
        for row, label in enumerate(labels):
            states[row, 1 : 2 * len(label) : 2] = label
        lengths = np.array([2 * len(label) + 1 for label in labels])
        skip = np.zeros((len(labels), width), dtype=bool)
        skip[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
        forward = np.full((len(labels), width), -1e30)
        forward[:, 0] = self._log[0, 0]
        if width > 1:
            forward[:, 1] = np.where(lengths > 1, self._log[0, states[:, 1]], -1e30)
        for step in range(1, len(self._log)):
            one = np.pad(forward[:, :-1], ((0, 0), (1, 0)), constant_values=-1e30)
            two = np.where(skip, np.pad(forward[:, :-2], ((0, 0), (2, 0)), constant_values=-1e30)[:, :width], -1e30)
            forward = np.logaddexp(np.logaddexp(forward, one), two) + self._log[step, states]
        rows = np.arange(len(labels))
        last = forward[rows, lengths - 1]
        before = np.where(lengths > 1, forward[rows, np.maximum(lengths - 2, 0)], -1e30)
        return np.logaddexp(last, before)
