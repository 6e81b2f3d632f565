"""Checks of whose form it is: two witnesses and one enrollment record (domain rules 4 and 5).

What the form and its list say of each other may go back to the partner. What only enrollment tells goes to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from matching.types import Agreement
from review_queue.types import (
    Disposition,
    EarlierForm,
    Finding,
    FormFacts,
    MatchFacts,
    Policy,
    Reason,
    RowFit,
)

_NAME_AGREES = frozenset({Agreement.EXACT, Agreement.VARIANT, Agreement.CLOSE})
_AGREES = frozenset({Agreement.EXACT, Agreement.VARIANT})


def check_row(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The partner's list has a row for the form, and the two agree."""
    row = facts.row
    if row.fit is RowFit.NONE:
        yield Finding(Reason.FORM_WITHOUT_ROW, Disposition.RETURN, "no row of the student list fits the form")
    elif row.fit is RowFit.CONTRADICTED:
        fields = ", ".join(row.contradictions)
        yield Finding(
            Reason.FORM_ROW_MISMATCH, Disposition.RETURN, f"form and row {row.row_number} differ in: {fields}"
        )
    elif row.fit is RowFit.UNSURE:
        yield Finding(
            Reason.FORM_ROW_MISMATCH, Disposition.REVIEW, "it is not certain which row of the list goes with the form"
        )
    for fault in row.faults:
        yield Finding(fault, Disposition.RETURN, f"row {row.row_number} of the list has a fault")


def check_earlier_form(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """No form of this child for this partner and year is on file already."""
    if facts.earlier is EarlierForm.SAME:
        yield Finding(Reason.DUPLICATE, Disposition.RETURN, "the same consent of this child is on file already")
    elif facts.earlier is EarlierForm.DIFFERENT:
        yield Finding(Reason.CONFLICTING_FORMS, Disposition.REVIEW, "another form of this child says something else")


def check_match(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """One enrolled child, far ahead of any other, by form and by row."""
    match = facts.match
    if match.protected:
        yield Finding(
            Reason.PROTECTED, Disposition.REVIEW, "a student under address confidentiality: always for a person"
        )
    if match.student_id is None or match.probability < policy.not_enrolled_probability:
        yield Finding(Reason.NOT_ENROLLED, Disposition.REVIEW, "no enrolled child fits well enough")
        return
    if match.rival_is_sibling:
        yield Finding(Reason.TWIN_OR_SIBLING, Disposition.REVIEW, "a twin or sibling fits nearly as well")
    elif match.runner_up > policy.runner_up_limit:
        yield Finding(Reason.AMBIGUOUS, Disposition.REVIEW, "another child fits nearly as well")
    yield from _check_strength(match, policy, facts)


def _check_strength(match: MatchFacts, policy: Policy, facts: FormFacts) -> Iterator[Finding]:
    has_row = facts.row.fit is not RowFit.NONE
    if match.probability < policy.find_accept_probability(facts.stratum):
        yield _low("the best child is not probable enough")
    elif match.form_probability < policy.witness_probability:
        yield _low("the form alone does not point at this child clearly enough")
    elif has_row and (match.row_student_id != match.student_id or match.row_probability < policy.witness_probability):
        yield _low("the list row alone does not point at this child clearly enough")
    elif not fields_suffice(match):
        yield _low("neither ID, name and birth date, nor name, birth date and school agree")


def fields_suffice(match: MatchFacts) -> bool:
    """ID, name and birth date; or name, birth date and school where the form has no ID, or one whose digits are read nearly
    as the row has it typed.
    """
    if match.name not in _NAME_AGREES or match.birth_date is not Agreement.EXACT:
        return False
    if match.student_number in _AGREES:
        return True
    read_nearly = match.student_number is Agreement.CLOSE and match.row_student_number is Agreement.EXACT
    return match.school in _AGREES and (match.student_number is Agreement.MISSING or read_nearly)


def _low(words: str) -> Finding:
    return Finding(Reason.LOW_PROBABILITY, Disposition.REVIEW, words)
