"""Weighs fields that are pixels: how well each enrolled value explains what is on the paper.

Decides the mix between "the value as enrolled was written" and "something like the text that was read was meant" (slips of
the writer). Never looks at an image: it only asks a reading for `score`. Scores are tempered, since a recogniser is surer
than it is right; nothing that one field says can exclude a child.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from matching.birth_dates import NEVER, BirthDateIndex, WeighedDates
from matching.name_folding import words_of
from matching.name_index import NameIndex, mix_unrelated
from matching.name_roles import Role
from matching.name_vocabulary import FloatArray, IntArray
from matching.schools import SchoolIndex
from matching.student_ids import StudentIdIndex, WeighedIds, clean_id, price_all
from matching.types import PixelReading, normal_text
from matching.words_together import Weighed
from matching.written_days import iso, read_day

TEMPER = 0.7
"""Power that a recogniser's probabilities are raised to."""
LOWEST_SCORE = -500.0
BEST_DATES = 6
WRITTEN_AS_ENROLLED = log(0.95)


def ask_reading(reading: PixelReading, texts: Sequence[str]) -> NDArray[np.float64]:
    """What the reading scores each text, (K,); an answer of another shape says nothing of any."""
    scores = np.asarray(reading.score(texts), dtype=np.float64)
    return scores if scores.shape == (len(texts),) else np.full(len(texts), LOWEST_SCORE)


def score_texts(reading: PixelReading, texts: tuple[str, ...]) -> FloatArray:
    """Tempered log-probability of each text, (K,), finite whatever the reading answers."""
    if not texts:
        return np.empty(0, dtype=np.float32)
    scores = np.nan_to_num(ask_reading(reading, texts), nan=LOWEST_SCORE, posinf=0.0, neginf=LOWEST_SCORE)
    return np.asarray(TEMPER * np.clip(scores, LOWEST_SCORE, 0.0), dtype=np.float32)


def measure_gap(reading: PixelReading, meant: str) -> float:
    """How much worse than the text that was read a value explains the pixels: nats, untempered, 0 if it explains them better.

    Of real handwriting, a misread ID or date lies under 4 nats from the true one in three of four cases; another ID, one digit
    off, in one of 200.
    """
    as_read, as_meant = ask_reading(reading, (normal_text(reading), meant)).tolist()
    gap = as_read - as_meant
    return max(gap, 0.0) if gap == gap else -LOWEST_SCORE


def weigh_name(index: NameIndex, role: Role, reading: PixelReading) -> Weighed | None:
    """The forms that may stand in a name box and their ratios; None where nothing was read."""
    text = " ".join(words_of(reading.text))
    if not text:
        return None
    forms = index.written_forms(role)
    scores = score_texts(reading, forms.texts)
    channel = np.full(len(index.vocabulary.forms), -1e4, dtype=np.float32)
    np.maximum.at(channel, forms.form_ids, scores + np.float32(index.vocabulary.exact_price))
    as_read = float(score_texts(reading, (text,))[0])
    near = index.vocabulary.find_neighbours(text.replace(" ", ""))
    np.maximum.at(channel, near.ids, near.channel + np.float32(as_read))
    written, meant, price = index.related_forms()
    np.maximum.at(channel, meant, channel[written] + price)
    borne = np.flatnonzero(index.postings[role].bearers > 0).astype(np.int32)
    population, by_class = index.price_pictured(role, borne, channel[borne], as_read + near.written_log_prior)
    return mix_unrelated(borne, channel[borne], population, index.unrelated_share(role), by_class)


def weigh_combined(
    index: NameIndex, role: Role, box: Weighed, reading: PixelReading, texts: Sequence[str]
) -> FloatArray:
    """The ratio of each child, (M,), whose first and middle (or middle and last) name, `texts`, may stand in one box."""
    channel = score_texts(reading, tuple(texts)) + np.float32(
        index.vocabulary.exact_price + log(index.split_share(role))
    )
    unrelated = index.unrelated_share(role)
    gain = np.exp(np.minimum(channel - np.float32(box.population), np.float32(60.0)))
    return np.asarray(np.log((1.0 - unrelated) * gain + unrelated), dtype=np.float32)


def weigh_date(index: BirthDateIndex, reading: PixelReading) -> WeighedDates | None:
    """Ratio of each distinct enrolled date; None where nothing was read."""
    if not reading.text.strip() or not index.days:
        return None
    scores = score_texts(reading, index.iso_forms).astype(np.float64)
    channel = scores + WRITTEN_AS_ENROLLED
    for best in np.argsort(-scores, kind="stable")[:BEST_DATES].tolist():
        ids, prices = index.price_slips(index.days[best])
        prices = np.where(ids == best, NEVER, prices)
        channel[ids] = np.maximum(channel[ids], prices + scores[best])
    unseen = index.any_day + float(scores.max())
    day = read_day(normal_text(reading))
    if day is not None:
        as_read = float(score_texts(reading, (iso(day),))[0])
        ids, prices = index.price_slips(day)
        channel[ids] = np.maximum(channel[ids], prices + as_read)
        unseen = index.any_day + max(as_read, float(scores.max()))
    every: IntArray = np.arange(len(index.days), dtype=np.int32)
    return index.finish(every, channel, unseen, day is not None and (day.month, day.day) == (1, 1))


def weigh_id(index: StudentIdIndex, reading: PixelReading) -> WeighedIds | None:
    """Children whose number may stand in the ID box; None where nothing was read."""
    number = clean_id(normal_text(reading))
    if not number:
        return None
    scores = score_texts(reading, index.texts)
    as_read = float(score_texts(reading, (number,))[0])
    peak = max(float(scores.max(initial=LOWEST_SCORE)), as_read)
    prices = price_all(np.where(index.absent, np.float32(-1e4), scores), peak, index.exact_price)
    for child, price in index.price_text(number).items():
        prices[child] = max(prices.get(child, -99.0), as_read - peak + price)
    return index.finish(prices, index.price_anybody(number) + as_read, peak)


def weigh_school(index: SchoolIndex, reading: PixelReading) -> FloatArray | None:
    """Ratio of each school, (S + 1,); None where nothing was read."""
    if not reading.text.strip():
        return None
    scores = score_texts(reading, index.short_forms().texts)
    return index.weigh_pixels(reading.text, scores, float(score_texts(reading, (reading.text,))[0]))
