"""Grants that are paused: their student's address became confidential, and nobody has decided yet whether they go on.

A student in the Address Confidentiality Program always goes before a person (domain rule 10). A grant whose case said so was
decided by somebody who knew; any other stops giving access on the day the enrollment says it, until a person confirms it.
Nothing is ended: the grant runs on once it is confirmed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.known_time import KnownTime
from review_queue.types import Reason
from store.leaving_tables import GrantConfirmation
from store.loading import split_ids
from store.tables import Case, Decision, Grant


def find_paused(
    session: Session, grant_ids: Collection[str], day: date, known: KnownTime | None = None
) -> frozenset[str]:
    """Those of the grants that are paused on `day`. `grant_ids`: grants of students who are protected on that day."""
    going_on: set[str] = set()
    for some in split_ids(grant_ids):
        confirmed = select(GrantConfirmation).where(GrantConfirmation.grant_id.in_(some))
        going_on |= {
            row.grant_id
            for row in session.scalars(confirmed)
            if row.on_date <= day and (known is None or known.covers(row.on_date, row.recorded_at))
        }
        decided = (
            select(Grant.grant_id, Case.reasons)
            .join(Decision, Decision.decision_id == Grant.decision_id)
            .join(Case, Case.case_id == Decision.case_id)
            .where(Grant.grant_id.in_(some))
        )
        going_on |= {grant_id for grant_id, reasons in session.execute(decided) if Reason.PROTECTED in reasons}
    return frozenset(grant_ids) - going_on
