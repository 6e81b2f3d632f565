"""The end of a grant before its time: on which day, by whom, why, and since when that is known. Nothing is erased."""

from __future__ import annotations

from datetime import date, datetime

from store.ids import derive_id
from store.tables import Grant, Withdrawal


def withdraw(grant: Grant, on_date: date, actor: str, reason: str, now: datetime, today: date) -> Withdrawal:
    """Ends a grant on `on_date`, its first day without access. The grant shows the end that holds, the returned row when it
    was said; both SHALL be recorded together.
    """
    grant.revoked_on, grant.revoked_by, grant.revoked_why = on_date, actor, reason
    return Withdrawal(
        withdrawal_id=derive_id("end", grant.grant_id, on_date.isoformat(), now.isoformat()),
        grant_id=grant.grant_id,
        on_date=on_date,
        actor=actor,
        reason=reason,
        recorded_at=now,
        recorded_on=today,
    )
