"""P6: whatever the order in which scans, lists, decisions, revocations and agreements come, and whatever the clock shows
meanwhile, the access set is the same in the end.

What cannot come before something else waits for it: a decision for its case, a revocation for its grant. Everything else comes
in any order, twice if it likes, and workers look in between at any moment; a list comes by itself, with scans of its own
students or with others'. Pages are read as recorded.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seed_draws
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pydantic import TypeAdapter
from sqlalchemy import select

from access import AgreementKind, AgreementStatus
from consentry.benches.year_paper import make_reading
from consentry.benches.year_script import Fault, FormScript
from consentry.desk.deciding import decide_case
from consentry.desk.showing import find_partner_access
from consentry.desk.shown_fields import show_fields, show_signature
from consentry.intake.receiving import Incoming, IncomingPage, StoredFile, record_submission
from consentry.intake.registering import record_agreement
from consentry.pipeline.reading_pages import FORM_PAGE, PageRecord, record_reading
from consentry.pipeline.recording import record_settlement
from consentry.pipeline.settling import SettlementPlanner
from consentry.program import Program
from consentry.proof.proving import prove_ledger
from consentry.settings import Settings
from consentry.telling.releasing import release_held_forms
from consentry.withdrawing import revoke_access
from fixtures.district import Student
from ingest.types import ListRow, MediaType, StudentList
from review_queue import State
from store.tables import Case, Form, FormTemplate, Grant, Submission
from tests.consentry.conftest import CHILDREN, PARTNER_NAME, District

AGREED, SIGNED = date(2024, 9, 25), date(2024, 9, 12)
FIRST, LAST = datetime(2024, 9, 20, 12, tzinfo=UTC), datetime(2024, 10, 25, 12, tzinfo=UTC)
REVOKED_ON = date(2024, 10, 20)
FORMS = {
    "plain": ("1000001", Fault.NONE),
    "taken back": ("1000002", Fault.NONE),
    "looked at": ("1000003", Fault.UNSURE_SIGNATURE),
    "unsigned": ("1000004", Fault.UNSIGNED),
    "signed at last": ("1000004", Fault.NONE),
    "refused": ("1000005", Fault.UNSURE_SIGNATURE),
}
LISTS = (("1000001", "1000002", "1000003"), ("1000004", "1000005"))
STACKS = (("plain", "looked at"), ("taken back",), ("unsigned",), ("signed at last", "refused"))
"""Scans that come together."""
DECISIONS = {"1000003": "accept", "1000005": "reject"}
IN_THE_END = {"1000001", "1000003", "1000004"}


@dataclass(frozen=True)
class World:
    """A prepared home, and how its database was when nothing had come yet."""

    program: Program
    database: Path
    untouched: Path
    planner: SettlementPlanner
    records: dict[str, str]

    def reset(self) -> None:
        with closing(sqlite3.connect(self.untouched)) as before, closing(sqlite3.connect(self.database)) as database:
            before.backup(database)


@cache
def find_world() -> World:
    """Made once a process; what is stored beside the database stays, under the names of its bytes."""
    folder = Path(tempfile.mkdtemp(prefix="consentry-any-order-"))
    district = District(folder)
    district.set_up(agreement=False)
    program = Program.open(Settings(home=district.home))
    with program.installation.reading() as session:
        template = session.scalars(select(FormTemplate)).one()
    records = {}
    for name, (number, fault) in FORMS.items():
        first, last, born, school = CHILDREN[number]
        child = Student(number, first, last, born, school, grade="5", guardians="Maria Example")
        reading = make_reading(FormScript(child, fault, SIGNED, None), PARTNER_NAME, template)
        kept = program.installation.documents.put(reading.to_bytes())
        shown = show_fields(reading), show_signature(reading)
        page = PageRecord(FORM_PAGE, template.template_id, kept, *shown)
        records[f"{name}.pdf"] = program.installation.documents.put(TypeAdapter(PageRecord).dump_json(page))
    database, untouched = district.home / "consentry.sqlite", folder / "untouched.sqlite"
    with closing(sqlite3.connect(database)) as now, closing(sqlite3.connect(untouched)) as kept_aside:
        now.backup(kept_aside)
    return World(program, database, untouched, SettlementPlanner(program), records)


def make_list(numbers: tuple[str, ...]) -> StudentList:
    rows = []
    for place, number in enumerate(numbers):
        first, last, born, school = CHILDREN[number]
        row = ListRow(place + 2, last, first, birth_date=born, birth_date_readings=(born,))
        rows.append(replace(row, student_id=number, school=school))
    return StudentList(tuple(rows))


class AnyOrder(RuleBasedStateMachine):
    """One year of a partner, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = find_world()
        self.world.reset()
        self.now = FIRST
        self.left: set[object] = {"agreement", *STACKS, *LISTS, *DECISIONS, "revocation"}

    @contextmanager
    def at_some_time(self) -> Iterator[Program]:
        with time_machine.travel(self.now, tick=False):
            yield self.world.program

    @rule(days=st.integers(0, (LAST - FIRST).days), seconds=st.integers(0, 40_000))
    def set_the_clock(self, days: int, seconds: int) -> None:
        self.now = FIRST + timedelta(days=days, seconds=seconds)

    @precondition(lambda self: "agreement" in self.left)
    @rule()
    def sign_the_agreement(self) -> None:
        self.left.discard("agreement")
        with self.at_some_time() as program:
            record_agreement(program, "rainier", AgreementKind.DSA, "2024-25", AgreementStatus.ACTIVE, AGREED)

    @rule(stack=st.sampled_from([*STACKS]))
    def send_scans(self, stack: tuple[str, ...]) -> None:
        self.left.discard(stack)
        self.send(stack, ())

    @rule(numbers=st.sampled_from(LISTS))
    def send_list(self, numbers: tuple[str, ...]) -> None:
        self.left.discard(numbers)
        self.send((), numbers)

    @rule(stack=st.sampled_from([*STACKS]), numbers=st.sampled_from(LISTS))
    def send_both(self, stack: tuple[str, ...], numbers: tuple[str, ...]) -> None:
        """A list with scans of its own students, or with others'."""
        self.left -= {stack, numbers}
        self.send(stack, numbers)

    def send(self, names: tuple[str, ...], numbers: tuple[str, ...]) -> None:
        put = self.world.program.installation.documents.put
        pages = []
        for name in names:
            scan = StoredFile(put(name.encode()), "scan", len(name))
            pages.append(IncomingPage(scan, MediaType.PDF, f"{name}.pdf", 0))
        listed = StoredFile(put(",".join(numbers).encode()), "list", 1) if numbers else None
        rows = make_list(numbers) if numbers else None
        with self.at_some_time() as program:
            record_submission(program, "rainier", Incoming(tuple(pages), (), rows, listed, "list.xlsx"), None, "")

    @rule()
    def work(self) -> None:
        with self.at_some_time() as program:
            for _ in range(3):
                self.read_pages(program)
                release_held_forms(program)
                self.settle(program)

    def read_pages(self, program: Program) -> None:
        with program.installation.writing() as session:
            waiting = session.scalars(select(Form).where(Form.state == State.RECEIVED)).all()
            for form in waiting:
                record_reading(session, program, form.form_id, self.world.records[form.file_name])

    def settle(self, program: Program) -> None:
        unread = select(Form.submission_id).where(Form.state == State.RECEIVED)
        with program.installation.reading() as session:
            due = select(Submission.submission_id).where(
                Submission.needs_settling, Submission.submission_id.not_in(unread)
            )
            waiting = session.scalars(due).all()
        for submission_id in waiting:
            plan = self.world.planner.plan(submission_id)
            with program.installation.writing() as session:
                record_settlement(session, program, submission_id, plan)

    @rule()
    def decide(self) -> None:
        """Whatever lies before a person."""
        with self.at_some_time() as program:
            with program.installation.reading() as session:
                open_cases = select(Case.case_id, Form.student_id).join(Form, Form.form_id == Case.form_id)
                cases = session.execute(open_cases.where(Case.state == "open")).all()
            for case_id, student_id in cases:
                if (action := DECISIONS.get(student_id)) is not None:
                    self.left.discard(student_id)
                    decide_case(program, case_id, action, student_id, "looked at", "ana")

    @rule()
    def take_back(self) -> None:
        """The family's revocation, once there is something to revoke."""
        with self.at_some_time() as program:
            with program.installation.reading() as session:
                given = session.scalars(select(Grant).where(Grant.student_id == "1000002")).first()
            if given is not None and "revocation" in self.left:
                self.left.discard("revocation")
                revoke_access(program, "1000002", "rainier", REVOKED_ON, "the mother called", "ana")

    def teardown(self) -> None:
        """What hasn't come comes now; then all ends as it always does."""
        self.now = LAST
        if "agreement" in self.left:
            self.sign_the_agreement()
        for stack in STACKS:
            if stack in self.left:
                self.send(stack, ())
        for numbers in LISTS:
            if numbers in self.left:
                self.send((), numbers)
        for _ in range(2):
            self.work()
            self.decide()
        self.take_back()
        with self.at_some_time() as program:
            access = [row.student_id for row in find_partner_access(program, "rainier", None)]
            breaks = prove_ledger(program, None).breaks
        assert sorted(access) == sorted(IN_THE_END)
        assert not breaks


def play(orders: int, seed: int) -> None:
    """Plays so many orders. A failing one is told as it was drawn: making it shorter takes minutes."""
    told = settings(
        max_examples=orders,
        stateful_step_count=16,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    class Seeded(AnyOrder):
        """Of its own draws."""

    seed_draws(seed)(Seeded)
    run_state_machine_as_test(Seeded, settings=told)


def test_the_access_set_is_the_same_in_any_order() -> None:
    play(12, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
def test_the_access_set_is_the_same_in_two_thousand_orders(note_figure: Callable[[str], None]) -> None:
    play(2000, seed=2)
    note_figure("P6: 2000 random orders: one access set in the end")
