"""What people may do to cases, grants and agreements, in any order, held against a model that knows the rules by heart.

The model: a case is open or closed, acceptances wait for a second person, a form has at most one running grant, an agreement is
active or not. After each step the grants and the access set are the model's; at the end the ledger is whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from access import AgreementKind, AgreementStatus
from consentry import withdrawing
from consentry.desk import deciding, undoing
from consentry.desk.claims import LEASE, claim_case
from consentry.desk.deciding import ACCEPT, REJECT, RETURN, decide_case
from consentry.desk.showing import select_access
from consentry.desk.undoing import reverse_decision
from consentry.errors import CommandError
from consentry.intake.registering import record_agreement
from consentry.intake.snapshots import find_roll
from consentry.program import Program
from consentry.program_year.agreement_papers import StepNote
from consentry.settings import Settings
from consentry.withdrawing import revoke_access
from store.tables import Case, Form, Grant
from store.verification import verify_ledger
from tests.faults.plain_district import PlainDistrict

FIRST_DAY, YEAR, PARTNER = date(2024, 10, 1), "2024-25", "rainier"
PEOPLE = ("ana", "ben", "lea")


@dataclass
class ModelCase:
    form_id: str
    is_open: bool = True
    waiting: list[tuple[str, str]] = field(default_factory=list)
    """Who accepted which child, and waits for a second person."""
    decided: list[str] = field(default_factory=list)
    """Who decided it since it was last opened."""


@dataclass
class ModelGrant:
    form_id: str
    student_id: str
    since: date
    ended: date | None = None

    def runs_on(self, day: date) -> bool:
        return self.since <= day and (self.ended is None or day < self.ended)


class Desk(RuleBasedStateMachine):
    """Three people at one home, over months."""

    home: Path

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="consentry-desk-"))
        shutil.copytree(self.home, self._folder / "home")
        self.day, self.has_agreement = FIRST_DAY, True
        self._program = Program.open(Settings(home=self._folder / "home", today=FIRST_DAY))
        with self._program.installation.reading() as session:
            roll = find_roll(self._program.installation, session, FIRST_DAY)
            assert roll is not None
            self.roll = roll
            self.cases = {case.case_id: ModelCase(case.form_id) for case in session.scalars(select(Case))}
            given = session.scalars(select(Grant)).all()
            self.grants = {one.grant_id: ModelGrant(str(one.form_id), one.student_id, one.from_date) for one in given}
            likely = {
                (form.form_id, str(each["student_id"])): float(each["probability"])
                for form in session.scalars(
                    select(Form).where(Form.form_id.in_([c.form_id for c in self.cases.values()]))
                )
                for each in form.match["candidates"]
            }
            free = set(roll.schools) - {one.student_id for one in given}
        below = self._program.rulebook.policy.second_person_below
        self.sure = {pair for pair, probability in likely.items() if probability >= below}
        shown = sorted({student for _, student in likely} & free)
        self.children = [*shown[:2], *sorted(free - set(shown))[:2]]

    @property
    def program(self) -> Program:
        """The program on the day of the model."""
        told = self._program.settings.model_copy(update={"today": self.day})
        return Program(told, self._program.installation, self._program.policies, self._program.limits)

    def pick(self, number: int) -> tuple[str, ModelCase]:
        return sorted(self.cases.items())[number % len(self.cases)]

    @rule(number=st.integers(0, 9), person=st.sampled_from(PEOPLE), child=st.integers(0, 3))
    def accept(self, number: int, person: str, child: int) -> None:
        case_id, case = self.pick(number)
        chosen = self.children[child % len(self.children)]
        agreeing = [who for who, student in case.waiting if student == chosen]
        may = case.is_open and self.has_agreement and person not in agreeing
        try:
            outcome = decide_case(self.program, case_id, ACCEPT, chosen, "seen", person)
        except CommandError:
            assert not may
            return
        assert may
        is_plain = not case.waiting and (case.form_id, chosen) in self.sure
        assert outcome.second_person_needed == (not agreeing and not is_plain)
        if outcome.second_person_needed:
            case.waiting.append((person, chosen))
            return
        assert outcome.grant_id is not None
        assert outcome.grant_id not in self.grants
        self.grants[outcome.grant_id] = ModelGrant(case.form_id, chosen, self.day)
        case.is_open, case.waiting = False, []
        case.decided.append(person)

    @rule(number=st.integers(0, 9), person=st.sampled_from(PEOPLE), action=st.sampled_from([RETURN, REJECT]))
    def refuse(self, number: int, person: str, action: str) -> None:
        case_id, case = self.pick(number)
        try:
            decide_case(self.program, case_id, action, None, "CANNOT_CONFIRM", person)
        except CommandError:
            assert not case.is_open
            return
        assert case.is_open
        case.is_open, case.waiting = False, []
        case.decided.append(person)

    @rule(number=st.integers(0, 9), person=st.sampled_from(PEOPLE), others_too=st.booleans())
    def take_back(self, number: int, person: str, others_too: bool) -> None:
        case_id, case = self.pick(number)
        mine = [place for place, (who, _) in enumerate(case.waiting) if others_too or who == person]
        may = bool(mine) if case.is_open else others_too or case.decided[-1] == person
        try:
            reverse_decision(self.program, case_id, person, "a slip", others_too)
        except CommandError:
            assert not may
            return
        assert may
        for grant in self.grants.values():
            if grant.form_id == case.form_id and (grant.ended is None or grant.ended > self.day):
                grant.ended = self.day
        case.is_open, case.waiting = True, []

    @rule(child=st.integers(0, 40))
    def revoke(self, child: int) -> None:
        known = sorted({grant.student_id for grant in self.grants.values()})
        student = known[child % len(known)]
        running = [
            grant
            for grant in self.grants.values()
            if grant.student_id == student and (grant.ended is None or grant.ended > self.day)
        ]
        try:
            revoke_access(self.program, student, PARTNER, self.day, "the family asked", "ana")
        except CommandError:
            assert not running
            return
        assert running
        for grant in running:
            grant.ended = self.day

    @rule()
    def turn_agreement(self) -> None:
        self.pass_days(1)
        status = AgreementStatus.ENDED if self.has_agreement else AgreementStatus.ACTIVE
        step = (PARTNER, AgreementKind.DSA, YEAR, status, self.day)
        record_agreement(self.program, *step, StepNote("lea"))
        self.has_agreement = not self.has_agreement

    @precondition(lambda self: self.day < date(2025, 6, 1))
    @rule(days=st.integers(1, 30))
    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(number=st.integers(0, 9), order=st.permutations(PEOPLE))
    def claim(self, number: int, order: list[str]) -> None:
        """Of those who reach for a case the first has it, until it gives no sign of life."""
        case_id, _ = self.pick(number)
        clock = self.program.read_clock()
        with self._program.installation.sessions.begin() as session:
            holder = claim_case(session, case_id, order[0], clock.now).holder
            assert [claim_case(session, case_id, each, clock.now).holder for each in order] == [holder] * len(order)
            later = clock.now + LEASE + timedelta(seconds=1)
            assert claim_case(session, case_id, order[1], later).holder == order[1]
            session.rollback()

    @invariant()
    def grants_and_access_are_the_models(self) -> None:
        with self._program.installation.reading() as session:
            kept = {grant.grant_id: grant for grant in session.scalars(select(Grant))}
            told = {row.student_id for row in select_access(session, PARTNER, self.roll, self.day)}
            is_open = {case.case_id: case.state == "open" for case in session.scalars(select(Case))}
            states = {form.form_id: form.state for form in session.scalars(select(Form))}
        assert kept.keys() == self.grants.keys()
        assert {name: grant.revoked_on for name, grant in kept.items()} == {
            name: grant.ended for name, grant in self.grants.items()
        }
        running = [grant for grant in self.grants.values() if grant.runs_on(self.day)]
        assert told == ({grant.student_id for grant in running} if self.has_agreement else set())
        assert len({grant.form_id for grant in running}) == len(running), "a form has two running grants"
        assert is_open == {name: case.is_open for name, case in self.cases.items()}
        assert all((states[case.form_id] == "in_review") == case.is_open for case in self.cases.values())

    def teardown(self) -> None:
        with self._program.installation.reading() as session:
            assert not verify_ledger(session, self._program.installation.documents).breaks
        self._program.installation.engine.dispose()
        shutil.rmtree(self._folder)


def run_desk(settled: PlainDistrict, examples: int, steps: int) -> None:
    """A failing order is told as it was drawn: making it shorter takes minutes."""
    machine = type("DeskOfTheTest", (Desk,), {"home": settled.home})
    bound = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bound)


def test_what_people_do_in_any_order_ends_as_the_rules_say(settled: PlainDistrict) -> None:
    run_desk(settled, examples=6, steps=15)


def let_a_revocation_wait_a_day(patched: pytest.MonkeyPatch) -> None:
    def revoke_late(program: Program, student: str, partner: str, day: date, reason: str, user: str) -> list[str]:
        return withdrawing.revoke_access(program, student, partner, day + timedelta(days=1), reason, user)

    patched.setitem(globals(), "revoke_access", revoke_late)


def let_what_is_taken_back_run_on(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(undoing, "end_grants", lambda *_: [])


def let_one_person_be_enough(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(deciding, "_probability_of", lambda form, student_id: 1.0)


FAULTS = [let_a_revocation_wait_a_day, let_what_is_taken_back_run_on, let_one_person_be_enough]


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(
    settled: PlainDistrict, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run_desk(settled, examples=30, steps=15)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_what_people_do_in_hundreds_of_orders_ends_as_the_rules_say(settled: PlainDistrict) -> None:
    run_desk(settled, examples=300, steps=40)
