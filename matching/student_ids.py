"""Weighs what stands in the ID box against the IDs, usernames and state IDs of the enrolled children.

Decides the chance of each slip: one digit wrong, two swapped, one lost or doubled, lost leading zeros, the username or state
ID instead. Never trusts an ID alone: somebody else's number (a sibling's, a lunch number) keeps a fixed share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from matching.name_vocabulary import FloatArray, IntArray

UNRELATED_SHARE = 0.03
ENROLLED_BY_CHANCE = 0.5
"""Share of the numbers that don't belong to the child which are another enrolled child's."""
EXACT = log(0.92)
INSTEAD = log(0.04)
ONE_DIGIT = log(0.03)
TURNED = log(0.008)
LOST_OR_DOUBLED = log(0.008)
_LETTERS_AS_DIGITS = str.maketrans("oOlIiSsBbZz", "00111558822")


@dataclass(frozen=True, slots=True)
class WeighedIds:
    """Children and the log-likelihood ratio of their numbers; `floor` holds for all others that have a number."""

    children: IntArray
    ratio: FloatArray
    floor: float


def clean_id(text: str) -> str:
    """The number as letters and digits, lower case; letters among digits read as the digits they look like."""
    kept = re.sub(r"[^0-9A-Za-z]", "", text[:40])
    digits = kept.translate(_LETTERS_AS_DIGITS)
    if digits.isdigit() and sum(letter.isdigit() for letter in kept) * 2 > len(kept):
        return digits
    return kept.lower()


def strip_zeros(number: str) -> str:
    """The number without leading zeros, which spreadsheets drop."""
    return number.lstrip("0") or number


def _slips_of(number: str) -> dict[str, float]:
    """Every number one slip away, with the log chance of that slip."""
    found: dict[str, float] = {}
    length = max(len(number), 1)
    for place in range(length):
        head, tail = number[:place], number[place + 1 :]
        found[head + tail] = LOST_OR_DOUBLED - log(length)
        for digit in "0123456789":
            found[head + digit + number[place:]] = LOST_OR_DOUBLED - log(10.0 * length)
            if digit != number[place : place + 1]:
                found[head + digit + tail] = ONE_DIGIT - log(9.0 * length)
    for place in range(length - 1):
        turned = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        if turned != number:
            found[turned] = TURNED - log(length)
    return found


class StudentIdIndex:
    """The numbers of the enrolled children. Immutable after construction."""

    def __init__(
        self, student_ids: Sequence[str], usernames: Sequence[str], state_ids: Sequence[str], unlisted_population: float
    ) -> None:
        self.own = self._group(student_ids)
        self.instead = self._group(usernames)
        for number, children in self._group(state_ids).items():
            self.instead.setdefault(number, []).extend(children)
        self.texts = tuple(clean_id(number) for number in student_ids)
        self.absent = np.flatnonzero([not number for number in self.texts]).astype(np.int32)
        self._log_children = log(len(student_ids) + unlisted_population + 1.0)

    @staticmethod
    def _group(numbers: Sequence[str]) -> dict[str, list[int]]:
        grouped: dict[str, list[int]] = {}
        for child, number in enumerate(numbers):
            cleaned = strip_zeros(clean_id(number))
            if cleaned:
                grouped.setdefault(cleaned, []).append(child)
        return grouped

    def price_text(self, text: str) -> dict[int, float]:
        """Log P(this is written in the ID box | child) for each child it may belong to."""
        number = strip_zeros(clean_id(text))
        prices: dict[int, float] = {}
        if not number:
            return prices
        if number.isdigit() and len(number) >= 4:
            for slip, price in _slips_of(number).items():
                for child in self.own.get(slip, ()):
                    prices[child] = max(prices.get(child, -99.0), price)
        for child in self.instead.get(number, ()):
            prices[child] = INSTEAD
        for child in self.own.get(number, ()):
            prices[child] = EXACT
        return prices

    def weigh_text(self, text: str) -> WeighedIds | None:
        """Children that a written number may belong to; None where nothing is written."""
        number = strip_zeros(clean_id(text))
        if not number:
            return None
        prices = self.price_text(text)
        anybody = log(0.1) * max(min(len(number), 12), 4)
        return self.finish(prices, self.population(prices, anybody))

    def population(self, prices: dict[int, float], anybody: float) -> float:
        """Log P(written) when the number isn't the child's; `anybody` is the same for a number that nobody here has."""
        known = sum(exp(price) for price in prices.values())
        return float(
            np.logaddexp(
                log(ENROLLED_BY_CHANCE) - self._log_children + log(known + 1e-30), log(1 - ENROLLED_BY_CHANCE) + anybody
            )
        )

    def finish(self, prices: dict[int, float], population: float) -> WeighedIds:
        """From prices to ratios, with the share of numbers that have nothing to do with the child."""
        children = np.fromiter(prices.keys(), dtype=np.int32, count=len(prices))
        channel = np.fromiter(prices.values(), dtype=np.float32, count=len(prices))
        ratio = np.log((1 - UNRELATED_SHARE) * np.exp(np.minimum(channel - population, 60.0)) + UNRELATED_SHARE)
        return WeighedIds(children, ratio.astype(np.float32), log(UNRELATED_SHARE))
