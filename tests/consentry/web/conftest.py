"""One home with three cases, a grant that waits to be keyed blindly, two partners, an account of each role, and a server on it,
all made once.

The first two cases lack a birth date on paper; of the third, the birth date alone is in doubt.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import select

from consentry.accounts import NewAccount, Role, add_account
from consentry.pipeline.rulings import RULES_ACTOR
from consentry.program import Program
from consentry.settings import Settings
from consentry.web.app import make_app
from store import Entry, Event, record
from store.desk_tables import Batch
from store.risk_tables import BlindTask
from store.tables import Grant
from tests.consentry.conftest import District
from tests.consentry.granting import open_to_glance

PASSWORD = "a long enough password"  # noqa: S105 - of people in the tests alone
ACCOUNTS = {
    "ana": Role.STAFF,
    "ben": Role.STAFF,
    "lea": Role.LEAD,
    "aud": Role.AUDITOR,
    "adm": Role.ADMIN,
    "par": Role.PARTNER,
    "sch": Role.SCHOOL,
}
SCHOOL = "Cedar Grove Elementary"


@dataclass(frozen=True)
class Site:
    program: Program
    district: District
    url: str
    cases: list[str]
    mine: str
    another: str

    @property
    def access(self) -> set[str]:
        """Whom the partner sees, beyond the child whose form was plain."""
        return {row["student_id"] for row in self.district.expect("access", "rainier")} - {"1000004"}

    @property
    def open_cases(self) -> list[str]:
        return [case["case_id"] for case in self.district.expect("queue", "list")]

    def find_task(self) -> BlindTask:
        with self.program.installation.reading() as session:
            return session.scalars(select(BlindTask)).one()

    def log_in(self, name: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"accept": "application/json"}, timeout=60)
        answer = client.post("/login", data={"username": name, "password": PASSWORD})
        assert answer.status_code == 303
        return client

    def find_token(self, client: httpx.Client, path: str) -> str:
        page = client.get(path, follow_redirects=True).text
        return page.split('name="form_token" value="')[1].split('"')[0]


@pytest.fixture(scope="session")
def site_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    district = District(tmp_path_factory.mktemp("site"))
    district.set_up()
    district.save(district.fill("1000001", birth_date="", school=""), "a.png")
    district.save(district.fill("1000002", seed=3, birth_date=""), "b.png")
    district.save(district.fill("1000004", seed=5), "d.png")
    district.save(district.fill("1000006", seed=6, student_id="", birth_date="9/26/2012"), "e.png")
    rows = [district.make_row(number, student_id="") for number in ("1000001", "1000002", "1000004")]
    rows.append(district.make_row("1000006", student_id="", birth_date="2012-09-26"))
    district.take_in(district.write_rows(rows))
    district.expect("partner", "add", "Green Lake Mentors", "--id", "green")
    district.expect(
        "submit",
        "--partner",
        "green",
        "--list",
        str(district.write_list("1000003", name="other.xlsx")),
        str(district.save(district.fill("1000003", seed=8), "c.png")),
    )
    signed = ("--kind", "nua", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", "rainier", *signed)
    designated = ("--kind", "is", "--school-year", "2024-25", "--status", "active", "--on", "2024-09-01")
    district.expect("partner", "agreement", "rainier", *designated)
    on_record = ("--school", SCHOOL, "--school-year", "2024-25", "--on", "2024-09-01", "--as", "lea")
    district.expect("partner", "designee", "sch", *on_record)
    program = Program.open(Settings(home=district.home, today=date(2024, 10, 1)))
    for name, role in ACCOUNTS.items():
        add_account(program, NewAccount(name, role, "rainier" if role is Role.PARTNER else None, PASSWORD), "test")
    add_account(program, NewAccount("gre", Role.PARTNER, "green", PASSWORD), "test")
    draw_blind_task(program)
    keep_closed_batch(program)
    program.installation.engine.dispose()
    return district.folder


def draw_blind_task(program: Program) -> None:
    """Draws the one grant of the home, which the secret of this home need not have drawn."""
    clock = program.read_clock()
    with program.installation.writing() as session:
        if session.scalars(select(BlindTask)).first() is not None:
            return
        grant = session.scalars(select(Grant)).one()
        task = BlindTask(
            task_id="blind-of-the-test",
            grant_id=grant.grant_id,
            form_id=grant.form_id,
            student_id=grant.student_id,
            granted_by=RULES_ACTOR,
            state="open",
            case_id=None,
            drawn_on=clock.today,
            drawn_at=clock.now,
        )
        record(session, clock, Entry(Event.BLIND_TASK_DRAWN, task.task_id, "program", [task]))


def keep_closed_batch(program: Program) -> None:
    clock = program.read_clock()
    batch = Batch(
        batch_id="batch-of-the-test",
        proposed_by="ben",
        items=[],
        state="dropped",
        confirmed_by="lea",
        reason="a batch to look at",
        at=clock.now,
    )
    with program.installation.writing() as session:
        record(session, clock, Entry(Event.BATCH_PROPOSED, batch.batch_id, "ben", [batch]))


@contextmanager
def serve_copy(home: Path, folder: Path, **named: str) -> Iterator[Site]:
    """Serves a copy of a home; `named`: more settings."""
    shutil.copytree(home, folder, dirs_exist_ok=True)
    program = Program.open(Settings(home=folder / "home", today=date(2024, 10, 1)).model_copy(update=named))
    with serve_program(program) as url:
        district = District(folder)
        submissions = district.expect("status")["submissions"]
        cases = [case["case_id"] for case in district.expect("queue", "list")]
        yield Site(program, district, url, cases, submissions[0], submissions[1])


@contextmanager
def serve_program(program: Program) -> Iterator[str]:
    """Serves an opened home; gives the address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(make_app(program), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def site(site_home: Path, tmp_path: Path) -> Iterator[Site]:
    with serve_copy(site_home, tmp_path) as served:
        yield served


@pytest.fixture(scope="session")
def shared_site(site_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for tests that decide nothing; one student is open to the partner's people."""
    with serve_copy(site_home, tmp_path_factory.mktemp("served")) as served:
        open_to_glance(served.district, "1000005")
        yield served
