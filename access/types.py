"""What access tells: agreements, the access set, the lines of a partner's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from review_queue.types import Reason


class AgreementKind(StrEnum):
    """The agreements of the program."""

    DSA = "dsa"
    NUA = "nua"
    IS = "is"
    TRAINING = "training"


class AgreementStatus(StrEnum):
    """Where an agreement stands. `NOT_RENEWED`: it was carried over from the year before, and nothing has come yet."""

    NOT_RENEWED = "not_renewed"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    SIGNED = "signed"
    ACTIVE = "active"
    ENDED = "ended"


CONSENT, IS_LIST = "CONSENT", "IS_LIST"
"""The grounds that a grant may rest on: a family's consent, or a school's right-to-view list. Never both."""

CATEGORIES = ("attendance", "discipline", "assessment", "demographics")
"""The kinds of data that a form can release, in the order in which they are shown."""


class AccessRow(NamedTuple):
    """One student that a partner may see on a day, on what ground and which grant. A named tuple: made by the thousand."""

    student_id: str
    partner_id: str
    basis: str
    categories: tuple[str, ...]
    from_date: date
    to_date: date
    grant_id: str
    form_id: str | None
    school_year: str


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is enrolled on a day: the school of each child by id, and those whose address is confidential."""

    schools: Mapping[str, str]
    protected: frozenset[str]


class Result(StrEnum):
    """What a partner is told of a form or row."""

    ACCEPTED = "accepted"
    TO_MEND = "to mend"
    IN_PROGRESS = "in progress"
    NOTHING_TO_DO = "nothing to do"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One form or row in a match-error report: the partner's own values, a result, a code and what to do.

    Never a value of the district's. `row_number` is None for a form without a row; `file` is empty for a row without a form.
    """

    row_number: int | None
    last_name: str
    first_name: str
    birth_date: str
    student_id: str
    school: str
    file: str
    page_number: int | None
    result: Result
    code: Reason | None
    what_to_do: str
