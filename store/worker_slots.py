"""Signs of life of workers, and how often each piece of work was begun. About machines; not in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.tables import WorkAttempt, WorkerSlot

EXPIRY = timedelta(seconds=10)

OpenSession = Callable[[], Session]


def claim_slot(open_session: OpenSession, owner: str) -> str:
    """Takes the first slot that nobody lives in, and returns its name. Two workers never hold one slot."""
    for number in range(10_000):
        slot = f"slot-{number}"
        try:
            with open_session() as session, session.begin():
                now = datetime.now(UTC)
                free = (WorkerSlot.slot == slot) & (WorkerSlot.seen_at < now - EXPIRY)
                taken = session.execute(
                    update(WorkerSlot).where(free).values(owner=owner, seen_at=now).returning(WorkerSlot.slot)
                ).first()
                if taken is None:
                    session.execute(insert(WorkerSlot).values(slot=slot, owner=owner, seen_at=now))
                return slot
        except IntegrityError:
            continue
    raise RuntimeError("ten thousand workers are alive")


def beat(open_session: OpenSession, slot: str, owner: str) -> bool:
    """Renews the sign of life; False if somebody else has taken the slot."""
    with open_session() as session, session.begin():
        mine = (WorkerSlot.slot == slot) & (WorkerSlot.owner == owner)
        renewed = session.execute(
            update(WorkerSlot).where(mine).values(seen_at=datetime.now(UTC)).returning(WorkerSlot.slot)
        ).first()
    return renewed is not None


def release_slots(open_session: OpenSession, owner: str) -> None:
    """Frees what an ended worker held."""
    with open_session() as session, session.begin():
        session.execute(
            update(WorkerSlot).where(WorkerSlot.owner == owner).values(seen_at=datetime.fromtimestamp(0, UTC))
        )


def list_dead_slots(open_session: OpenSession, seen_by: str) -> list[str]:
    """Slots whose worker has given no sign of life, as a living worker sees them: its own is never dead, however late it is."""
    with open_session() as session:
        late = WorkerSlot.seen_at < datetime.now(UTC) - EXPIRY
        return list(session.scalars(select(WorkerSlot.slot).where(late, WorkerSlot.slot != seen_by)))


def forget_slot(open_session: OpenSession, slot: str) -> None:
    """Forgets a dead slot after its work was taken over; a slot that was claimed meanwhile stays."""
    with open_session() as session, session.begin():
        late = WorkerSlot.seen_at < datetime.now(UTC) - EXPIRY
        session.execute(delete(WorkerSlot).where((WorkerSlot.slot == slot) & late))


def count_attempt(open_session: OpenSession, work_id: str) -> int:
    """Notes that a piece of work begins; returns how often it has begun by now. Durable before it returns."""
    with open_session() as session, session.begin():
        counted = session.scalar(
            update(WorkAttempt)
            .where(WorkAttempt.work_id == work_id)
            .values(attempts=WorkAttempt.attempts + 1)
            .returning(WorkAttempt.attempts)
        )
        if counted is None:
            session.execute(insert(WorkAttempt).values(work_id=work_id, attempts=1))
            counted = 1
    return counted
