"""Grants over time: when they run, and every way in which they end."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from access import Signer, find_access, find_gates, has_active_agreement, make_grant
from access.running_grants import runs_on, show_grant
from review_queue.types import Policy, SchoolYear
from store.tables import Agreement, Decision, Form, Grant

YEAR = SchoolYear("2024-25", date(2024, 9, 1), date(2025, 6, 1), date(2025, 8, 31))
NOW = datetime(2024, 10, 1, tzinfo=UTC)
POLICY = Policy(0.999, 0.0005, 0.9, 0.2, 0.98, 0.999, 0.5, training_must_be_recorded=False)
ENROLLED = frozenset({"1234567"})


def step(status: str, on: date, kind: str = "dsa", year: str = "2024-25", minute: int = 0) -> Agreement:
    return Agreement(
        agreement_id=f"{kind}{status}{on}{minute}",
        partner_id="p",
        kind=kind,
        school_year=year,
        status=status,
        on_date=on,
        recorded_at=datetime(2024, 9, 1, 0, minute, tzinfo=UTC),
    )


ACTIVE = [step("active", date(2024, 9, 1))]


def grant(birth: date = date(2012, 3, 4), signed_by_student: bool = False) -> Grant:
    form = Form(form_id="form-1", partner_id="p")
    decision = Decision(decision_id="dec-1", on_date=date(2024, 10, 1))
    return make_grant(
        form, "1234567", ["demographics", "attendance"], decision, YEAR, Signer(signed_by_student, birth), NOW
    )


def runs(
    made: Grant, day: date, agreements: list[Agreement] = ACTIVE, enrolled: frozenset[str] | None = ENROLLED
) -> bool:
    running = [show_grant(made)] if runs_on(made, made.revoked_on, day) else []
    return bool(find_access(running, agreements, enrolled, day))


def test_grant_runs_from_the_decision_to_the_end_of_summer() -> None:
    days = [date(2024, 9, 30), date(2024, 10, 1), date(2025, 8, 31), date(2025, 9, 1)]
    assert [runs(grant(), day) for day in days] == [False, True, True, False]


def test_categories_keep_their_order() -> None:
    assert show_grant(grant()).categories == ("attendance", "demographics")


def test_revocation_ends_it_on_its_day() -> None:
    made = grant()
    made.revoked_on = date(2025, 1, 10)
    assert [runs(made, day) for day in (date(2025, 1, 9), date(2025, 1, 10))] == [True, False]


@pytest.mark.parametrize("by_student", [False, True])
def test_a_consent_given_before_the_18th_birthday_lapses_on_it(by_student: bool) -> None:
    made = grant(date(2007, 2, 28), by_student)
    assert [runs(made, day) for day in (date(2025, 2, 27), date(2025, 2, 28))] == [True, False]


@pytest.mark.parametrize(("by_student", "still"), [(False, False), (True, True)])
def test_a_student_of_18_consents_for_themself_alone(by_student: bool, still: bool) -> None:
    made = grant(date(2006, 10, 1), by_student)
    assert [runs(made, day) for day in (date(2024, 10, 1), date(2025, 8, 31))] == [still, still]


def test_training_that_lapses_takes_access() -> None:
    trained = [*ACTIVE, step("active", date(2024, 9, 1), "training"), step("ended", date(2025, 1, 1), "training")]
    assert [runs(grant(), day, trained) for day in (date(2024, 12, 31), date(2025, 1, 1))] == [True, False]


def test_birthday_on_the_29th_of_february_lapses_on_the_first_of_march() -> None:
    assert grant(date(2004, 2, 29)).lapses_on == date(2022, 3, 1)


def test_agreement_that_ends_takes_access_and_gives_it_back() -> None:
    steps = [*ACTIVE, step("ended", date(2025, 1, 1)), step("active", date(2025, 2, 1))]
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 1)]
    assert [runs(grant(), day, steps) for day in days] == [True, False, True]


def test_agreement_of_another_year_gives_nothing() -> None:
    assert not runs(grant(), date(2024, 10, 1), [step("active", date(2024, 9, 1), year="2025-26")])


def test_departed_student_and_unknown_enrollment_give_nothing() -> None:
    assert not runs(grant(), date(2024, 10, 1), enrolled=frozenset())
    assert not runs(grant(), date(2024, 10, 1), enrolled=None)


def test_later_recorded_step_of_one_day_holds() -> None:
    day = date(2024, 9, 1)
    steps = [step("active", day, minute=2), step("ended", day, minute=1)]
    assert find_gates(steps, "2024-25", day, POLICY).agreement_active


def test_nothing_is_read_before_any_agreement_is_active() -> None:
    assert not has_active_agreement([step("submitted", date(2024, 9, 1))], date(2024, 10, 1))
    assert has_active_agreement(ACTIVE, date(2024, 10, 1))


def test_training_that_ended_holds_and_training_unheard_of_passes() -> None:
    day = date(2024, 10, 1)
    assert not find_gates(ACTIVE, "2024-25", day, POLICY).training_lapsed
    assert find_gates([*ACTIVE, step("ended", day, kind="training")], "2024-25", day, POLICY).training_lapsed
    before = step("active", date(2023, 10, 1), year="2023-24", kind="training")
    assert find_gates([*ACTIVE, before], "2024-25", day, POLICY).training_lapsed, "nothing rolls over"
    after = step("active", date(2024, 9, 1), year="2025-26", kind="training")
    assert not find_gates([*ACTIVE, after], "2024-25", day, POLICY).training_lapsed
    assert not runs(grant(), day, [*ACTIVE, before]) and runs(grant(), day, [*ACTIVE, after])
    strict = Policy(0.999, 0.0005, 0.9, 0.2, 0.98, 0.999, 0.5, training_must_be_recorded=True)
    assert find_gates(ACTIVE, "2024-25", day, strict).training_lapsed
