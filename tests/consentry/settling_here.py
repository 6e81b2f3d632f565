"""Settles what waits in this process: the steps of a worker one after the other, without starting one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from consentry.pipeline.recording import record_settlement
from consentry.pipeline.settling import SettlementPlanner
from consentry.program import Program
from consentry.settings import Settings
from consentry.telling.releasing import release_held_forms
from store.tables import Submission
from tests.consentry.conftest import District


def settle(district: District) -> None:
    """Releases what may go on and settles every submission that needs it; its pages have to be read."""
    program = Program.open(Settings(home=district.home, today=date.fromisoformat(district.today)))
    release_held_forms(program)
    with program.installation.reading() as session:
        due = select(Submission.submission_id).where(Submission.needs_settling)
        waiting = list(session.scalars(due.order_by(Submission.created_at)))
    planner = SettlementPlanner(program)
    for submission_id in waiting:
        plan = planner.plan(submission_id)
        with program.installation.writing() as session:
            record_settlement(session, program, submission_id, plan)
    program.installation.engine.dispose()
