"""The tables of printed packets: batches of sheets printed for a partner's list, and what stands on each sheet.

Both are tracked. A sheet keeps the values that were printed on it, so that the page that comes back can be held against them;
its code names the sheet and holds none of them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.canonical import JsonValue
from store.tables import TRACKED_TABLES, CanonicalJson, Tracked, UtcTime


class PrintBatch(Tracked):
    """Sheets printed in one go for one list of one partner."""

    __tablename__ = "print_batches"
    batch_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    list_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    list_name: Mapped[str] = mapped_column(Text)
    sheets: Mapped[int]
    printed_by: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class PrintedSheet(Tracked):
    """A child's sheet of a batch: the row of the list, the blank, the values printed by field, and the form it came back as."""

    __tablename__ = "printed_sheets"
    sheet_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("print_batches.batch_id"), index=True)
    row_number: Mapped[int]
    template_id: Mapped[str] = mapped_column(ForeignKey("form_templates.template_id"))
    printed: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    form_id: Mapped[str | None] = mapped_column(ForeignKey("forms.form_id"), index=True)
    came_back_on: Mapped[date | None]


PACKET_TABLES: tuple[type[Tracked], ...] = (PrintBatch, PrintedSheet)
TRACKED_TABLES.update({table.__tablename__: table for table in PACKET_TABLES})
