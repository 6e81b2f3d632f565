"""What the rules look at and what they say: facts of one form in, a ruling with reason codes out.

Missing, unreadable or unknown never counts as yes: every fact has a value for "can't tell".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from matching.types import Agreement
from ocr.types import Mark


class State(StrEnum):
    """Where a form stands."""

    RECEIVED = "received"
    HELD = "held"
    READ = "read"
    IN_REVIEW = "in_review"
    GRANTED = "granted"
    RETURNED = "returned"
    REJECTED = "rejected"
    FAILED = "failed"


class Reason(StrEnum):
    """Reason codes of the contract."""

    NO_SIGNATURE = "NO_SIGNATURE"
    NO_DATE = "NO_DATE"
    DATE_FUTURE = "DATE_FUTURE"
    DATE_BEFORE_FORM = "DATE_BEFORE_FORM"
    PAST_DEADLINE = "PAST_DEADLINE"
    WRONG_YEAR_FORM = "WRONG_YEAR_FORM"
    WRONG_PARTNER = "WRONG_PARTNER"
    NOT_DISTRICT_FORM = "NOT_DISTRICT_FORM"
    DECLINED = "DECLINED"
    NO_RECORDS_CHOSEN = "NO_RECORDS_CHOSEN"
    SIGNER_NOT_ELIGIBLE_18PLUS = "SIGNER_NOT_ELIGIBLE_18PLUS"
    ILLEGIBLE = "ILLEGIBLE"
    MISSING_PAGE = "MISSING_PAGE"
    FORM_WITHOUT_ROW = "FORM_WITHOUT_ROW"
    ROW_WITHOUT_FORM = "ROW_WITHOUT_FORM"
    FORM_ROW_MISMATCH = "FORM_ROW_MISMATCH"
    ID_FORMAT = "ID_FORMAT"
    CANNOT_CONFIRM = "CANNOT_CONFIRM"
    DUPLICATE = "DUPLICATE"
    NO_ACTIVE_DSA = "NO_ACTIVE_DSA"
    TRAINING_LAPSED = "TRAINING_LAPSED"
    BAD_FILE = "BAD_FILE"
    AMBIGUOUS = "AMBIGUOUS"
    TWIN_OR_SIBLING = "TWIN_OR_SIBLING"
    LOW_PROBABILITY = "LOW_PROBABILITY"
    PROTECTED = "PROTECTED"
    ALTERED = "ALTERED"
    CONFLICTING_FORMS = "CONFLICTING_FORMS"
    NOT_ENROLLED = "NOT_ENROLLED"


INSIDE_REASONS = frozenset(
    {
        Reason.AMBIGUOUS,
        Reason.TWIN_OR_SIBLING,
        Reason.LOW_PROBABILITY,
        Reason.PROTECTED,
        Reason.ALTERED,
        Reason.CONFLICTING_FORMS,
        Reason.NOT_ENROLLED,
    }
)
"""Reasons for people inside: a partner is told CANNOT_CONFIRM in their stead."""


class Disposition(StrEnum):
    """What a finding asks for, the strongest first."""

    HOLD = "hold"
    RETURN = "return"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found: its code, what it asks for, and a sentence for the people inside."""

    reason: Reason
    disposition: Disposition
    words: str


class Presence(StrEnum):
    """Whether something stands in a field."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"


class PartnerNaming(StrEnum):
    """Whom the form names as the partner."""

    THIS = "this"
    ANOTHER = "another"
    NOBODY = "nobody"
    UNSURE = "unsure"
    PREPRINTED = "preprinted"


@dataclass(frozen=True, slots=True)
class DayProbability:
    """One calendar day that a written date may mean."""

    day: date
    probability: float


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as the pixels have it. `days` sum to at most 1; what is left is "no date that can be read"."""

    presence: Presence
    days: tuple[DayProbability, ...] = ()

    def probability_between(self, first: date, last: date) -> float:
        """The probability that the date lies in `first` to `last`, both included."""
        return sum(entry.probability for entry in self.days if first <= entry.day <= last)


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """A school year of the program. Access granted in it ends with the summer, on `ends`."""

    label: str
    begins: date
    due: date
    ends: date


class SheetFit(StrEnum):
    """How a page agrees with the code of a printed sheet on it."""

    NONE = "none"
    AGREES = "agrees"
    UNREAD = "unread"
    DIFFERS = "differs"
    OTHER_BLANK = "other_blank"
    OTHER_PARTNER = "other_partner"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What the paper says, apart from whose it is. A blank that has no box for a choice makes it in print: `consent_yes` is
    marked where signing is consenting, `records` are those that somebody said its print releases; empty where nobody did.
    """

    school_year: SchoolYear
    form_published: date
    partner: PartnerNaming
    consent_yes: Mark
    consent_no: Mark
    records: dict[str, Mark]
    signature: Presence
    signature_date: WrittenDate
    student_signature: Presence
    student_signature_date: WrittenDate
    birth_date: WrittenDate
    illegible_fields: tuple[str, ...] = ()
    cut_off_fields: tuple[str, ...] = ()
    page_order_unsure: bool = False
    version_unsure: bool = False
    altered_fields: tuple[str, ...] = ()
    sheet: SheetFit = SheetFit.NONE


class RowFit(StrEnum):
    """How the partner's list answers the form."""

    PAIRED = "paired"
    CONTRADICTED = "contradicted"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The list row that goes with the form. `contradictions` name the fields in which the two clearly differ."""

    fit: RowFit
    row_number: int | None = None
    contradictions: tuple[str, ...] = ()
    faults: tuple[Reason, ...] = ()
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """Whose form it is, as far as the evidence goes.

    `probability` rests on both witnesses, `form_probability` and `row_probability` on one each; `runner_up` is the best
    other child's. `row_student_id` is the child that the row alone points at.
    """

    student_id: str | None = None
    probability: float = 0.0
    form_probability: float = 0.0
    row_student_id: str | None = None
    row_probability: float = 0.0
    runner_up: float = 0.0
    student_number: Agreement = Agreement.MISSING
    row_student_number: Agreement = Agreement.MISSING
    name: Agreement = Agreement.MISSING
    birth_date: Agreement = Agreement.MISSING
    school: Agreement = Agreement.MISSING
    rival_is_sibling: bool = False
    protected: bool = False
    enrolled_birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class ListRowFacts:
    """All that the rules may look at for one row of a right-to-view list.

    `names_other_school`: the row itself names another school than the list is of. `is_of_school`: the best child is enrolled at
    the list's school; None where the list's school can't be told. `is_known`: an earlier row or list gave this right already.
    """

    faults: tuple[Reason, ...]
    names_other_school: bool
    is_of_school: bool | None
    is_known: bool
    match: MatchFacts


class EarlierForm(StrEnum):
    """What this partner already has on file for the same child and year."""

    NONE = "none"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Stratum:
    """The kind of form that a threshold may differ by; "" is unknown. Each trait can be told without knowing the answer.

    `student_number`: present or absent on the form; `language`: of its blank, which stands in for the family's naming culture;
    `scan`: photo, scan or typed.
    """

    student_number: str = ""
    language: str = ""
    scan: str = ""


@dataclass(frozen=True, slots=True)
class FormFacts:
    """All that the rules may look at for one form."""

    paper: PaperFacts
    row: RowFacts
    match: MatchFacts
    earlier: EarlierForm
    received_on: date
    stratum: Stratum = Stratum()


@dataclass(frozen=True, slots=True)
class Gates:
    """The agreements that a grant needs, as they stand today for the form's school year."""

    agreement_active: bool
    training_lapsed: bool


@dataclass(frozen=True, slots=True)
class StratumThreshold:
    """What the best child needs on forms of one kind. A trait that is "" holds for any."""

    accept_probability: float
    stratum: Stratum

    def covers(self, stratum: Stratum) -> bool:
        """Whether a form is of this kind."""
        asked = self.stratum
        return (
            asked.student_number in ("", stratum.student_number)
            and asked.language in ("", stratum.language)
            and asked.scan in ("", stratum.scan)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds of the rules, data of a school year; `sha256` stands with every decision made under it.

    Probabilities are 0 to 1. `accept_probability` is what the best child needs, `runner_up_limit` what no other may reach,
    `witness_probability` what each witness needs alone; `date_probability` what the valid days need for a date to pass,
    `date_fault_probability` what the others need for the form to go back.
    """

    accept_probability: float
    runner_up_limit: float
    witness_probability: float
    not_enrolled_probability: float
    date_probability: float
    date_fault_probability: float
    second_person_below: float
    training_must_be_recorded: bool
    eighteen_years: int = 18
    sha256: str = field(default="")
    strata: tuple[StratumThreshold, ...] = ()

    def find_accept_probability(self, stratum: Stratum) -> float:
        """What the best child needs on a form: the first threshold of its kind, else `accept_probability`."""
        return next(
            (special.accept_probability for special in self.strata if special.covers(stratum)), self.accept_probability
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of one form. `reasons` are the codes of the strongest disposition; `findings` are all."""

    state: State
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    student_id: str | None = None
