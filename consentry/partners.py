"""Finds the partner that a command names. Decides nothing about what it may do."""

from __future__ import annotations

from sqlalchemy.orm import Session

from consentry.errors import CommandError
from store.tables import Partner


def find_partner(session: Session, partner_id: str) -> Partner:
    """The partner of that id. `CommandError`: there is none."""
    partner = session.get(Partner, partner_id)
    if partner is None:
        raise CommandError(f"no partner {partner_id}: add it with 'consentry partner add'")
    return partner
