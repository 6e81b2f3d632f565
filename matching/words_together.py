"""Weighs many written words in one go, each against the forms that it may stand for.

Decides the ratio of a word in one box, and nothing about children or about boxes of several words. A word comes out the same,
to the last bit, alone or among others: each is summed up on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.name_vocabulary import FloatArray, IntArray, Neighbours

ENROLLED_INITIAL = 2.0
"""An enrolled initial agrees with a written name of that letter by so many nats."""
MUST_SAY = 0.05
"""A form is listed for a word from so many nats over the floor on."""
NOBODYS = np.float32(-1e4)
HIGHEST_GAIN = np.float32(60.0)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Forms (ids ascending) and their log-likelihood ratios for one text in one box. `floor` holds for all forms not listed.

    `population` is log P(anybody writes this); `by_class` (K,) what a stranger of each name class adds to it.
    """

    ids: IntArray
    ratio: FloatArray
    floor: float
    population: float
    by_class: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """What the forms of one box are weighed by: `frequency` (V,), log share of all children; `borne` (V,), by somebody at all.

    `lift` (V, K): how much more frequent a form is in each name class; one column of ones where classes say nothing. `unseen`
    is the share of names that nobody here has, `unrelated` that of boxes that hold something else. `initials`: whether
    enrolled initials count.
    """

    frequency: FloatArray
    borne: NDArray[np.bool_]
    lift: FloatArray
    unseen: float
    unrelated: float
    initials: bool


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Words end to end: where each begins (R + 1,), their forms and channels; log P(anybody writes the word) (R,) and what each
    class adds to it (R, K).
    """

    starts: NDArray[np.int64]
    ids: IntArray
    channel: FloatArray
    population: NDArray[np.float64]
    by_class: FloatArray


def price_together(near: Sequence[Neighbours], box: Box) -> Priced:
    """How likely anybody writes each of these words."""
    sizes = np.array([word.ids.size for word in near])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ids = np.concatenate([word.ids for word in near])
    channel = np.concatenate([word.channel for word in near])
    known = np.exp(channel + box.frequency[ids])
    unseen = box.unseen * np.exp(np.array([word.written_log_prior for word in near])) + 1e-30
    population = np.log((1.0 - box.unseen) * _sum_each(known, starts, sizes) + unseen)
    if box.lift.shape[1] == 1:
        return Priced(starts, ids, channel, population, np.zeros((len(near), 1), dtype=np.float32))
    each = (1.0 - box.unseen) * _sum_each(known[:, None] * box.lift[ids], starts, sizes) + unseen[:, None]
    return Priced(starts, ids, channel, population, (np.log(each) - population[:, None]).astype(np.float32))


def _sum_each(values: FloatArray, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sum of each word's values."""
    sums = np.zeros((sizes.size, *values.shape[1:]))
    some = sizes > 0
    if some.any():
        sums[some] = np.add.reduceat(values, starts[:-1][some], axis=0)
    return sums


def weigh_together(near: Sequence[Neighbours], box: Box) -> list[Weighed]:
    """The words weighed in this box, in their order."""
    priced = price_together(near, box)
    channel = priced.channel
    if box.initials:
        own = np.array([word.initial for word in near])
        has = np.flatnonzero(own >= 0)
        places = priced.starts[has] + own[has]
        channel[places] = np.maximum(channel[places], (priced.population[has] + ENROLLED_INITIAL).astype(np.float32))
    prices = np.where(box.borne[priced.ids], channel, NOBODYS)
    anybody = np.repeat(priced.population.astype(np.float32), np.diff(priced.starts))
    gain = np.exp(np.minimum(prices - anybody, HIGHEST_GAIN))
    ratio = np.log((1.0 - box.unrelated) * gain + box.unrelated).astype(np.float32)
    floor = log(box.unrelated)
    speaks = np.flatnonzero(ratio > floor + MUST_SAY)
    ids, ratio = priced.ids[speaks], ratio[speaks]
    ends = speaks.searchsorted(priced.starts).tolist()
    return [
        Weighed(ids[start:end], ratio[start:end], floor, population, by_class)
        for (start, end), population, by_class in zip(
            pairwise(ends), priced.population.tolist(), priced.by_class, strict=True
        )
    ]
