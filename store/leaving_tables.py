"""The tables of what left the house and of who asked: confirmations of paused grants, accounts for families, incidents.

All are tracked and only grow: a later word comes beside an earlier one.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables import TRACKED_TABLES, CanonicalJson, Tracked, UtcTime


class GrantConfirmation(Tracked):
    """That a person let a grant go on whose student's address became confidential after it was given."""

    __tablename__ = "grant_confirmations"
    confirmation_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class FamilyListing(Tracked):
    """That a family was given the account of what was disclosed of its student: the language, and the file's SHA-256."""

    __tablename__ = "family_listings"
    listing_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    student_id: Mapped[str] = mapped_column(String(40), index=True)
    language: Mapped[str] = mapped_column(String(8))
    disclosures: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class Incident(Tracked):
    """That grants were found wrong: the day from which the days to notify run, and what had left by the report."""

    __tablename__ = "incidents"
    incident_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    grant_ids: Mapped[list[str]] = mapped_column(CanonicalJson)
    found_on: Mapped[date]
    students: Mapped[int]
    disclosures: Mapped[int]
    report_sha256: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


LEAVING_TABLES: tuple[type[Tracked], ...] = (GrantConfirmation, FamilyListing, Incident)
TRACKED_TABLES.update({table.__tablename__: table for table in LEAVING_TABLES})
