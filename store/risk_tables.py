"""The tables of the risk: policies put in force, the blind sample and what was keyed of it, what partners were told when.

All are tracked, and all only grow but for a blind task's state: a policy, a keying or an answer that was given stays as it
was, and a later one comes beside it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.canonical import JsonValue
from store.tables import TRACKED_TABLES, CanonicalJson, Tracked, UtcTime


class PolicyVersion(Tracked):
    """A policy that was put in force; the newest holds. Its file is the document `sha256`, the hash of every decision under it.

    `basis`: what the labels allowed when it was set. `accepted_risk`: why it was set though the labels did not allow it.
    """

    __tablename__ = "policy_versions"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"), index=True)
    set_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    accepted_risk: Mapped[str | None] = mapped_column(Text)
    basis: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class BlindTask(Tracked):
    """A grant that was drawn for the blind sample: somebody keys its form's fields from the crops alone.

    `granted_by` is who decided it (rules or a person), who may not key it. `case_id`: the case that a disagreement opened.
    """

    __tablename__ = "blind_tasks"
    task_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), index=True)
    form_id: Mapped[str] = mapped_column(ForeignKey("forms.form_id"), index=True)
    student_id: Mapped[str] = mapped_column(String(40))
    granted_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"), index=True)
    drawn_on: Mapped[date]
    drawn_at: Mapped[datetime] = mapped_column(UtcTime)


class Keying(Tracked):
    """What a person keyed of a blind task, how each field compares with the granted child, and whom the keyed values mean."""

    __tablename__ = "keyings"
    keying_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("blind_tasks.task_id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    keyed: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    comparisons: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    matched_student_id: Mapped[str | None] = mapped_column(String(40))
    snapshot_id: Mapped[str] = mapped_column(String(80))
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class PartnerRelease(Tracked):
    """A moment at which partners were told what had been decided. `due_at`: the time of the policy, None if by hand."""

    __tablename__ = "partner_releases"
    release_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    answers: Mapped[int]
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class ReleasedAnswer(Tracked):
    """What a release told of one form or list row; of several of one subject the newest release's holds."""

    __tablename__ = "released_answers"
    release_id: Mapped[str] = mapped_column(ForeignKey("partner_releases.release_id"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[list[str]] = mapped_column(CanonicalJson)


RISK_TABLES: tuple[type[Tracked], ...] = (PolicyVersion, BlindTask, Keying, PartnerRelease, ReleasedAnswer)
TRACKED_TABLES.update({table.__tablename__: table for table in RISK_TABLES})
