"""Weighs fields that are pixels: how well each enrolled value explains what is on the paper.

Decides the mix between "the value as enrolled was written" and "something like the text that was read was meant" (slips of
the writer). Never looks at an image: it only asks a reading for `score`. Scores are tempered, since a recogniser is surer
than it is right; nothing that one field says can exclude a child.
"""

from __future__ import annotations

from math import log

import numpy as np

from matching.birth_dates import ANY_DAY, BirthDateIndex, WeighedDates
from matching.name_folding import words_of
from matching.name_index import UNRELATED_SHARE, NameIndex
from matching.name_roles import Role
from matching.name_vocabulary import EXACT_PRICE, FloatArray
from matching.schools import SchoolIndex
from matching.student_ids import StudentIdIndex, WeighedIds, clean_id
from matching.types import PixelReading, normal_text
from matching.written_days import iso, read_day

TEMPER = 0.7
"""Power that a recogniser's probabilities are raised to."""
WRITTEN_AS_ENROLLED = log(0.9)
LOWEST_SCORE = -500.0
BEST_DATES = 6


def score_texts(reading: PixelReading, texts: tuple[str, ...]) -> FloatArray:
    """Tempered log-probability of each text, (K,), finite whatever the reading answers."""
    if not texts:
        return np.empty(0, dtype=np.float32)
    scores = np.asarray(reading.score(texts), dtype=np.float64)
    scores = np.nan_to_num(scores, nan=LOWEST_SCORE, posinf=0.0, neginf=LOWEST_SCORE)
    return np.asarray(TEMPER * np.clip(scores, LOWEST_SCORE, 0.0), dtype=np.float32)


def measure_gap(reading: PixelReading, meant: str) -> float:
    """How much worse than the text that was read a value explains the pixels: nats, untempered, 0 if it explains them better.

    Of real handwriting, a misread ID or date lies under 4 nats from the true one in three of four cases; another ID, one digit
    off, in one of 200.
    """
    as_read, as_meant = np.asarray(reading.score((normal_text(reading), meant)), dtype=np.float64).tolist()
    gap = as_read - as_meant
    return max(gap, 0.0) if gap == gap else -LOWEST_SCORE


def _log_sum(values: FloatArray) -> float:
    if not values.size:
        return -1e9
    peak = float(values.max())
    return peak + log(float(np.exp(values - peak).sum()) + 1e-300)


def weigh_name(index: NameIndex, role: Role, reading: PixelReading) -> FloatArray | None:
    """One ratio a child, (N,), for a name box; None where nothing was read."""
    text = " ".join(words_of(reading.text))
    if not text:
        return None
    forms = index.written_forms(role)
    scores = score_texts(reading, forms.texts)
    channel = np.full(len(index.vocabulary.forms), -1e4, dtype=np.float32)
    np.maximum.at(channel, forms.form_ids, scores + np.float32(EXACT_PRICE))
    as_read = float(score_texts(reading, (text,))[0])
    near = index.vocabulary.find_neighbours(text.replace(" ", ""))
    np.maximum.at(channel, near.ids, near.channel + np.float32(as_read))
    written, meant, price = index.related_forms()
    np.maximum.at(channel, meant, channel[written] + price)
    postings = index.postings[role]
    known = _log_sum(channel + postings.log_frequency)
    population = float(
        np.logaddexp(log(1 - index.unseen_share) + known, log(index.unseen_share) + as_read + near.written_log_prior)
    )
    unrelated = UNRELATED_SHARE[role]
    ratio = np.log((1 - unrelated) * np.exp(np.minimum(channel - population, 60.0)) + unrelated).astype(np.float32)
    return index.spread_dense(role, ratio)


def weigh_date(index: BirthDateIndex, reading: PixelReading) -> WeighedDates | None:
    """Ratio of each distinct enrolled date; None where nothing was read."""
    if not reading.text.strip() or not index.days:
        return None
    scores = score_texts(reading, index.iso_forms)
    channel = scores + np.float32(log(0.95))
    for best in np.argsort(-scores, kind="stable")[:BEST_DATES].tolist():
        slips = index.price_slips(index.days[best])
        slips[best] = -99.0
        np.maximum(channel, slips + scores[best], out=channel)
    unseen = ANY_DAY + float(scores.max())
    day = read_day(normal_text(reading))
    if day is not None:
        as_read = float(score_texts(reading, (iso(day),))[0])
        np.maximum(channel, index.price_slips(day) + np.float32(as_read), out=channel)
        unseen = ANY_DAY + max(as_read, float(scores.max()))
    return index.finish(channel, unseen)


def weigh_id(index: StudentIdIndex, reading: PixelReading) -> WeighedIds | None:
    """Children whose number may stand in the ID box; None where nothing was read."""
    number = clean_id(normal_text(reading))
    if not number:
        return None
    scores = score_texts(reading, index.texts)
    as_read = float(score_texts(reading, (number,))[0])
    peak = max(float(scores.max(initial=LOWEST_SCORE)), as_read)
    near = np.flatnonzero(scores > peak - 25.0)
    prices = {int(child): float(scores[child]) - peak + log(0.92) for child in near.tolist() if index.texts[child]}
    for child, price in index.price_text(number).items():
        prices[child] = max(prices.get(child, -99.0), as_read - peak + price)
    anybody = log(0.1) * max(min(len(number), 12), 4)
    return index.finish(prices, index.population(prices, anybody + as_read - peak))


def weigh_school(index: SchoolIndex, reading: PixelReading) -> FloatArray | None:
    """Ratio of each school, (S + 1,); None where nothing was read."""
    if not reading.text.strip():
        return None
    scores = score_texts(reading, index.short_forms().texts)
    return index.weigh_pixels(reading.text, scores, float(score_texts(reading, (reading.text,))[0]))
