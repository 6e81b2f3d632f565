"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


_REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER ledger_never_updated BEFORE UPDATE ON ledger "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
        "CREATE TRIGGER ledger_never_deleted BEFORE DELETE ON ledger "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$",
        "CREATE TRIGGER ledger_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()",
    ),
}


def upgrade() -> None:
    """All tables, and the triggers that keep the ledger from being changed in place."""
    op.create_table(
        "documents",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_documents")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.String(length=64), nullable=False),
        sa.Column("prev_root", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("prev_root", name=op.f("uq_ledger_prev_root")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("edge", sa.Text(), nullable=False),
        sa.Column("turns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "partners",
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_partners")),
    )
    op.create_table(
        "work_attempts",
        sa.Column("work_id", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("work_id", name=op.f("pk_work_attempts")),
    )
    op.create_table(
        "worker_slots",
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_worker_slots")),
    )
    op.create_table(
        "agreements",
        sa.Column("agreement_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_agreements_partner_id")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreements")),
    )
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreements_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "enrollment_snapshots",
        sa.Column("snapshot_id", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_sha256"], ["documents.sha256"], name=op.f("fk_enrollment_snapshots_document_sha256")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_enrollment_snapshots")),
    )
    op.create_table(
        "form_templates",
        sa.Column("template_id", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("blank_sha256", sa.String(length=64), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["blank_sha256"], ["documents.sha256"], name=op.f("fk_form_templates_blank_sha256")),
        sa.ForeignKeyConstraint(["model_sha256"], ["documents.sha256"], name=op.f("fk_form_templates_model_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_form_templates_partner_id")),
        sa.PrimaryKeyConstraint("template_id", name=op.f("pk_form_templates")),
    )
    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=True),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("settlements", sa.Integer(), nullable=False),
        sa.Column("needs_settling", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["list_sha256"], ["documents.sha256"], name=op.f("fk_submissions_list_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_submissions_partner_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submissions")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submissions_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "forms",
        sa.Column("form_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("page_index", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("page_kind", sa.String(length=20), nullable=False),
        sa.Column("template_id", sa.String(length=80), nullable=True),
        sa.Column("reading_sha256", sa.String(length=64), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("match", sa.Text(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column("student_id", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("policy_sha256", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["document_sha256"], ["documents.sha256"], name=op.f("fk_forms_document_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_forms_partner_id")),
        sa.ForeignKeyConstraint(["reading_sha256"], ["documents.sha256"], name=op.f("fk_forms_reading_sha256")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.submission_id"], name=op.f("fk_forms_submission_id")),
        sa.ForeignKeyConstraint(["template_id"], ["form_templates.template_id"], name=op.f("fk_forms_template_id")),
        sa.PrimaryKeyConstraint("form_id", name=op.f("pk_forms")),
    )
    with op.batch_alter_table("forms", schema=None) as batch_op:
        batch_op.create_index("ix_forms_content", ["partner_id", "document_sha256", "page_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_forms_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_forms_student_id"), ["student_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_forms_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "listed_students",
        sa.Column("row_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_listed_students_submission_id")
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_listed_students")),
    )
    with op.batch_alter_table("listed_students", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listed_students_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "refused_inputs",
        sa.Column("refusal_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_sha256"], ["documents.sha256"], name=op.f("fk_refused_inputs_document_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_refused_inputs_submission_id")
        ),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_refused_inputs")),
    )
    with op.batch_alter_table("refused_inputs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refused_inputs_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(length=80), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_cases_form_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_form_id"), ["form_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_state"), ["state"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(length=80), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=80), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_decisions_case_id")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_decisions_form_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_form_id"), ["form_id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=True),
        sa.Column("decision_id", sa.String(length=80), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name=op.f("fk_grants_decision_id")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_grants_form_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_grants_partner_id")),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index("ix_grants_partner_student", ["partner_id", "student_id"], unique=False)
    for statement in _REFUSALS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
