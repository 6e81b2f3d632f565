"""Workers on several hosts share the work on one PostgreSQL; one that vanishes, or is cut off, loses nothing and blocks nobody.

A host vanishes as in a power cut: its cable is pulled first, so that no other machine learns of its end. Documents lie on a
folder that all share, or in a bucket of a real S3 server.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from store import Clock, Entry, Event, Installation, record
from store.tables import Form, WorkAttempt
from tests.buckets import serve_buckets
from tests.faults.network import Host, enter, find_why_no_namespaces, join_hosts, start_postgres
from tests.faults.plain_district import PlainDistrict
from tests.faults.processes import SERVER, WORKER, Step

pytestmark = [
    pytest.mark.skipif(find_why_no_namespaces() is not None, reason=str(find_why_no_namespaces())),
    pytest.mark.postgres,
]


class Site(PlainDistrict):
    """A home on PostgreSQL that several hosts share. The test is in the hub, where the servers are."""

    def __init__(self, folder: Path, hosts: list[Host], port: int, around: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.hosts, self._port, self._around = hosts, port, around
        self._started = 0

    def name_database(self, address: str) -> str:
        return f"postgresql+psycopg://consentry@{address}:{self._port}/postgres"

    def start_worker(self, host: Host, *options: str) -> Step:
        self._started += 1
        around = {name: value.replace("127.0.0.1", host.address) for name, value in self._around.items()}
        around["CONSENTRY_DATABASE_URL"] = self.name_database(host.address)
        named = ("--owner", f"{host.name}-{self._started}", *options)
        return Step(self.home, WORKER, *named, around=around, host=host.name).go()

    def count_done(self) -> int:
        with self.open_session() as session:
            waiting = select(func.count()).where(Form.state.in_(("received", "read")))
            return (session.scalar(select(func.count()).select_from(Form)) or 0) - (session.scalar(waiting) or 0)

    def count_begun(self) -> int:
        with self.open_session() as session:
            return session.scalar(select(func.count()).select_from(WorkAttempt)) or 0

    @contextmanager
    def open_session(self) -> Iterator[Session]:
        engine = create_engine(self.name_database("127.0.0.1"))
        with Session(engine) as session:
            yield session
        engine.dispose()

    def find_parked(self) -> list[str]:
        with self.open_session() as session:
            often = select(Form.file_name).join(WorkAttempt, WorkAttempt.work_id == Form.form_id)
            parked = session.scalars(often.where(WorkAttempt.attempts > 3, Form.page_kind == "parked"))
            return sorted(name.split("/")[-1] for name in parked)


@contextmanager
def open_site(folder: Path, hosts: int, with_bucket: bool) -> Iterator[Site]:
    with join_hosts(hosts) as joined, start_postgres() as port:
        around = {"CONSENTRY_DATABASE_URL": f"postgresql+psycopg://consentry@127.0.0.1:{port}/postgres"}
        if not with_bucket:
            with patch.dict(os.environ, around):
                yield Site(folder, joined, port, around)
            return
        with serve_buckets("0.0.0.0") as buckets:  # noqa: S104 - of the hub's own network alone
            endpoint = buckets.endpoint.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - as above
            around |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
            around |= {"AWS_ENDPOINT_URL": endpoint, "CONSENTRY_DOCUMENTS_URL": f"{buckets.make('site')}/documents"}
            with patch.dict(os.environ, around):
                yield Site(folder, joined, port, around)


def check_end(site: Site, submissions: int, forms: int, parked: int) -> None:
    """Every form ended as it has to: the first of each submission before a person, the others granted, each once."""
    outcome = site.find_outcome()
    assert len(outcome.parked) <= parked
    assert len(outcome.states) == submissions * forms
    in_review = {file for file, state in outcome.states if state == "in_review"}
    assert {state for _, state in outcome.states} == {"granted", "in_review"}
    assert len(in_review - set(outcome.parked)) <= submissions
    granted = {file.removesuffix(".png") for file, state in outcome.states if state == "granted"}
    assert set(outcome.access) == granted


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


@pytest.mark.timeout(280)
def test_a_host_that_vanishes_at_work_loses_nothing(tmp_path: Path) -> None:
    with open_site(tmp_path, hosts=2, with_bucket=False) as site:
        site.prepare(60, 2, 6)
        for number in range(2):
            site.submit(number)
        lost, kept = (site.start_worker(host) for host in site.hosts)
        wait_until(lambda: site.count_begun() > 2, 120)
        site.hosts[0].unplug()
        lost.kill()
        wait_until(lambda: site.count_done() == 12, 120)
        kept.process.terminate()
        assert kept.end() == 0, kept.complaint
        check_end(site, 2, 6, parked=0)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("with_bucket", [False, True], ids=["shared folder", "bucket"])
def test_hosts_that_vanish_and_are_cut_off_again_and_again(
    tmp_path: Path, with_bucket: bool, note_figure: Callable[[str], None]
) -> None:
    rng, losses, submissions, forms = random.Random(3), 0, 8, 30
    with open_site(tmp_path, hosts=3, with_bucket=with_bucket) as site:
        site.prepare(400, submissions, forms)
        workers = {host: site.start_worker(host) for host in site.hosts}
        for number in range(submissions):
            site.submit(number)
            for _ in range(3):
                time.sleep(rng.uniform(0.2, 3.0))
                host = rng.choice(site.hosts)
                host.unplug()
                if rng.random() < 0.5:
                    workers[host].kill()
                else:
                    time.sleep(rng.uniform(0, 25))
                host.plug_in()
                losses += 1
                for each, worker in workers.items():
                    if worker.process.exitcode is not None:
                        workers[each] = site.start_worker(each)
        for each, worker in workers.items():
            if worker.process.exitcode is not None:
                workers[each] = site.start_worker(each)
        wait_until(lambda: site.count_done() == submissions * forms, 1200)
        for worker in workers.values():
            worker.process.terminate()
            assert worker.end() is not None
        check_end(site, submissions, forms, parked=3)
        parked = len(site.find_parked())
    place = "a bucket" if with_bucket else "a shared folder"
    note_figure(
        f"hosts: {losses} losses of 1 of 3 hosts over {submissions * forms} forms, documents in {place}: 0 lost, 0 twice, "
        f"{parked} parked"
    )


def test_a_host_that_vanishes_while_it_writes_blocks_nobody_for_long(tmp_path: Path) -> None:
    with open_site(tmp_path, hosts=1, with_bucket=False) as site:
        site.expect("init")
        url = site.name_database(site.hosts[0].address)
        told, tells = SERVER.Pipe(duplex=False)
        holder = SERVER.Process(target=hold_the_ledger, args=(site.home, url, site.hosts[0].name, tells))
        holder.start()
        assert told.recv() == "holds it"
        site.hosts[0].unplug()
        holder.kill()
        holder.join()
        start = time.monotonic()
        site.expect("partner", "add", "Green Lake Mentors", "--id", "green")
        assert time.monotonic() - start < 60
        assert site.expect("ledger", "verify")["whole"]


def hold_the_ledger(home: Path, url: str, host: str, tells: object) -> None:
    enter(host)
    clock = Clock.read("2024-10-01")
    installation = Installation.open(home, url)
    with installation.writing() as session:
        record(session, clock, Entry(Event.HOME_MADE, "never committed", "test", []))
        session.execute(text("SELECT 1"))
        tells.send("holds it")  # type: ignore[attr-defined]
        time.sleep(600)
