"""Decisions at the desk: two who agree, blind to each other; stale pages refused; taken back by a new entry; put off; keyed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from consentry.desk.case_steps import DEFERRED, KEYED, Keyed, defer_case, key_field, list_keyed
from consentry.desk.claims import beat_claim, claim_case, find_claims, take_over_case
from consentry.desk.deciding import Terms, decide_case, describe_seen, find_acceptances
from consentry.desk.undoing import reverse_decision
from consentry.errors import CommandError
from consentry.intake.held_enrollment import HeldEnrollment
from consentry.pipeline.standing import REVERSE, find_standing
from consentry.program import Program
from consentry.settings import Settings
from store import JsonValue
from store.desk_tables import CaseStep
from store.tables import Case, Decision, Form, Submission, Withdrawal
from tests.consentry.conftest import District


@pytest.fixture(scope="module")
def case_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one open case: the form has no birth date, the row a wrong one. Made once, copied by each test."""
    district = District(tmp_path_factory.mktemp("case"))
    district.set_up()
    district.save(district.fill("1000001", birth_date="", school=""), "a.png")
    district.take_in(district.write_list("1000001", student_id="", birth_date="2012-04-03"))
    return district.folder


@pytest.fixture
def desk(case_home: Path, tmp_path: Path) -> tuple[District, Program, str]:
    shutil.copytree(case_home, tmp_path, dirs_exist_ok=True)
    district = District(tmp_path)
    program = Program.open(Settings(home=district.home, today=date(2024, 10, 1)))
    return district, program, district.expect("queue", "list")[0]["case_id"]


def read_case(program: Program, case_id: str) -> tuple[Case, Form]:
    with program.installation.reading() as session:
        case = session.get_one(Case, case_id)
        return case, session.get_one(Form, case.form_id)


def make_terms(program: Program, case_id: str, **changes: Any) -> Terms:
    seen = describe_seen(read_case(program, case_id)[1])
    terms = Terms(seen, HeldEnrollment(program.installation), frozenset({"lea"}))
    return replace(terms, **changes)


def test_two_have_to_agree_once_a_second_person_was_asked(desk: tuple[District, Program, str]) -> None:
    district, program, case_id = desk
    accept = ("queue", "decide", case_id, "--action", "accept", "--reason", "seen")
    assert district.expect(*accept, "--student", "1000006", "--as", "ana")["second_person_needed"]
    assert district.call(*accept, "--student", "1000006", "--as", "ana").code == 2
    assert district.expect(*accept, "--student", "1000001", "--as", "ben")["second_person_needed"]
    assert district.expect("access", "rainier") == []
    with pytest.raises(CommandError, match="has to be a lead"):
        decide_case(program, case_id, "accept", "1000001", "seen", "cai", make_terms(program, case_id))
    outcome = decide_case(program, case_id, "accept", "1000001", "seen", "lea", make_terms(program, case_id))
    assert outcome.state == "granted"
    assert [row["student_id"] for row in district.expect("access", "rainier")] == ["1000001"]


def test_a_clock_set_back_revives_no_acceptance_that_was_taken_back(desk: tuple[District, Program, str]) -> None:
    district, program, case_id = desk
    accept = ("queue", "decide", case_id, "--action", "accept", "--student", "1000006", "--reason", "seen")
    assert district.expect(*accept, "--as", "ana")["second_person_needed"]
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        reverse_decision(program, case_id, "ana", "the wrong child", others_too=False)
        with program.installation.reading() as session:
            assert find_acceptances(session, case_id) == []
        assert district.expect(*accept, "--as", "ben")["second_person_needed"]
    assert district.expect("access", "rainier") == []


def test_reversals_of_before_they_named_what_they_take_back_go_by_time() -> None:
    def make(number: int, action: str, **seen: JsonValue) -> Decision:
        at = datetime(2024, 10, 1, 9, number, tzinfo=UTC)
        return Decision(decision_id=f"d{number}", case_id="c", action=action, seen=dict(seen), at=at)

    found = find_standing([make(3, "accept"), make(1, "accept"), make(2, REVERSE, reverses="d1")])
    assert [decision.decision_id for decision in found] == ["d3"]


def test_a_page_shown_before_a_change_decides_nothing(desk: tuple[District, Program, str]) -> None:
    _, program, case_id = desk
    terms = make_terms(program, case_id)
    key_field(program, HeldEnrollment(program.installation), case_id, Keyed("birth_date", "3/4/2012", KEYED), "ana")
    with pytest.raises(CommandError, match="has changed"):
        decide_case(program, case_id, "accept", "1000001", "seen", "ana", terms)


def test_keying_a_field_matches_anew_and_keeps_what_was_read(desk: tuple[District, Program, str]) -> None:
    district, program, case_id = desk
    before = read_case(program, case_id)[1]
    enrollment = HeldEnrollment(program.installation)
    key_field(program, enrollment, case_id, Keyed("birth_date", "3/4/2012", KEYED), "ana")
    after = read_case(program, case_id)[1]
    assert after.fields == before.fields
    best = after.match["candidates"][0]
    assert best["student_id"] == "1000001"
    assert best["probability"] > before.match["candidates"][0]["probability"]
    with program.installation.reading() as session:
        (step,) = list_keyed(session, case_id)
    assert (step.field, step.value, step.before) == ("birth_date", "2012-03-04", before.match)
    with pytest.raises(CommandError, match="key the date"):
        key_field(program, enrollment, case_id, Keyed("birth_date", "someday", KEYED), "ana")
    assert district.expect("ledger", "verify")["whole"]


def test_a_decision_is_taken_back_by_a_new_entry(desk: tuple[District, Program, str]) -> None:
    district, program, case_id = desk
    enrollment = HeldEnrollment(program.installation)
    key_field(program, enrollment, case_id, Keyed("birth_date", "3/4/2012", KEYED), "ana")
    before = read_case(program, case_id)[1]
    decide_case(program, case_id, "accept", "1000001", "seen", "ana")
    assert len(district.expect("access", "rainier")) == 1
    with pytest.raises(CommandError, match="only who decided"):
        reverse_decision(program, case_id, "ben", "", others_too=False)
    reverse_decision(program, case_id, "ana", "too quick", others_too=False)
    case, form = read_case(program, case_id)
    assert (case.state, form.state, form.match) == ("open", "in_review", before.match)
    assert district.expect("access", "rainier") == []
    with program.installation.reading() as session:
        assert [(end.on_date, end.actor, end.reason) for end in session.scalars(select(Withdrawal))] == [
            (date(2024, 10, 1), "ana", "too quick")
        ]
    assert decide_case(program, case_id, "accept", "1000001", "sure now", "ana").state == "granted"
    assert len(district.expect("access", "rainier")) == 1
    decide = select(Decision.action).where(Decision.case_id == case_id).order_by(Decision.at)
    with program.installation.reading() as session:
        assert list(session.scalars(decide)) == ["accept", "reverse", "accept"]
    assert district.expect("ledger", "verify")["whole"]


def test_a_claim_is_one_persons_until_it_ends_or_is_taken_over(desk: tuple[District, Program, str]) -> None:
    _, program, case_id = desk
    assert beat_claim(program, case_id, "ana")
    assert not beat_claim(program, case_id, "ben")
    with pytest.raises(CommandError, match="ana works on this case"):
        decide_case(program, case_id, "return", None, "no", "ben", make_terms(program, case_id))
    with pytest.raises(CommandError, match="needs a reason"):
        take_over_case(program, case_id, "ben", " ")
    take_over_case(program, case_id, "ben", "ana went home")
    now = program.read_clock().now
    with program.installation.sessions.begin() as session:
        assert find_claims(session, now)[case_id].holder == "ben"
        later = now.replace(year=now.year + 1)
        assert claim_case(session, case_id, "ana", later).holder == "ana"


def test_a_case_is_put_off_to_a_day_that_lies_ahead(desk: tuple[District, Program, str]) -> None:
    _, program, case_id = desk
    with pytest.raises(CommandError, match="lies ahead"):
        defer_case(program, case_id, date(2024, 10, 1), "mother called", "ana")
    defer_case(program, case_id, date(2024, 10, 4), "mother called", "ana")
    with program.installation.reading() as session:
        (step,) = session.scalars(select(CaseStep).where(CaseStep.case_id == case_id))
    assert (step.kind, step.until, step.actor) == (DEFERRED, date(2024, 10, 4), "ana")


def test_who_sent_a_form_in_does_not_decide_on_it(desk: tuple[District, Program, str]) -> None:
    _, program, case_id = desk
    form = read_case(program, case_id)[1]
    with program.installation.engine.begin() as connection:
        sent = update(Submission).where(Submission.submission_id == form.submission_id)
        connection.execute(sent.values(submitted_by="ana"))
    with pytest.raises(CommandError, match="who sent a form in"):
        decide_case(program, case_id, "return", None, "no", "ana")
