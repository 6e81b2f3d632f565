"""The tables of the partner's year: school years put in force, papers and verdicts of agreements, who may submit a list for a
school, what rests on such a list, what came in answer to what had gone back.

All are tracked and only grow: a later row comes beside an earlier one, and the newest holds.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.canonical import JsonValue
from store.tables import ABSENT, TRACKED_TABLES, CanonicalJson, Tracked, UtcTime


class SchoolYearVersion(Tracked):
    """A school year's file that was put in force; of one year the newest holds. The file is the document `sha256`, the hash
    of every decision under it.
    """

    __tablename__ = "school_year_versions"
    label: Mapped[str] = mapped_column(String(7), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"), index=True)
    set_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class AgreementPaper(Tracked):
    """Who took a step of an agreement, why, and the paper that came with it."""

    __tablename__ = "agreement_papers"
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreements.agreement_id"), primary_key=True)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"), index=True)


class DepartmentVerdict(Tracked):
    """What one department says of an agreement in review."""

    __tablename__ = "department_verdicts"
    verdict_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    school_year: Mapped[str] = mapped_column(String(7))
    department: Mapped[str] = mapped_column(String(40))
    verdict: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"), index=True)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class NamedPerson(Tracked):
    """A person of a partner who was trained. Rows of kind `nua` are of earlier versions and give no right: see `PersonStep`."""

    __tablename__ = "named_people"
    person_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    school_year: Mapped[str] = mapped_column(String(7))
    full_name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(120), default="")
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"), index=True)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class ListDesignee(Tracked):
    """Who may submit right-to-view lists for a school in a school year: its principal, or a designee. A step that holds from a
    day on, until the next.
    """

    __tablename__ = "list_designees"
    designee_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    school: Mapped[str] = mapped_column(Text)
    school_year: Mapped[str] = mapped_column(String(7), index=True)
    status: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class ListRight(Tracked):
    """The list row that a grant on the basis IS_LIST rests on, and the school whose right to view it is."""

    __tablename__ = "list_rights"
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    row_id: Mapped[str] = mapped_column(ForeignKey("listed_students.row_id"), index=True)
    school: Mapped[str] = mapped_column(Text)
    submitted_by: Mapped[str] = mapped_column(Text)


class TermConfirmation(Tracked):
    """That a school's principal or designee stands by a partner's list in a term; submitting a list is one. `holds_until`: the
    last day on which it does, by the year's file that was in force when it was given.
    """

    __tablename__ = "term_confirmations"
    confirmation_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    school: Mapped[str] = mapped_column(Text)
    school_year: Mapped[str] = mapped_column(String(7))
    term: Mapped[str] = mapped_column(String(40))
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    holds_until: Mapped[date | None] = mapped_column(info={ABSENT: None})
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class Correction(Tracked):
    """That a form or row answers one that had gone back: which, how (a new scan, a mended row, what the family says), and
    in which fields the row was mended.
    """

    __tablename__ = "corrections"
    correction_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    form_id: Mapped[str | None] = mapped_column(ForeignKey("forms.form_id"), index=True)
    row_id: Mapped[str | None] = mapped_column(ForeignKey("listed_students.row_id"), index=True)
    first_form_id: Mapped[str | None] = mapped_column(ForeignKey("forms.form_id"), index=True)
    first_row_id: Mapped[str | None] = mapped_column(ForeignKey("listed_students.row_id"), index=True)
    changes: Mapped[list[JsonValue]] = mapped_column(CanonicalJson)
    words: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


YEAR_TABLES: tuple[type[Tracked], ...] = (
    SchoolYearVersion,
    AgreementPaper,
    DepartmentVerdict,
    NamedPerson,
    ListDesignee,
    ListRight,
    TermConfirmation,
    Correction,
)
TRACKED_TABLES.update({table.__tablename__: table for table in YEAR_TABLES})
