"""The tables of the doors: cover sheets, what came in through which door, what is to go out and how that went.

What came, what was printed and what left are tracked. Attempts and calls are about machines and moments and are not.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables import ABSENT, TRACKED_TABLES, Table, Tracked, UtcTime


class CoverSheet(Tracked):
    """A sheet that goes before a partner's papers in the office's scanner. For mailed papers it is the log of their receipt.

    `way`: mail or scanner; `pieces`: how many sheets of paper were counted; `arrival_id`: the scan that it came back in.
    """

    __tablename__ = "cover_sheets"
    cover_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    way: Mapped[str] = mapped_column(String(10))
    received_on: Mapped[date]
    pieces: Mapped[int | None]
    made_by: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)
    arrival_id: Mapped[str | None] = mapped_column(ForeignKey("arrivals.arrival_id"))
    pages_found: Mapped[int | None]


class Arrival(Tracked):
    """A file that came in through a door: which version of it, and what became of it.

    `outcome`: taken into `submission_id`, known already, refused, or a stack that was parted by its cover sheets.
    """

    __tablename__ = "arrivals"
    arrival_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    door: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"), index=True)
    size: Mapped[int]
    received_on: Mapped[date]
    outcome: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)


class Sending(Tracked):
    """Something that is to leave: its content is a document. Kept until it has left, however long the other side is down.

    `kind`: report, receipt, adr, notice, digest, reminder or event; `way`: outbox, mail or webhook; `subject_id`: what it is
    about; `state`: waiting, sent or withdrawn; `submission_id`: whose content it holds, with which it is erased; `addressee`:
    the school that a mail is for, "" where it is for the partner or the staff.
    """

    __tablename__ = "sendings"
    sending_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    way: Mapped[str] = mapped_column(String(10))
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(80), index=True)
    document_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    file_name: Mapped[str] = mapped_column(Text)
    submission_id: Mapped[str | None] = mapped_column(
        ForeignKey("submissions.submission_id"), index=True, info={ABSENT: None}
    )
    addressee: Mapped[str] = mapped_column(Text, default="", info={ABSENT: ""})
    state: Mapped[str] = mapped_column(String(10), index=True)
    on_date: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SendingAttempts(Table):
    """How often a sending was tried, when it is tried next, and the code of its last trouble. Not tracked."""

    __tablename__ = "sending_attempts"
    sending_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempts: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    trouble: Mapped[str] = mapped_column(String(40))


class DoorCall(Table):
    """A signed call from outside that says to look at a door; the same call twice is one. Not tracked: gone once looked at."""

    __tablename__ = "door_calls"
    call_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    door: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcTime)


DOOR_TABLES: tuple[type[Tracked], ...] = (Arrival, CoverSheet, Sending)
TRACKED_TABLES.update({table.__tablename__: table for table in DOOR_TABLES})
