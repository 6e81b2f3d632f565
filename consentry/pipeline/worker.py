"""One worker process: reads pages and settles submissions as DBOS workflows until stopped or, when draining, done.

Reliability decisions 1 and 2: effects are DBOS datasource transactions on our own database, arguments and results are ids
and hashes alone, serialised as portable JSON. Each worker lives in a slot with a heartbeat; its executor id is the slot's
name, and what a dead slot had begun is resumed by any live worker.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, SQLAlchemyDatasource, WorkflowStatus
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from consentry.intake.snapshots import HeldRoll
from consentry.logs import log_failure, timing_step
from consentry.pipeline.reading_pages import PageReader, record_reading
from consentry.pipeline.recording import record_settlement
from consentry.pipeline.settling import SettlementPlanner
from consentry.program import Program
from consentry.sending.working_off import find_due, keep_outcome, prepare_due, send_one
from consentry.telling.releasing import abandon_settlement, park_form, release_held_forms
from consentry.telling.telling_partners import release_if_due
from ingest import Cell
from review_queue import State
from store import Installation
from store.engine import watch_connections
from store.ledger import lock_ledger
from store.tables import Form, Submission
from store.worker_slots import beat, claim_slot, forget_slot, list_dead_slots, release_slots

PAGES_QUEUE = "pages"
SUBMISSIONS_QUEUE = "submissions"
SENDINGS_QUEUE = "sendings"
APPLICATION_VERSION = "1"
_SHORTEST_TURN_SECONDS, _LONGEST_TURN_SECONDS = 0.1, 0.5
_BEAT_SECONDS = 2.0
_FAILURES_SECONDS = 1.0
_LOOKING_SECONDS = 2.0
_TELLING_SECONDS = 30.0
_ENQUEUED_AHEAD = 200
_CLAIMED_PAGES = 2
"""One page is read, the next is at hand: what is asked of the database meanwhile costs no page any time."""
MACHINE_TROUBLE = 3
"""Exit code of a worker whose machine failed it."""
SLOT_LOST = 4
"""Exit code of a worker that gave no sign of life in time, so that its slot went to another: its place is filled anew."""

_FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED")


class _NowAndThen:
    """Tells when it is time again for what needn't be looked at each turn; at first it is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._again_at = time.monotonic()

    def is_due(self) -> bool:
        """Whether so many seconds went by since it last was."""
        if time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + self._seconds
        return True


class Worker:
    """A worker of one home. `owner` names the process; made once a process."""

    def __init__(self, program: Program, cell: Cell, owner: str | None = None) -> None:
        self._program = program
        self._sessions = program.installation.sessions
        self.owner = owner or f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._slot = claim_slot(self._sessions, self.owner)
        self._enqueued: set[str] = set()
        self._stop = threading.Event()
        self._something_done = threading.Event()
        self._one_page = threading.Lock()
        self._slot_lost = threading.Event()
        self._looks, self._finds_failures = _NowAndThen(_LOOKING_SECONDS), _NowAndThen(_FAILURES_SECONDS)
        self._prepares, self._tells = _NowAndThen(_TELLING_SECONDS), _NowAndThen(_TELLING_SECONDS)
        self._start_engine()
        self._register(PageReader(program, cell), SettlementPlanner(program))

    def run(self, drain: bool) -> int:
        """Works until told to stop; with `drain` until nothing is left to do. Returns 0, or `SLOT_LOST`."""
        DBOS.launch()
        DBOS.register_queue(PAGES_QUEUE, worker_concurrency=_CLAIMED_PAGES, polling_interval_sec=0.1)
        DBOS.register_queue(SUBMISSIONS_QUEUE, worker_concurrency=1, polling_interval_sec=0.2)
        DBOS.register_queue(SENDINGS_QUEUE, worker_concurrency=1, polling_interval_sec=1.0)
        beater = threading.Thread(target=self._keep_beating, daemon=True)
        beater.start()
        try:
            while not self._stop.is_set():
                self._something_done.clear()
                self._look_around()
                busy = self._enqueue_due_work()
                if drain and not busy:
                    self._look_around(at_once=True)
                    busy = self._enqueue_due_work()
                self._tell_partners()
                if not self._send_what_is_due(busy or not drain) and not busy and drain:
                    break
                self._stop.wait(_SHORTEST_TURN_SECONDS)
                self._something_done.wait(_LONGEST_TURN_SECONDS - _SHORTEST_TURN_SECONDS)
        finally:
            self._stop.set()
            DBOS.destroy(workflow_completion_timeout_sec=30)
            beater.join()
            release_slots(self._sessions, self.owner)
        return SLOT_LOST if self._slot_lost.is_set() else 0

    def stop(self) -> None:
        """Ends `run` after the work in hand."""
        self._stop.set()
        self._something_done.set()

    def _start_engine(self) -> None:
        url = self._program.installation.database_url
        config: DBOSConfig = {
            "name": "consentry",
            **_place_engine(self._program.installation),
            "application_version": APPLICATION_VERSION,
            "executor_id": self._slot,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": 0.2,
        }
        DBOS(config=config)
        self._datasource = SQLAlchemyDatasource.create(
            url,
            engine=self._program.installation.engine,
            serializer=DBOSPortableJSONSerializer(),
            sessionmaker=self._sessions,
        )

    def _register(self, reader: PageReader, planner: SettlementPlanner) -> None:
        program, datasource = self._program, self._datasource
        # The ledger's lock is the first statement: with it PostgreSQL needs no more than this, and SQLite knows one level.
        isolation: Literal["SERIALIZABLE", "READ COMMITTED"] = (
            "SERIALIZABLE" if program.installation.database_url.startswith("sqlite") else "READ COMMITTED"
        )

        @DBOS.step(name="read_page")
        def read_page(form_id: str) -> str:
            with self._one_page, _dying_of_machine_trouble(form_id), timing_step("page-read", form_id):
                return reader.read(form_id)

        @datasource.transaction(name="record_reading", isolation_level=isolation)
        def keep_reading(form_id: str, reading: str) -> None:
            session = datasource.sql_session()
            lock_ledger(session)
            record_reading(session, program, form_id, reading)

        @DBOS.step(name="plan_settlement")
        def plan(submission_id: str) -> str:
            with _dying_of_machine_trouble(submission_id), timing_step("settlement-planned", submission_id):
                return planner.plan(submission_id)

        @datasource.transaction(name="record_settlement", isolation_level=isolation)
        def keep_settlement(submission_id: str, settlement: str) -> None:
            session = datasource.sql_session()
            lock_ledger(session)
            record_settlement(session, program, submission_id, settlement)

        @DBOS.workflow(name="read_form")
        def read_form(form_id: str) -> None:
            keep_reading(form_id, read_page(form_id))
            self._something_done.set()

        @DBOS.workflow(name="settle_submission")
        def settle_submission(submission_id: str) -> None:
            keep_settlement(submission_id, plan(submission_id))
            self._something_done.set()

        held = HeldRoll(program.installation)

        @DBOS.step(name="send")
        def try_sending(sending_id: str) -> str:
            return send_one(program, sending_id, held)

        @datasource.transaction(name="record_sending", isolation_level=isolation)
        def keep_sending(sending_id: str, outcome: str) -> None:
            session = datasource.sql_session()
            lock_ledger(session)
            keep_outcome(session, program, sending_id, outcome)

        @DBOS.workflow(name="send_out")
        def send_out(sending_id: str) -> None:
            keep_sending(sending_id, try_sending(sending_id))
            self._something_done.set()

        self._read_form, self._settle_submission, self._send_out = read_form, settle_submission, send_out

    def _enqueue_due_work(self) -> bool:
        """Enqueues what is due and isn't yet; whether anything is left to do. The same work has the same id everywhere."""
        with self._sessions() as session:
            due = select(Form.form_id).where(Form.state == State.RECEIVED).order_by(Form.submission_id, Form.position)
            forms = list(session.scalars(due.limit(_ENQUEUED_AHEAD)))
            unread = exists().where(Form.submission_id == Submission.submission_id, Form.state == State.RECEIVED)
            settle = select(Submission.submission_id, Submission.settlements).where(Submission.needs_settling, ~unread)
            oldest = settle.order_by(Submission.created_at, Submission.submission_id).limit(_ENQUEUED_AHEAD)
            submissions = {f"settle/{found}/{count}": found for found, count in session.execute(oldest).all()}
        for form_id in forms:
            self._enqueue(PAGES_QUEUE, f"read/{form_id}", self._read_form, form_id)
        for work_id, submission_id in submissions.items():
            self._enqueue(SUBMISSIONS_QUEUE, work_id, self._settle_submission, submission_id)
        if self._finds_failures.is_due():
            for work_id in self._find_failed([f"read/{form_id}" for form_id in forms]):
                park_form(self._program, work_id.removeprefix("read/"))
            for work_id in self._find_failed(list(submissions)):
                abandon_settlement(self._program, submissions[work_id])
        return bool(forms or submissions)

    def _enqueue(self, queue: str, work_id: str, workflow: object, argument: str) -> None:
        if work_id in self._enqueued:
            return
        with SetWorkflowID(work_id):
            DBOS.enqueue_workflow(queue, workflow, argument)  # type: ignore[arg-type]  # DBOS wraps it untyped
        self._enqueued.add(work_id)

    def _find_failed(self, work_ids: list[str]) -> list[str]:
        begun = [work_id for work_id in work_ids if work_id in self._enqueued]
        if not begun:
            return []
        failed: list[WorkflowStatus] = DBOS.list_workflows(
            workflow_ids=begun, status=list(_FAILED), load_input=False, load_output=False
        )
        return [workflow.workflow_id for workflow in failed]

    def _tell_partners(self) -> None:
        """Tells partners what was decided once a time of the policy has come; looks at the time now and then."""
        if self._tells.is_due():
            release_if_due(self._program)

    def _send_what_is_due(self, may_wait: bool) -> bool:
        """Makes ready now and then what is to leave, at once when nothing else is left to do; enqueues what may be tried.
        Whether anything is being sent.
        """
        if self._prepares.is_due() or not may_wait:
            prepare_due(self._program)
        due = find_due(self._program)
        for sending_id, attempts in due.items():
            self._enqueue(SENDINGS_QUEUE, f"send/{sending_id}/{attempts}", self._send_out, sending_id)
        failed = set(self._find_failed([f"send/{sending_id}/{attempts}" for sending_id, attempts in due.items()]))
        return len(due) > len(failed)

    def _keep_beating(self) -> None:
        while not self._stop.wait(_BEAT_SECONDS):
            if not beat(self._sessions, self._slot, self.owner):
                self._slot_lost.set()
                self.stop()

    def _look_around(self, at_once: bool = False) -> None:
        """Takes up, now and then, what others left and what may go on by now."""
        if self._looks.is_due() or at_once:
            self._take_over_dead_slots()
            release_held_forms(self._program)

    def _take_over_dead_slots(self) -> None:
        for slot in list_dead_slots(self._sessions, seen_by=self._slot):
            begun = DBOS.list_workflows(executor_id=slot, status="PENDING", load_input=False, load_output=False)
            for workflow in begun:
                DBOS.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)
            forget_slot(self._sessions, slot)


def _place_engine(installation: Installation) -> DBOSConfig:
    """Where the workflow engine keeps its tables: in a SQLite file of its own, or with ours on PostgreSQL."""
    if installation.database_url.startswith("sqlite"):
        file = installation.home.absolute() / "dbos.sqlite"
        with closing(sqlite3.connect(file, timeout=30)) as database:
            database.execute("PRAGMA journal_mode=WAL")  # noted in the file; with it readers don't hold up writers
        return {"system_database_url": f"sqlite:///{file}"}
    from store.rested_connections import ASKING_THE_RESTED

    return {
        "system_database_url": watch_connections(installation.database_url),
        "db_engine_kwargs": {"pool_pre_ping": False, "pool_events": ASKING_THE_RESTED},
    }


@contextmanager
def _dying_of_machine_trouble(work_id: str) -> Iterator[None]:
    """Ends this process at once when the disk, the database or the memory fails: the work stays begun and is taken up again,
    where an error recorded against it would put a form before a person that nothing is wrong with.
    """
    try:
        yield
    except (OSError, SQLAlchemyError, MemoryError) as error:
        log_failure("worker", work_id, error)
        os._exit(MACHINE_TROUBLE)


def run_worker(program: Program, drain: bool, owner: str) -> int:
    """Runs one worker in this process until it is drained or told to stop by a signal or by the end of its parent. Returns its
    exit code.
    """
    import cv2

    cv2.setNumThreads(1)
    with program.open_cell() as cell:
        worker = Worker(program, cell, owner)
        for number in (signal.SIGTERM, signal.SIGINT):
            # from a thread of its own: the one that is interrupted may hold what `stop` needs
            signal.signal(number, lambda *_: threading.Thread(target=worker.stop).start())
        threading.Thread(target=_stop_with_parent, args=(worker, os.getppid()), daemon=True).start()
        return worker.run(drain)


def _stop_with_parent(worker: Worker, parent: int) -> None:
    while Path(f"/proc/{parent}").exists() and os.getppid() == parent:
        time.sleep(1)
    worker.stop()
