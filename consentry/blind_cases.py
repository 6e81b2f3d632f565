"""What a person's decision does on a case that a blind keying opened: the grant is confirmed, or it ends."""

from __future__ import annotations

from sqlalchemy.orm import Session

from access import withdraw
from store import Clock, Entry, Event, JsonValue, record
from store.tables import Case, Decision, Grant


def confirm_doubted_grant(session: Session, case: Case, decision: Decision, clock: Clock) -> None:
    """The granted child is right: the case is closed, form and grant stay as they are."""
    case.state, case.closed_on = "closed", clock.today
    facts: dict[str, JsonValue] = {"action": decision.action, "confirms": True}
    record(session, clock, Entry(Event.REVIEW_DECIDED, case.case_id, decision.actor, [decision, case], facts))


def end_doubted_grant(session: Session, grant: Grant, actor: str, reason: str, clock: Clock) -> None:
    """The granted child is wrong: the grant ends today, unless it has ended already."""
    if grant.revoked_on is not None and grant.revoked_on <= clock.today:
        return
    end = withdraw(grant, clock.today, actor, reason, clock.now, clock.today)
    record(session, clock, Entry(Event.ACCESS_WITHDRAWN, grant.grant_id, actor, [grant, end], {"grants": 1}))
