"""The tables. Every tracked row's digest stands in the ledger, so a row changed behind the program's back is found.

The store knows what these rows are called and how they hang together, and nothing of what they mean. Rows are written
through `store.ledger.record` alone; a session refuses others. A new class of `Tracked` is verified without more ado.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Dialect, ForeignKey, Index, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from store.canonical import JsonValue, hash_value, write_canonical_json

ABSENT = "absent"
"""Key in a column's `info`: the value that rows have which were written before the column was there. SHALL be given for
every column that a migration adds to a tracked table.
"""

NAMES_DOCUMENTS = "names documents"
"""Key in a column's `info`: its value names documents by their hash, which stay as long as the row does."""


class CanonicalJson(TypeDecorator[Any]):
    """A JSON value kept as its canonical text, so that it reads back to the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Canonical text of `value`."""
        return None if value is None else write_canonical_json(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value of the text."""
        return None if value is None else json.loads(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time kept as ISO text with microseconds; sorts as text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """ISO text of an aware time; `ValueError` for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The aware time."""
        return None if value is None else datetime.fromisoformat(value)


class Table(DeclarativeBase):
    """All tables of an installation."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Tracked(Table):
    """A row whose digest is written into the ledger each time it is written. The salt keeps a digest from being guessed."""

    __abstract__ = True

    salt: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))

    def identify(self) -> str:
        """The row's key as text."""
        return "/".join(str(getattr(self, column.key)) for column in self.__table__.primary_key)

    def describe(self) -> dict[str, object]:
        """What the digest is taken of: all columns by name. A column that a later version added is left out while it has
        the value that rows of before have, so that their digests stay what they were.
        """
        values = ((column, getattr(self, column.key)) for column in self.__table__.columns)
        return {
            column.key: value for column, value in values if ABSENT not in column.info or value != column.info[ABSENT]
        }

    def digest(self) -> str:
        """Salted SHA-256 of the row; the salt is drawn at the first call, so that it can be called before a flush."""
        if self.salt is None:
            self.salt = secrets.token_hex(16)
        return hash_value(self.describe())


def _key() -> Mapped[str]:
    return mapped_column(String(80), primary_key=True)


class Document(Tracked):
    """A stored file: what it is for and how long it is. Its bytes are in the document store under `sha256`."""

    __tablename__ = "documents"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    stored_at: Mapped[datetime] = mapped_column(UtcTime)


class Partner(Tracked):
    """A community partner."""

    __tablename__ = "partners"
    partner_id: Mapped[str] = _key()
    name: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text, default="")
    categories: Mapped[list[str]] = mapped_column(CanonicalJson)


class Agreement(Tracked):
    """One step of an agreement's life: a status that holds from a day on, until the next step."""

    __tablename__ = "agreements"
    agreement_id: Mapped[str] = _key()
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    school_year: Mapped[str] = mapped_column(String(7))
    status: Mapped[str] = mapped_column(String(20))
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_on: Mapped[date | None] = mapped_column(info={ABSENT: None})


class FormTemplate(Tracked):
    """A blank form that was learned: its PDF, and what registration needs, both as documents.

    `signing_consents`: it has no box for consent, and somebody said that signing it is consenting. `printed_records`: it has
    no boxes for records, and somebody said which its print releases; None where nobody did.
    """

    __tablename__ = "form_templates"
    template_id: Mapped[str] = _key()
    code: Mapped[str] = mapped_column(String(80))
    school_year: Mapped[str] = mapped_column(String(7))
    language: Mapped[str] = mapped_column(String(8))
    published: Mapped[date]
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"))
    signing_consents: Mapped[bool] = mapped_column(default=False, info={ABSENT: False})
    printed_records: Mapped[list[str] | None] = mapped_column(CanonicalJson, info={ABSENT: None})
    blank_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    model_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    added_at: Mapped[datetime] = mapped_column(UtcTime)


class EnrollmentSnapshot(Tracked):
    """Enrollment as it was on a day. The students are one document: they are replaced whole, never edited."""

    __tablename__ = "enrollment_snapshots"
    snapshot_id: Mapped[str] = _key()
    as_of: Mapped[date]
    students: Mapped[int]
    document_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    loaded_at: Mapped[datetime] = mapped_column(UtcTime)
    loaded_on: Mapped[date | None] = mapped_column(info={ABSENT: None})


class Submission(Tracked):
    """What a partner sent in one go."""

    __tablename__ = "submissions"
    submission_id: Mapped[str] = _key()
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    basis: Mapped[str] = mapped_column(String(10))
    received_on: Mapped[date]
    list_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"))
    list_name: Mapped[str] = mapped_column(Text, default="")
    submitted_by: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    settlements: Mapped[int] = mapped_column(default=0)
    needs_settling: Mapped[bool] = mapped_column(default=True, index=True)


class RefusedInput(Tracked):
    """An input of a submission that was not taken, kept with its reason."""

    __tablename__ = "refused_inputs"
    refusal_id: Mapped[str] = _key()
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    position: Mapped[int]
    file: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"))


class ListedStudent(Tracked):
    """A row of a partner's student list, as read, and what came of it."""

    __tablename__ = "listed_students"
    row_id: Mapped[str] = _key()
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    row_number: Mapped[int]
    cells: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    state: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[list[str]] = mapped_column(CanonicalJson)
    form_id: Mapped[str | None] = mapped_column(String(80))


class Form(Tracked):
    """A page that came in, from received to decided. `reading_sha256` keeps every field's evidence."""

    __tablename__ = "forms"
    __table_args__ = (Index("ix_forms_content", "partner_id", "document_sha256", "page_index"),)
    form_id: Mapped[str] = _key()
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.submission_id"), index=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    position: Mapped[int]
    document_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    media_type: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(Text)
    page_index: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), index=True)
    page_kind: Mapped[str] = mapped_column(String(20), default="")
    template_id: Mapped[str | None] = mapped_column(ForeignKey("form_templates.template_id"))
    reading_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"))
    fields: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, default=dict)
    signature: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, default=dict)
    match: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, default=dict)
    row_number: Mapped[int | None]
    student_id: Mapped[str | None] = mapped_column(String(40), index=True)
    reasons: Mapped[list[str]] = mapped_column(CanonicalJson, default=list)
    findings: Mapped[list[JsonValue]] = mapped_column(CanonicalJson, default=list)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_on: Mapped[date | None]
    decided_why: Mapped[str | None] = mapped_column(Text)
    policy_sha256: Mapped[str | None] = mapped_column(String(64))


class Case(Tracked):
    """A form that waits for a person."""

    __tablename__ = "cases"
    case_id: Mapped[str] = _key()
    form_id: Mapped[str] = mapped_column(ForeignKey("forms.form_id"), index=True)
    reasons: Mapped[list[str]] = mapped_column(CanonicalJson)
    opened_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), index=True)
    closed_on: Mapped[date | None]


class Decision(Tracked):
    """What a person or a rule set decided on a form. Never changed: a correction is another decision."""

    __tablename__ = "decisions"
    decision_id: Mapped[str] = _key()
    form_id: Mapped[str] = mapped_column(ForeignKey("forms.form_id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"))
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(20))
    student_id: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    seen: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    policy_sha256: Mapped[str] = mapped_column(String(64))
    year_sha256: Mapped[str | None] = mapped_column(String(64), info={ABSENT: None})
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class Grant(Tracked):
    """The right of one partner to see one student's data of some categories between two days, and what it rests on."""

    __tablename__ = "grants"
    __table_args__ = (Index("ix_grants_partner_student", "partner_id", "student_id"),)
    grant_id: Mapped[str] = _key()
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    student_id: Mapped[str] = mapped_column(String(40))
    categories: Mapped[list[str]] = mapped_column(CanonicalJson)
    from_date: Mapped[date]
    to_date: Mapped[date]
    basis: Mapped[str] = mapped_column(String(10))
    school_year: Mapped[str] = mapped_column(String(7))
    form_id: Mapped[str | None] = mapped_column(ForeignKey("forms.form_id"))
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.decision_id"))
    lapses_on: Mapped[date | None]
    revoked_on: Mapped[date | None]
    revoked_by: Mapped[str | None] = mapped_column(Text)
    revoked_why: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class Withdrawal(Tracked):
    """That a grant ends on a day, and since when that is known. Of several for one grant the earliest day holds."""

    __tablename__ = "withdrawals"
    withdrawal_id: Mapped[str] = _key()
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), index=True)
    on_date: Mapped[date]
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_on: Mapped[date]


class LegalHold(Tracked):
    """An order that nothing of a student or a partner, or nothing at all, is destroyed, until it is released."""

    __tablename__ = "legal_holds"
    hold_id: Mapped[str] = _key()
    scope: Mapped[str] = mapped_column(String(10))
    scope_id: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(Text)
    placed_on: Mapped[date]
    released_by: Mapped[str | None] = mapped_column(Text)
    released_why: Mapped[str | None] = mapped_column(Text)
    released_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class ListedTerms(Tracked):
    """What a partner's agreement, or a blank form, lists beyond the four categories, from a day on."""

    __tablename__ = "listed_terms"
    terms_id: Mapped[str] = _key()
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    template_id: Mapped[str | None] = mapped_column(ForeignKey("form_templates.template_id"), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    listed: Mapped[list[str]] = mapped_column(CanonicalJson)
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class PersonStep(Tracked):
    """A step of a person whom a partner's network use agreement names: a status that holds from a day on, until the next step.

    `named_by`: the agreement's paper, or an account of the partner that stood for it.
    """

    __tablename__ = "partner_people"
    step_id: Mapped[str] = _key()
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    user_principal_name: Mapped[str] = mapped_column(String(120), index=True)
    school_year: Mapped[str] = mapped_column(String(7))
    status: Mapped[str] = mapped_column(String(20))
    full_name: Mapped[str] = mapped_column(Text, default="", info={ABSENT: ""})
    named_by: Mapped[str] = mapped_column(String(10), default="paper", info={ABSENT: "paper"})
    actor: Mapped[str] = mapped_column(Text, default="program", info={ABSENT: "program"})
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("documents.sha256"), index=True, info={ABSENT: None})
    on_date: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)


class StudentDataLoad(Tracked):
    """Student data that pages are shown from, replaced whole: documents by a hash of the student id, and the files read."""

    __tablename__ = "student_data"
    load_id: Mapped[str] = _key()
    as_of: Mapped[date]
    students: Mapped[int]
    buckets: Mapped[list[str]] = mapped_column(CanonicalJson, info={NAMES_DOCUMENTS: True})
    files: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, info={NAMES_DOCUMENTS: True})
    loaded_at: Mapped[datetime] = mapped_column(UtcTime)


class Delivery(Tracked):
    """A package or feed that left, or may have: recorded before it is in reach, `delivered` once it is, `withheld` where it was
    cut off before and access that it rests on has ended since.
    """

    __tablename__ = "deliveries"
    delivery_id: Mapped[str] = _key()
    kind: Mapped[str] = mapped_column(String(20), index=True)
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"), index=True)
    recipient: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    report_date: Mapped[date]
    file_format: Mapped[str] = mapped_column(String(10))
    manifest_sha256: Mapped[str] = mapped_column(ForeignKey("documents.sha256"))
    folder: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson, info={NAMES_DOCUMENTS: True})
    student_count: Mapped[int]
    row_count: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    accepted_by: Mapped[str | None] = mapped_column(Text)
    accepted_why: Mapped[str | None] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class Disclosure(Tracked):
    """What one recipient got of one student on one grant. For a feed: from `delivery_id` on, in every feed before
    `until_delivery_id`, which is the first that has it no more or otherwise.
    """

    __tablename__ = "disclosures"
    disclosure_id: Mapped[str] = _key()
    kind: Mapped[str] = mapped_column(String(20))
    delivery_id: Mapped[str | None] = mapped_column(ForeignKey("deliveries.delivery_id"), index=True)
    until_delivery_id: Mapped[str | None] = mapped_column(ForeignKey("deliveries.delivery_id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    student_id: Mapped[str] = mapped_column(String(40), index=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), index=True)
    basis: Mapped[str] = mapped_column(String(10))
    categories: Mapped[list[str]] = mapped_column(CanonicalJson)
    content: Mapped[dict[str, JsonValue]] = mapped_column(CanonicalJson)
    recipient: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date]
    at: Mapped[datetime] = mapped_column(UtcTime)


class LedgerLeaf(Table):
    """One event. `body` is hashed as stored and never written again; triggers refuse update and delete."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("prev_root"),)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[str] = mapped_column(String(64))
    prev_root: Mapped[str] = mapped_column(String(64))
    root: Mapped[str] = mapped_column(String(64))


class LedgerNode(Table):
    """The hash of a perfect subtree of 256 leaves or of 256 nodes below, kept so that a proof needs few of them.

    `number` counts the subtrees of a level from 0; level 1 covers 256 leaves, level 2 65,536. Follows from the leaves.
    """

    __tablename__ = "ledger_nodes"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_hash: Mapped[str] = mapped_column(String(64))


class LedgerHead(Table):
    """The one row that every writer locks: size, root and right edge of the tree."""

    __tablename__ = "ledger_head"
    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    edge: Mapped[list[str]] = mapped_column(CanonicalJson)


class WorkerSlot(Table):
    """A running worker's sign of life. Not tracked: it is about machines, not about families."""

    __tablename__ = "worker_slots"
    slot: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    seen_at: Mapped[datetime] = mapped_column(UtcTime)


class WorkAttempt(Table):
    """How often a piece of work was begun: what killed its worker three times is parked. Not tracked."""

    __tablename__ = "work_attempts"
    work_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempts: Mapped[int]


TRACKED_TABLES: dict[str, type[Tracked]] = {table.__tablename__: table for table in Tracked.__subclasses__()}
