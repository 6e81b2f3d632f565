"""What leaves matching: candidates with calibrated probabilities and the evidence in words.

Matching suggests, it never decides. A probability is the share of such candidates that are the right child; what a list
of candidates leaves of 1 is "not enrolled here".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np


@runtime_checkable
class PixelReading(Protocol):
    """A field as read from paper: it can be asked how well any text explains the pixels.

    `score` SHALL return one finite natural-log probability a candidate, in their order, comparable within one reading;
    it SHALL NOT raise on any content of a candidate. An unreadable or empty field has `text == ""`. It MAY have a `value`: the
    text normalised (a date as YYYY-MM-DD, an ID as digits), "" if that could not be done.
    """

    @property
    def text(self) -> str:
        """What was read aloud; "" where nothing was."""

    @property
    def confidence(self) -> float:
        """What the engine claims, 0 to 1."""

    def score(self, candidates: Sequence[str]) -> np.ndarray:
        """Natural-log probability of each candidate."""


def is_reading(value: object) -> TypeGuard[PixelReading]:
    """Whether a value is pixels rather than text. Cheaper than `isinstance`, which would ask for `text` each time."""
    return not isinstance(value, str) and hasattr(type(value), "score")


def normal_text(reading: PixelReading) -> str:
    """The reading's normalised value where it has one, else its text."""
    value = getattr(reading, "value", "")
    return value if isinstance(value, str) and value else reading.text


Query = Mapping[str, "str | PixelReading"]
"""Field name of the contract to text as it was read, or to a reading; any may be missing."""


def check_queries(queries: object) -> None:
    """`ValueError` unless this is a list of queries: the caller's error, which no content of a query is."""
    if not isinstance(queries, Sequence) or isinstance(queries, str | bytes):
        raise ValueError(f"queries come as a list, not as {type(queries).__name__}")
    for query in queries:
        if not isinstance(query, Mapping):
            raise ValueError(f"a query maps field names to what was read, it is not {type(query).__name__}")


class Witness(StrEnum):
    """Who says it: the form, or the row of the partner's list."""

    FORM = "form"
    ROW = "row"


class Agreement(StrEnum):
    """The ladder of a field comparison, best first."""

    EXACT = "exact"
    VARIANT = "variant"
    CLOSE = "close"
    PARTIAL = "partial"
    DIFFERENT = "different"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence: which field, what was read, how it agrees, its weight (log-likelihood ratio, nats), words."""

    field: str
    read: str
    agreement: Agreement
    weight: float
    words: str
    witness: Witness = Witness.FORM
    """Only a joint match has evidence of both; a query on its own always counts as the form."""

    def __reduce__(self) -> tuple[type[Evidence], tuple[str, str, Agreement, float, str, Witness]]:
        """Between processes as its constructor's arguments, several times quicker than field by field."""
        return Evidence, (self.field, self.read, self.agreement, self.weight, self.words, self.witness)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One enrolled child that a query may mean."""

    student_id: str
    probability: float
    evidence: tuple[Evidence, ...]

    def __reduce__(self) -> tuple[type[Candidate], tuple[str, float, tuple[Evidence, ...]]]:
        """Between processes as its constructor's arguments."""
        return Candidate, (self.student_id, self.probability, self.evidence)
