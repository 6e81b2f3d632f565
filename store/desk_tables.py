"""The tables of people at their desks: accounts and sessions, claims on cases, what was keyed, which pages were shown.

What concerns a family or a right is tracked like every such row; sessions, claims and unfinished uploads are about machines
and moments, change many times a minute and are not. No password, only its Argon2 hash; no session token, only its SHA-256.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.canonical import JsonValue
from store.tables import ABSENT, TRACKED_TABLES, CanonicalJson, Table, Tracked, UtcTime


class Account(Tracked):
    """A person's log-in. `full_name`: what pages call them, "" for the log-in's name. `subject`: who an identity provider says
    it is ("issuer subject"). A closed account opens nothing.
    """

    __tablename__ = "accounts"
    account_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    full_name: Mapped[str] = mapped_column(Text, default="", info={ABSENT: ""})
    role: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"))
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(250), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(8), default="en")
    letter_keys: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class CaseStep(Tracked):
    """What a person did on a case short of deciding it: took it over, put it off, keyed a field, asked for many at once.

    `kind` says which; `value` is what was keyed, `field` where; `until` the day to which it was put off.
    """

    __tablename__ = "case_steps"
    step_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    field: Mapped[str] = mapped_column(String(40), default="")
    value: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[date | None]
    before: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, default=dict)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class Batch(Tracked):
    """Cases proposed for acceptance in one go: exactly these, each with the child and what was seen of it."""

    __tablename__ = "batches"
    batch_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    proposed_by: Mapped[str] = mapped_column(Text)
    items: Mapped[list[JsonValue]] = mapped_column(CanonicalJson)
    state: Mapped[str] = mapped_column(String(12), index=True)
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)


class PageView(Tracked):
    """A page that showed students to somebody: who, which page, whose; the paper of a form counts as the form."""

    __tablename__ = "page_views"
    __table_args__ = (Index("ix_page_views_account_subject", "account_id", "subject"),)
    view_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(80))
    page: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    student_ids: Mapped[list[str]] = mapped_column(CanonicalJson)
    form_ids: Mapped[list[str]] = mapped_column(CanonicalJson)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class WebSession(Table):
    """A log-in that holds, kept on the server. The cookie is a random token; here stands its SHA-256."""

    __tablename__ = "web_sessions"
    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(80), index=True)
    form_token: Mapped[str] = mapped_column(String(64))
    awaits_code: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)


class CaseClaim(Table):
    """Who works on a case now. It ends by itself where its holder gives no sign of life."""

    __tablename__ = "case_claims"
    case_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)


class Upload(Table):
    """Files on their way in: what was announced and how much of each has come. Its bytes lie under the home's `uploads`."""

    __tablename__ = "uploads"
    upload_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(String(80), index=True)
    account_id: Mapped[str] = mapped_column(String(80))
    answers: Mapped[str | None] = mapped_column(String(80))
    files: Mapped[list[JsonValue]] = mapped_column(CanonicalJson)
    submission_id: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class SubmissionAnswer(Tracked):
    """A submission that was sent in answer to a form or row that had gone back."""

    __tablename__ = "submission_answers"
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), primary_key=True)
    answers_form_id: Mapped[str | None] = mapped_column(ForeignKey("forms.form_id"), index=True)
    answers_row_id: Mapped[str | None] = mapped_column(ForeignKey("listed_students.row_id"), index=True)


DESK_TABLES: tuple[type[Tracked], ...] = (Account, CaseStep, Batch, PageView, SubmissionAnswer)
TRACKED_TABLES.update({table.__tablename__: table for table in DESK_TABLES})
