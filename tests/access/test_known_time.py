"""Two time axes: what held on a day, and what was known of it; and which grants end soon."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from access import EndKind, KnownTime, find_access, list_endings, recall_agreements, recall_grants, withdraw
from store.tables import Agreement, Grant, Withdrawal

ENROLLED = frozenset({"1000001"})
MADE = datetime(2024, 10, 1, 12, tzinfo=UTC)
LATE = datetime(2025, 1, 15, 12, tzinfo=UTC)


def make(lapses_on: date | None = None) -> Grant:
    return Grant(
        grant_id="g",
        partner_id="p",
        student_id="1000001",
        categories=["attendance"],
        from_date=MADE.date(),
        to_date=date(2025, 8, 31),
        basis="CONSENT",
        school_year="2024-25",
        form_id="f",
        lapses_on=lapses_on,
        recorded_at=MADE,
    )


def sign(recorded: datetime = MADE) -> Agreement:
    step = Agreement(partner_id="p", kind="dsa", school_year="2024-25", status="active", on_date=date(2024, 9, 1))
    step.recorded_at, step.recorded_on = recorded, recorded.date()
    return step


def has_access(grant: Grant, ends: list[Withdrawal], day: date, known: KnownTime, signed: datetime = MADE) -> bool:
    steps = recall_agreements([sign(signed)], known)
    return bool(find_access(recall_grants([grant], ends, known, day), steps, ENROLLED, day))


def test_an_end_counts_from_when_it_was_said() -> None:
    grant = make()
    end = withdraw(grant, date(2025, 1, 10), "ana", "asked", LATE, LATE.date())
    asked = date(2025, 1, 12)
    assert has_access(grant, [end], asked, KnownTime(day=date(2025, 1, 14)))
    assert not has_access(grant, [end], asked, KnownTime(day=date(2025, 1, 15)))
    assert has_access(grant, [end], asked, KnownTime(moment=datetime(2025, 1, 15, 11, tzinfo=UTC)))
    assert not has_access(grant, [end], asked, KnownTime(moment=LATE))
    assert has_access(grant, [end], date(2025, 1, 9), KnownTime(day=date(2025, 2, 1)))


def test_of_two_ends_the_earlier_one_known_holds() -> None:
    grant = make()
    first = withdraw(grant, date(2025, 3, 1), "ana", "asked", LATE, LATE.date())
    later = datetime(2025, 2, 1, tzinfo=UTC)
    second = withdraw(grant, date(2025, 2, 1), "ana", "at once", later, later.date())
    assert grant.revoked_on == date(2025, 2, 1)
    day = date(2025, 2, 10)
    assert has_access(grant, [first, second], day, KnownTime(day=date(2025, 1, 31)))
    assert not has_access(grant, [first, second], day, KnownTime(day=date(2025, 2, 1)))


def test_a_grant_or_agreement_not_yet_known_gives_nothing() -> None:
    day = date(2024, 11, 1)
    assert not has_access(make(), [], day, KnownTime(day=date(2024, 9, 30)))
    assert not has_access(make(), [], day, KnownTime(day=date(2024, 12, 1)), signed=LATE)
    assert has_access(make(), [], day, KnownTime(day=LATE.date()), signed=LATE)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2024, 12, 15), []),
        (date(2024, 12, 16), [(EndKind.TURNS_18, 60)]),
        (date(2025, 2, 13), [(EndKind.TURNS_18, 1)]),
        (date(2025, 2, 14), []),
    ],
)
def test_an_18th_birthday_is_told_60_days_ahead(day: date, told: list[tuple[EndKind, int]]) -> None:
    found = list_endings([make(date(2025, 2, 14))], ENROLLED, day, 60)
    assert [(ending.kind, ending.days_left) for ending in found] == told


def test_a_student_who_left_is_told_at_once_and_the_summers_end_in_time() -> None:
    assert [e.kind for e in list_endings([make()], frozenset(), date(2024, 12, 1), 0)] == [EndKind.NOT_ENROLLED]
    (ending,) = list_endings([make()], ENROLLED, date(2025, 8, 1), 60)
    assert (ending.kind, ending.on_date) == (EndKind.YEAR_ENDS, date(2025, 9, 1))
