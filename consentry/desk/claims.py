"""Who works on a case: taken by one conditional statement, kept by a heartbeat, ended by itself, taken over with a reason.

A claim keeps two people from doing the same work. It decides nothing: of two decisions the ledger's lock takes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consentry.errors import CommandError
from consentry.program import Program
from store import Clock, Entry, Event, record
from store.desk_tables import CaseClaim, CaseStep
from store.ids import derive_id
from store.tables import Case

LEASE = timedelta(minutes=3)
"""A claim ends this long after its holder's last sign of life."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a case, and since when."""

    holder: str
    since: datetime


def claim_case(session: Session, case_id: str, holder: str, now: datetime) -> Claim:
    """Takes or renews the claim on a case unless somebody else holds it; returns whose it is then."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    mine = insert(CaseClaim).values(case_id=case_id, holder=holder, claimed_at=now, ends_at=now + LEASE)
    session.execute(
        mine.on_conflict_do_update(
            index_elements=[CaseClaim.case_id],
            set_={
                "holder": holder,
                "claimed_at": case((CaseClaim.holder == holder, CaseClaim.claimed_at), else_=now),
                "ends_at": now + LEASE,
            },
            where=or_(CaseClaim.holder == holder, CaseClaim.ends_at < now),
        )
    )
    found = session.execute(select(CaseClaim.holder, CaseClaim.claimed_at).where(CaseClaim.case_id == case_id)).one()
    return Claim(found.holder, found.claimed_at)


def beat_claim(program: Program, case_id: str, holder: str) -> bool:
    """Keeps a claim alive; False where it is somebody else's by now, or the case is decided."""
    clock = program.read_clock()
    with program.installation.sessions.begin() as session:
        is_open = session.scalar(select(Case.state).where(Case.case_id == case_id)) == "open"
        return is_open and claim_case(session, case_id, holder, clock.now).holder == holder


def take_over_case(program: Program, case_id: str, user: str, reason: str) -> None:
    """Takes a case from whoever holds it; recorded with its reason. `CommandError` without a reason or such an open case."""
    if not reason.strip():
        raise CommandError("taking a case over needs a reason")
    clock = program.read_clock()
    with program.installation.writing() as session:
        found = session.get(Case, case_id)
        if found is None or found.state != "open":
            raise CommandError(f"case {case_id} is not open")
        session.execute(delete(CaseClaim).where(CaseClaim.case_id == case_id))
        claim_case(session, case_id, user, clock.now)
        step = make_step(case_id, "taken-over", user, clock, reason)
        record(session, clock, Entry(Event.CASE_TAKEN_OVER, case_id, user, [step]))


def find_claims(session: Session, now: datetime, case_ids: Iterable[str] | None = None) -> dict[str, Claim]:
    """The claims that hold now, by case."""
    held = select(CaseClaim).where(CaseClaim.ends_at >= now)
    if case_ids is not None:
        held = held.where(CaseClaim.case_id.in_(list(case_ids)))
    return {row.case_id: Claim(row.holder, row.claimed_at) for row in session.scalars(held)}


def make_step(case_id: str, kind: str, actor: str, clock: Clock, reason: str = "") -> CaseStep:
    """A step on a case, to be recorded; the columns of its kind are set by the caller."""
    return CaseStep(
        step_id=derive_id("step", case_id, kind, actor, clock.now.isoformat()),
        case_id=case_id,
        kind=kind,
        actor=actor,
        reason=reason,
        field="",
        value="",
        until=None,
        before={},
        on_date=clock.today,
        at=clock.now,
    )
