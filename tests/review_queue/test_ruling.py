"""The rules, one fact changed at a time: each change of a good form gives its reason code and its state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from matching.types import Agreement
from ocr.types import Mark, PageKind
from review_queue import (
    INSIDE_REASONS,
    DayProbability,
    Disposition,
    EarlierForm,
    FormFacts,
    Gates,
    MatchFacts,
    PaperFacts,
    PartnerNaming,
    Policy,
    Presence,
    Reason,
    RowFacts,
    RowFit,
    SchoolYear,
    State,
    WrittenDate,
    rule_on_form,
    rule_on_page,
    say_to_partner,
    tell_partner,
)

TODAY = date(2024, 10, 1)
YEAR = SchoolYear("2024-25", date(2024, 9, 1), date(2025, 6, 1), date(2025, 8, 31))
POLICY = Policy(0.999, 0.0005, 0.9, 0.2, 0.98, 0.999, 0.5, False)
OPEN = Gates(agreement_active=True, training_lapsed=False)
EMPTY = WrittenDate(Presence.ABSENT)


def on(day: date, probability: float = 0.9995) -> WrittenDate:
    return WrittenDate(Presence.PRESENT, (DayProbability(day, probability),))


PAPER = PaperFacts(
    school_year=YEAR,
    form_published=date(2024, 5, 1),
    partner=PartnerNaming.THIS,
    consent_yes=Mark.MARKED,
    consent_no=Mark.EMPTY,
    records={"attendance": Mark.MARKED, "discipline": Mark.EMPTY},
    signature=Presence.PRESENT,
    signature_date=on(date(2024, 9, 12)),
    student_signature=Presence.ABSENT,
    student_signature_date=EMPTY,
    birth_date=on(date(2012, 3, 4)),
)
MATCH = MatchFacts(
    student_id="1234567",
    probability=0.99999,
    form_probability=0.9999,
    row_student_id="1234567",
    row_probability=0.9999,
    runner_up=0.000001,
    student_number=Agreement.EXACT,
    name=Agreement.EXACT,
    birth_date=Agreement.EXACT,
    school=Agreement.EXACT,
    enrolled_birth_date=date(2012, 3, 4),
)
GOOD = FormFacts(PAPER, RowFacts(RowFit.PAIRED, 2), MATCH, EarlierForm.NONE, date(2024, 9, 20))


def paper(**changes: object) -> FormFacts:
    return replace(GOOD, paper=replace(PAPER, **changes))


def match(**changes: object) -> FormFacts:
    return replace(GOOD, match=replace(MATCH, **changes))


def test_good_form_is_granted() -> None:
    ruling = rule_on_form(GOOD, OPEN, POLICY, TODAY)
    assert (ruling.state, ruling.reasons, ruling.student_id) == (State.GRANTED, (), "1234567")


RETURNED = [
    (paper(signature=Presence.ABSENT), Reason.NO_SIGNATURE),
    (paper(signature_date=EMPTY), Reason.NO_DATE),
    (paper(cut_off_fields=("parent_signature",)), Reason.MISSING_PAGE),
    (paper(signature_date=on(date(2024, 10, 2))), Reason.DATE_FUTURE),
    (paper(signature_date=on(date(2024, 4, 30))), Reason.DATE_BEFORE_FORM),
    (paper(partner=PartnerNaming.ANOTHER), Reason.WRONG_PARTNER),
    (paper(consent_yes=Mark.EMPTY, consent_no=Mark.MARKED), Reason.DECLINED),
    (paper(records={"attendance": Mark.EMPTY}), Reason.NO_RECORDS_CHOSEN),
    (paper(birth_date=on(date(2006, 9, 30))), Reason.SIGNER_NOT_ELIGIBLE_18PLUS),
    (replace(GOOD, received_on=date(2025, 6, 2)), Reason.PAST_DEADLINE),
    (replace(GOOD, received_on=date(2025, 9, 1)), Reason.WRONG_YEAR_FORM),
    (replace(GOOD, row=RowFacts(RowFit.NONE)), Reason.FORM_WITHOUT_ROW),
    (replace(GOOD, row=RowFacts(RowFit.CONTRADICTED, 2, ("birth_date",))), Reason.FORM_ROW_MISMATCH),
    (replace(GOOD, row=RowFacts(RowFit.PAIRED, 2, faults=(Reason.ID_FORMAT,))), Reason.ID_FORMAT),
    (replace(GOOD, earlier=EarlierForm.SAME), Reason.DUPLICATE),
]


@pytest.mark.parametrize(
    ("facts", "reason"), RETURNED, ids=lambda value: str(value) if isinstance(value, Reason) else ""
)
def test_fault_of_the_paper_goes_back(facts: FormFacts, reason: Reason) -> None:
    ruling = rule_on_form(facts, OPEN, POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.RETURNED, (reason,))


@pytest.mark.parametrize(
    ("received_on", "reason"),
    [(date(2025, 6, 2), Reason.PAST_DEADLINE), (date(2025, 9, 1), Reason.WRONG_YEAR_FORM)],
)
def test_what_came_too_late_waits_for_no_agreement(received_on: date, reason: Reason) -> None:
    ruling = rule_on_form(replace(GOOD, received_on=received_on), Gates(False, True), POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.RETURNED, (reason,))


REVIEWED = [
    (paper(page_order_unsure=True), Reason.MISSING_PAGE),
    (paper(version_unsure=True), Reason.WRONG_YEAR_FORM),
    (paper(records={}), Reason.NO_RECORDS_CHOSEN),
    (paper(signature=Presence.UNSURE), Reason.NO_SIGNATURE),
    (paper(consent_no=Mark.MARKED), Reason.ALTERED),
    (paper(consent_yes=Mark.EMPTY), Reason.ILLEGIBLE),
    (paper(consent_no=Mark.UNSURE), Reason.ILLEGIBLE),
    (paper(records={"attendance": Mark.UNSURE}), Reason.ILLEGIBLE),
    (paper(records={"attendance": Mark.MARKED, "discipline": Mark.UNSURE}), Reason.ILLEGIBLE),
    (paper(signature_date=on(date(2024, 9, 12), 0.7)), Reason.ILLEGIBLE),
    (paper(signature_date=WrittenDate(Presence.UNSURE)), Reason.NO_DATE),
    (paper(partner=PartnerNaming.UNSURE), Reason.WRONG_PARTNER),
    (paper(partner=PartnerNaming.NOBODY), Reason.WRONG_PARTNER),
    (paper(illegible_fields=("birth_date",)), Reason.ILLEGIBLE),
    (paper(altered_fields=("student_last",)), Reason.ALTERED),
    (match(enrolled_birth_date=date(2006, 9, 30)), Reason.SIGNER_NOT_ELIGIBLE_18PLUS),
    (replace(GOOD, row=RowFacts(RowFit.UNSURE, 2)), Reason.FORM_ROW_MISMATCH),
    (replace(GOOD, earlier=EarlierForm.DIFFERENT), Reason.CONFLICTING_FORMS),
    (match(protected=True), Reason.PROTECTED),
    (match(student_id=None), Reason.NOT_ENROLLED),
    (match(probability=0.1), Reason.NOT_ENROLLED),
    (match(probability=0.99), Reason.LOW_PROBABILITY),
    (match(runner_up=0.01), Reason.AMBIGUOUS),
    (match(runner_up=0.01, rival_is_sibling=True), Reason.TWIN_OR_SIBLING),
    (match(form_probability=0.5), Reason.LOW_PROBABILITY),
    (match(row_student_id="7654321"), Reason.LOW_PROBABILITY),
    (match(row_probability=0.5), Reason.LOW_PROBABILITY),
    (match(student_number=Agreement.DIFFERENT), Reason.LOW_PROBABILITY),
    (match(student_number=Agreement.CLOSE), Reason.LOW_PROBABILITY),
    (match(birth_date=Agreement.MISSING), Reason.LOW_PROBABILITY),
    (match(name=Agreement.PARTIAL), Reason.LOW_PROBABILITY),
    (match(student_number=Agreement.MISSING, school=Agreement.DIFFERENT), Reason.LOW_PROBABILITY),
]


@pytest.mark.parametrize(
    ("facts", "reason"), REVIEWED, ids=lambda value: str(value) if isinstance(value, Reason) else ""
)
def test_doubt_goes_to_a_person(facts: FormFacts, reason: Reason) -> None:
    ruling = rule_on_form(facts, OPEN, POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.IN_REVIEW, (reason,))


def test_without_agreement_a_form_is_held_whatever_else_is_wrong() -> None:
    ruling = rule_on_form(paper(signature=Presence.ABSENT), Gates(False, False), POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.HELD, (Reason.NO_ACTIVE_DSA,))
    ruling = rule_on_form(GOOD, Gates(True, True), POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.HELD, (Reason.TRAINING_LAPSED,))


def test_fault_of_the_paper_hides_what_enrollment_says() -> None:
    facts = replace(paper(signature=Presence.ABSENT), match=MatchFacts())
    assert rule_on_form(facts, OPEN, POLICY, TODAY).reasons == (Reason.NO_SIGNATURE,)


def test_student_of_18_who_signs_is_granted() -> None:
    facts = replace(
        paper(birth_date=on(date(2006, 9, 1)), student_signature=Presence.PRESENT, student_signature_date=on(TODAY)),
        match=replace(MATCH, enrolled_birth_date=date(2006, 9, 1)),
    )
    assert rule_on_form(facts, OPEN, POLICY, TODAY).state is State.GRANTED


def test_family_that_disagrees_with_itself_is_told_nothing_yet() -> None:
    declined = replace(paper(consent_yes=Mark.EMPTY, consent_no=Mark.MARKED), earlier=EarlierForm.DIFFERENT)
    ruling = rule_on_form(declined, OPEN, POLICY, TODAY)
    assert (ruling.state, ruling.reasons) == (State.IN_REVIEW, (Reason.CONFLICTING_FORMS,))


def test_without_id_name_birth_date_and_school_suffice() -> None:
    assert rule_on_form(match(student_number=Agreement.MISSING), OPEN, POLICY, TODAY).state is State.GRANTED


def test_id_read_nearly_as_the_row_has_it_does_not_stand_in_the_way() -> None:
    facts = match(student_number=Agreement.CLOSE, row_student_number=Agreement.EXACT)
    assert rule_on_form(facts, OPEN, POLICY, TODAY).state is State.GRANTED
    facts = match(student_number=Agreement.CLOSE, row_student_number=Agreement.EXACT, school=Agreement.MISSING)
    assert rule_on_form(facts, OPEN, POLICY, TODAY).state is State.IN_REVIEW


def test_pages_that_are_no_forms() -> None:
    assert rule_on_page(PageKind.OTHER_FORM).state is State.RETURNED
    assert rule_on_page(PageKind.UNREADABLE).state is State.IN_REVIEW


def test_partner_hears_one_neutral_code_for_all_that_enrollment_tells() -> None:
    assert {tell_partner(reason) for reason in INSIDE_REASONS} == {Reason.CANNOT_CONFIRM}
    assert len({say_to_partner(reason) for reason in INSIDE_REASONS}) == 1
    for reason in Reason:
        assert say_to_partner(reason).endswith(".")


def test_every_finding_of_every_case_has_words() -> None:
    for facts, _ in [*RETURNED, *REVIEWED]:
        for finding in rule_on_form(facts, OPEN, POLICY, TODAY).findings:
            assert finding.words
            assert finding.disposition in Disposition
