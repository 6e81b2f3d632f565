"""Accepts many plain cases at once: one person names exactly the rows, another confirms them. Each is its own decision.

A proposal is an acceptance of each case that waits for a second person; a confirmation is the second. So whatever refuses a
single acceptance refuses it here too, and a case that has changed in between is left in the queue and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from consentry.desk.deciding import ACCEPT, Terms, decide_case
from consentry.desk.undoing import reverse_decision
from consentry.errors import CommandError
from consentry.program import Program
from store import Entry, Event, JsonValue, record
from store.desk_tables import Batch
from store.ids import derive_id

PROPOSED, CONFIRMED, DROPPED = "proposed", "confirmed", "dropped"
MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A case of a batch: the child to accept, and what the page showed of it."""

    case_id: str
    student_id: str
    seen: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case that a batch could not take, and why."""

    case_id: str
    words: str


def propose_batch(
    program: Program, items: Sequence[BatchItem], reason: str, user: str, terms: Terms
) -> tuple[Batch, list[LeftOut]]:
    """Accepts each case as the first of two. `CommandError`: no reason, none or too many, or nothing that could be taken."""
    if not reason.strip():
        raise CommandError("accepting many at once needs a reason")
    if not 0 < len(items) <= MOST_ITEMS:
        raise CommandError(f"choose between 1 and {MOST_ITEMS} cases")
    taken, left = _accept_each(program, items, reason, user, replace(terms, second_person=True))
    if not taken:
        raise CommandError(f"none of these cases could be taken: {left[0].words}")
    clock = program.read_clock()
    with program.installation.writing() as session:
        batch = Batch(
            batch_id=derive_id("batch", user, clock.now.isoformat()),
            proposed_by=user,
            items=[asdict(item) for item in taken],
            state=PROPOSED,
            confirmed_by=None,
            reason=reason,
            at=clock.now,
        )
        facts = {"cases": len(taken)}
        record(session, clock, Entry(Event.BATCH_PROPOSED, batch.batch_id, user, [batch], dict(facts)))
    return batch, left


def confirm_batch(program: Program, batch_id: str, user: str, terms: Terms) -> list[LeftOut]:
    """Accepts each case as the second of two; returns those that were left out. `CommandError`: not open, or one's own."""
    with program.installation.reading() as session:
        batch = _find_open(session, batch_id)
    if batch.proposed_by == user:
        raise CommandError("a second person has to confirm these cases")
    _, left = _accept_each(program, list_items(batch), batch.reason, user, terms)
    _end(program, batch_id, CONFIRMED, user, len(left))
    return left


def drop_batch(program: Program, batch_id: str, user: str, reason: str) -> None:
    """Takes a proposal back: the cases are in the queue again as they were. `CommandError`: not open, no reason."""
    if not reason.strip():
        raise CommandError("dropping a proposal needs a reason")
    with program.installation.reading() as session:
        batch = _find_open(session, batch_id)
    for item in list_items(batch):
        try:
            reverse_decision(program, item.case_id, user, reason, others_too=True)
        except CommandError:  # decided by itself in the meantime: that stands
            continue
    _end(program, batch_id, DROPPED, user, 0)


def list_batches(session: Session) -> list[Batch]:
    """Proposals that wait for a second person, oldest first."""
    return list(session.scalars(select(Batch).where(Batch.state == PROPOSED).order_by(Batch.at)))


def list_items(batch: Batch) -> list[BatchItem]:
    """The cases of a batch."""
    items = (item for item in batch.items if isinstance(item, dict))
    return [BatchItem(str(item["case_id"]), str(item["student_id"]), str(item["seen"])) for item in items]


def _accept_each(
    program: Program, items: Sequence[BatchItem], reason: str, user: str, terms: Terms
) -> tuple[list[BatchItem], list[LeftOut]]:
    taken, left = [], []
    for item in items:
        try:
            decide_case(program, item.case_id, ACCEPT, item.student_id, reason, user, replace(terms, seen=item.seen))
        except CommandError as error:
            left.append(LeftOut(item.case_id, str(error)))
        else:
            taken.append(item)
    return taken, left


def _find_open(session: Session, batch_id: str) -> Batch:
    batch = session.get(Batch, batch_id)
    if batch is None or batch.state != PROPOSED:
        raise CommandError("that proposal is not open any more")
    return batch


def _end(program: Program, batch_id: str, state: str, user: str, left_out: int) -> None:
    clock = program.read_clock()
    with program.installation.writing() as session:
        batch = _find_open(session, batch_id)
        batch.state, batch.confirmed_by = state, user
        facts: dict[str, JsonValue] = {"state": state, "left_out": left_out}
        record(session, clock, Entry(Event.BATCH_ENDED, batch_id, user, [batch], facts))
