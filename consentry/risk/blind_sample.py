"""The blind sample: which grants a person keys anew from the crops alone, and what came of it.

A grant is drawn by a keyed hash of its id: nobody without the home's secret can foretell it, and the same grant is drawn or not
however often it is asked. Who decided a grant doesn't key it, and nobody sees who was granted. A disagreement opens a case;
it never ends a grant by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.intake.enrolled_children import EnrollmentCache
from consentry.program import Program
from consentry.risk.blind_comparison import ILLEGIBLE, KEYED_FIELDS, Comparison, compare_keyed, tidy_keyed
from review_queue import Reason
from store import Clock, Entry, Event, JsonValue, record
from store.ids import derive_id
from store.risk_tables import BlindTask, Keying
from store.tables import Case, Decision, Form, Grant, Submission, Tracked

OPEN, AGREES, DISAGREES, UNREADABLE = "open", "agrees", "disagrees", "illegible"


@dataclass(frozen=True, slots=True)
class FieldToKey:
    """A field of a blind task: its name and its box on the page, x0, y0, x1, y1 in page pixels."""

    name: str
    box: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TaskToKey:
    """What a keyer may know of a blind task: the form and its fields, never whom it was granted for."""

    task_id: str
    form_id: str
    drawn_on: str
    fields: tuple[FieldToKey, ...]


@dataclass(frozen=True, slots=True)
class Keyed:
    """What came of keying a task: agrees, disagrees or illegible, field by field, and the case that a disagreement opened."""

    task_id: str
    state: str
    comparisons: tuple[Comparison, ...]
    case_id: str | None


def draw_for_blind_sample(
    session: Session, home: Path, share: float, grant: Grant, granted_by: str, clock: Clock
) -> None:
    """Draws a new grant for a home's blind sample, a `share` of all, or not. The session holds the ledger's lock and has
    written the grant.
    """
    if grant.form_id is None or not is_drawn(home, grant.grant_id, share):
        return
    task = BlindTask(
        task_id=derive_id("blind", grant.grant_id),
        grant_id=grant.grant_id,
        form_id=grant.form_id,
        student_id=grant.student_id,
        granted_by=granted_by,
        state=OPEN,
        case_id=None,
        drawn_on=clock.today,
        drawn_at=clock.now,
    )
    record(session, clock, Entry(Event.BLIND_TASK_DRAWN, task.task_id, "program", [task]))


def is_drawn(home: Path, grant_id: str, share: float) -> bool:
    """Whether a grant belongs to the blind sample of a home."""
    digest = hmac.new(_read_secret(home), f"blind-sample/{grant_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def list_tasks(program: Program, user: str | None = None) -> list[TaskToKey]:
    """The open tasks, oldest first; with `user` those that this person may key."""
    with program.installation.reading() as session:
        tasks = session.scalars(
            select(BlindTask).where(BlindTask.state == OPEN).order_by(BlindTask.drawn_at, BlindTask.task_id)
        )
        return [
            _show_task(session, task) for task in tasks if user is None or _find_refusal(session, task, user) is None
        ]


def find_task(program: Program, task_id: str) -> TaskToKey:
    """An open task. `CommandError` if there is none of that id."""
    with program.installation.reading() as session:
        return _show_task(session, _find_open(session, task_id))


def key_task(program: Program, task_id: str, keyed: Mapping[str, str], user: str) -> Keyed:
    """Compares what a person keyed with what was granted. `keyed`: each field of the task; "" where the field is empty on the
    form, "?" where it is illegible. `CommandError`: no such open task, not this person's, a field missing or malformed.
    """
    if not user.strip():
        raise CommandError("say who keys: --as USER")
    clock = program.read_clock()
    with program.installation.reading() as session:
        task = _find_open(session, task_id)
        wanted = {field.name for field in _show_task(session, task).fields}
        children = EnrollmentCache(program.installation).find(session, task.drawn_on)
    tidy = {name: tidy_keyed(name, value) for name, value in keyed.items()}
    if set(tidy) != wanted:
        raise CommandError(f"key exactly these fields: {', '.join(name for name in KEYED_FIELDS if name in wanted)}")
    compared = compare_keyed(tidy, task.student_id, children)
    with program.installation.writing() as session:
        task = _find_open(session, task_id)
        refusal = _find_refusal(session, task, user)
        if refusal is not None:
            raise CommandError(refusal)
        session.expunge(task)  # comes back with `record`, in its turn: after the case that it will point at
        task.state = DISAGREES if compared.disagrees else AGREES if compared.says_something else UNREADABLE
        rows: list[Tracked] = [task]
        if task.state == DISAGREES:
            rows.append(_open_case(task, clock))
        rows.append(
            Keying(
                keying_id=derive_id("keying", task_id, user, clock.now.isoformat()),
                task_id=task_id,
                actor=user,
                keyed=dict(tidy),
                comparisons={entry.field: entry.outcome for entry in compared.comparisons},
                matched_student_id=compared.matched_student_id,
                snapshot_id=children.snapshot_id,
                on_date=clock.today,
                at=clock.now,
            )
        )
        facts: dict[str, JsonValue] = {"state": task.state}
        record(session, clock, Entry(Event.BLIND_TASK_KEYED, task_id, user, rows, facts))
    return Keyed(task_id, task.state, compared.comparisons, task.case_id)


def find_doubted_grant(session: Session, case_id: str) -> Grant | None:
    """The grant over which a blind keying opened this case; None for a case of another kind."""
    task = session.scalars(select(BlindTask).where(BlindTask.case_id == case_id)).first()
    return session.get_one(Grant, task.grant_id) if task else None


def is_allowed_to_key(session: Session, task: BlindTask, user: str) -> bool:
    """Whether a person may key a task: they neither decided on its form nor sent it in."""
    return _find_refusal(session, task, user) is None


def _open_case(task: BlindTask, clock: Clock) -> Case:
    task.case_id = derive_id("case", task.form_id, task.task_id)
    return Case(
        case_id=task.case_id,
        form_id=task.form_id,
        reasons=[Reason.CANNOT_CONFIRM.value],
        opened_on=clock.today,
        state="open",
        closed_on=None,
    )


def _find_open(session: Session, task_id: str) -> BlindTask:
    task = session.get(BlindTask, task_id)
    if task is None or task.state != OPEN:
        raise CommandError(f"no open task {task_id}: see 'consentry audit list'")
    return task


def _find_refusal(session: Session, task: BlindTask, user: str) -> str | None:
    deciders = select(Decision.actor).where(Decision.form_id == task.form_id)
    if user == task.granted_by or user in set(session.scalars(deciders)):
        return "who decided on a form does not key it"
    form = session.get_one(Form, task.form_id)
    if session.get_one(Submission, form.submission_id).submitted_by == user:
        return "who sent a form in does not key it"
    return None


def _show_task(session: Session, task: BlindTask) -> TaskToKey:
    form = session.get_one(Form, task.form_id)
    found = []
    for name in KEYED_FIELDS:
        field = form.fields.get(name)
        box = field.get("box") if isinstance(field, dict) else None
        if isinstance(box, list) and isinstance(field, dict) and "source" not in field:  # else on another page
            found.append(FieldToKey(name, tuple(int(str(edge)) for edge in box)))
    return TaskToKey(task.task_id, task.form_id, task.drawn_on.isoformat(), tuple(found))


def _read_secret(home: Path) -> bytes:
    file = home / "keys" / "blind-sample.key"
    if not file.exists():
        draft = file.with_name(f"blind-sample.{secrets.token_hex(8)}")
        draft.touch(mode=0o600, exist_ok=False)
        with draft.open("wb") as stream:
            stream.write(secrets.token_bytes(32))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)  # of two processes that make it at once, one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes()


__all__ = [
    "AGREES",
    "DISAGREES",
    "ILLEGIBLE",
    "OPEN",
    "UNREADABLE",
    "FieldToKey",
    "Keyed",
    "TaskToKey",
    "draw_for_blind_sample",
    "find_doubted_grant",
    "find_task",
    "is_allowed_to_key",
    "is_drawn",
    "key_task",
    "list_tasks",
]
