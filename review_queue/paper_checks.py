"""Checks of the paper alone: is this a valid consent of this year, for this partner? (domain rules 1 to 3)

Each check is named for what it looks at and gives what it found. What is clearly wrong goes back to the partner; what can't
be told goes to a person. None of them looks at whose form it is, so what a partner hears tells nothing of enrollment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ocr.types import Mark
from review_queue.types import (
    Disposition,
    EarlierForm,
    Finding,
    FormFacts,
    PartnerNaming,
    Policy,
    Presence,
    Reason,
    SheetFit,
    WrittenDate,
)


def check_school_year(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The form is of a year that still runs, and came in before that year's due date."""
    year = facts.paper.school_year
    if facts.received_on > year.ends:
        yield _returned(Reason.WRONG_YEAR_FORM, f"the form is of {year.label}, a school year that has ended")
    elif facts.received_on > year.due:
        yield _returned(Reason.PAST_DEADLINE, f"received after {year.due.isoformat()}, the due date of {year.label}")


def check_partner(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The form names the partner that sent it."""
    naming = facts.paper.partner
    if naming is PartnerNaming.ANOTHER:
        yield _returned(Reason.WRONG_PARTNER, "the form names another partner")
    elif naming is PartnerNaming.NOBODY:
        yield _for_review(Reason.WRONG_PARTNER, "the form names no partner")
    elif naming is PartnerNaming.UNSURE:
        yield _for_review(Reason.WRONG_PARTNER, "the partner's name on the form cannot be told with certainty")


def check_consent(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """Exactly "I consent" is marked. Yes or no is never guessed."""
    yes, no = facts.paper.consent_yes, facts.paper.consent_no
    if yes is Mark.EMPTY and no is Mark.MARKED:
        if facts.earlier is EarlierForm.DIFFERENT:
            return  # two forms of one child disagree: a person decides, nobody is told yet
        yield _returned(Reason.DECLINED, "the family did not consent")
    elif yes is Mark.MARKED and no is Mark.MARKED:
        yield _for_review(Reason.ALTERED, "both 'I consent' and 'I do not consent' are marked")
    elif yes is not Mark.MARKED or no is not Mark.EMPTY:
        yield _for_review(Reason.ILLEGIBLE, "it cannot be told whether the family consents")


def check_records(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """At least one category of records is ticked, or released by the blank's print, and none is in doubt."""
    marks = facts.paper.records.values()
    if not marks:
        yield _for_review(
            Reason.NO_RECORDS_CHOSEN, "the blank has no boxes for records, and nobody said which its print releases"
        )
    elif all(mark is Mark.EMPTY for mark in marks):
        yield _returned(Reason.NO_RECORDS_CHOSEN, "no category of records is ticked")
    elif any(mark is Mark.UNSURE for mark in marks):
        yield _for_review(Reason.ILLEGIBLE, "a box of the records to release may or may not be ticked")


def check_signature(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """Somebody signed."""
    signatures = (facts.paper.signature, facts.paper.student_signature)
    if Presence.PRESENT in signatures:
        return
    if Presence.UNSURE in signatures:
        yield _for_review(Reason.NO_SIGNATURE, "it cannot be told whether the form is signed")
    else:
        yield _returned(Reason.NO_SIGNATURE, "the form is not signed")


def check_signature_date(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The signature's date can be read and lies between the form's publication and the day it came in."""
    paper = facts.paper
    written = paper.signature_date
    if paper.signature is not Presence.PRESENT and paper.student_signature is Presence.PRESENT:
        written = paper.student_signature_date
    if written.presence is Presence.ABSENT:
        yield _returned(Reason.NO_DATE, "the signature is not dated")
        return
    if written.presence is Presence.UNSURE:
        yield _for_review(Reason.NO_DATE, "it cannot be told whether the signature is dated")
        return
    yield from _place_date(written, facts, policy, today)


def _place_date(written: WrittenDate, facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    published, due = facts.paper.form_published, facts.paper.school_year.due
    one_day = timedelta(days=1)
    last_valid = min(today, due)
    if written.probability_between(published, last_valid) >= policy.date_probability:
        return
    needed = policy.date_fault_probability
    if written.probability_between(today + one_day, date.max) >= needed:
        yield _returned(Reason.DATE_FUTURE, "the signature's date lies in the future")
    elif written.probability_between(date.min, published - one_day) >= needed:
        yield _returned(Reason.DATE_BEFORE_FORM, "the signature's date lies before the form was published")
    elif due < today and written.probability_between(due + one_day, today) >= needed:
        yield _returned(Reason.PAST_DEADLINE, f"signed after {due.isoformat()}, the due date of the school year")
    else:
        yield _for_review(Reason.ILLEGIBLE, "the signature's date cannot be read with certainty")


def check_signer(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """A student of 18 signs for themself. The birth date of the paper and of the list decides what the partner hears."""
    if facts.paper.student_signature is Presence.PRESENT:
        return
    first_adult_birth_date = _years_before(today, policy.eighteen_years)
    enrolled, listed = facts.match.enrolled_birth_date, facts.row.birth_date
    by_paper = (
        facts.paper.birth_date.probability_between(date.min, first_adult_birth_date) >= policy.date_fault_probability
    )
    by_record = enrolled is not None and enrolled <= first_adult_birth_date
    by_list = listed is not None and listed <= first_adult_birth_date
    if by_paper and (listed is None or by_list):
        yield _returned(Reason.SIGNER_NOT_ELIGIBLE_18PLUS, "the student is 18 and has not signed")
    elif by_paper or by_record or by_list:
        yield _for_review(Reason.SIGNER_NOT_ELIGIBLE_18PLUS, "the student may be 18 and has not signed")


def check_completeness(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """All fields of the form are in the picture, and its pages belong together."""
    if facts.paper.cut_off_fields:
        fields = ", ".join(facts.paper.cut_off_fields)
        yield _returned(Reason.MISSING_PAGE, f"a part of the form is not in the picture: {fields}")
    if facts.paper.page_order_unsure:
        yield _for_review(Reason.MISSING_PAGE, "its pages lay out of order: see that they belong to one form")
    if facts.paper.version_unsure:
        yield _for_review(
            Reason.WRONG_YEAR_FORM, "what tells its year or language is torn off or covered: see which it is"
        )


def check_alterations(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """Nothing was struck out or scribbled over: an alteration is for a person, whatever can be read."""
    if facts.paper.altered_fields:
        fields = ", ".join(facts.paper.altered_fields)
        yield _for_review(Reason.ALTERED, f"struck out or scribbled over: {fields}")


def check_sheet_code(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The code of a printed sheet belongs to the page that it is on; it never stands in for what the page says."""
    if told := _SHEET_FAULTS.get(facts.paper.sheet):
        yield _for_review(*told)


_SHEET_FAULTS = {
    SheetFit.FORGED: (Reason.NOT_DISTRICT_FORM, "the code of the sheet was not printed by the district"),
    SheetFit.OTHER_PARTNER: (Reason.WRONG_PARTNER, "the code of the sheet is another partner's"),
    SheetFit.OTHER_BLANK: (Reason.WRONG_YEAR_FORM, "the code of the sheet belongs to another form or school year"),
    SheetFit.DIFFERS: (
        Reason.FORM_ROW_MISMATCH,
        "the name or birth date on the sheet is not the one that its code stands for",
    ),
}


def check_legibility(facts: FormFacts, policy: Policy, today: date) -> Iterator[Finding]:
    """The fields that say whose form it is hold something that can be read."""
    if facts.paper.illegible_fields:
        fields = ", ".join(facts.paper.illegible_fields)
        yield _for_review(Reason.ILLEGIBLE, f"cannot be read: {fields}")


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _returned(reason: Reason, words: str) -> Finding:
    return Finding(reason, Disposition.RETURN, words)


def _for_review(reason: Reason, words: str) -> Finding:
    return Finding(reason, Disposition.REVIEW, words)
