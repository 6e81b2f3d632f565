"""The tables of what stops by itself until a lead says so: exports of a restored home, an extract that looks poisoned."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.canonical import JsonValue
from store.tables import TRACKED_TABLES, CanonicalJson, Tracked, UtcTime


class ExportFreeze(Tracked):
    """A time during which nothing leaves the house. Runs until somebody releases it; `released_*` are empty before."""

    __tablename__ = "export_freezes"
    freeze_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    frozen_by: Mapped[str] = mapped_column(Text)
    frozen_at: Mapped[datetime] = mapped_column(UtcTime)
    released_by: Mapped[str | None] = mapped_column(Text)
    released_why: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ExtractConfirmation(Tracked):
    """A lead's word that an extract which differs too much from the one before is right. `differences`: what was counted."""

    __tablename__ = "extract_confirmations"
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("enrollment_snapshots.snapshot_id"), primary_key=True)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    differences: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


SAFETY_TABLES: tuple[type[Tracked], ...] = (ExportFreeze, ExtractConfirmation)
TRACKED_TABLES.update({table.__tablename__: table for table in SAFETY_TABLES})
