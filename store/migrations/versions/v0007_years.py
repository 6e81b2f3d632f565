"""The partner's year: school years in force, agreements' papers and verdicts, right-to-view lists, what answers what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The tables of `store.year_tables`, and the school year's hash on decisions."""
    op.create_table(
        "list_designees",
        sa.Column("designee_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("designee_id", name=op.f("pk_list_designees")),
    )
    with op.batch_alter_table("list_designees", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_designees_school_year"), ["school_year"], unique=False)

    op.create_table(
        "department_verdicts",
        sa.Column("verdict_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_sha256"], ["documents.sha256"], name=op.f("fk_department_verdicts_document_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_department_verdicts_partner_id")
        ),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_department_verdicts")),
    )
    with op.batch_alter_table("department_verdicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_department_verdicts_document_sha256"), ["document_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_department_verdicts_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "named_people",
        sa.Column("person_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_sha256"], ["documents.sha256"], name=op.f("fk_named_people_document_sha256")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_named_people_partner_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_named_people")),
    )
    with op.batch_alter_table("named_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_named_people_document_sha256"), ["document_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_named_people_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "school_year_versions",
        sa.Column("label", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["documents.sha256"], name=op.f("fk_school_year_versions_sha256")),
        sa.PrimaryKeyConstraint("label", "version", name=op.f("pk_school_year_versions")),
    )
    with op.batch_alter_table("school_year_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_school_year_versions_sha256"), ["sha256"], unique=False)

    op.create_table(
        "agreement_papers",
        sa.Column("agreement_id", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.agreement_id"], name=op.f("fk_agreement_papers_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_sha256"], ["documents.sha256"], name=op.f("fk_agreement_papers_document_sha256")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_papers")),
    )
    with op.batch_alter_table("agreement_papers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_papers_document_sha256"), ["document_sha256"], unique=False)

    op.create_table(
        "term_confirmations",
        sa.Column("confirmation_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("term", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_term_confirmations_partner_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_term_confirmations_submission_id")
        ),
        sa.PrimaryKeyConstraint("confirmation_id", name=op.f("pk_term_confirmations")),
    )
    with op.batch_alter_table("term_confirmations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_term_confirmations_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_term_confirmations_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=True),
        sa.Column("row_id", sa.String(length=80), nullable=True),
        sa.Column("first_form_id", sa.String(length=80), nullable=True),
        sa.Column("first_row_id", sa.String(length=80), nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["first_form_id"], ["forms.form_id"], name=op.f("fk_corrections_first_form_id")),
        sa.ForeignKeyConstraint(["first_row_id"], ["listed_students.row_id"], name=op.f("fk_corrections_first_row_id")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_corrections_form_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_corrections_partner_id")),
        sa.ForeignKeyConstraint(["row_id"], ["listed_students.row_id"], name=op.f("fk_corrections_row_id")),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_first_form_id"), ["first_form_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_first_row_id"), ["first_row_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_form_id"), ["form_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_corrections_row_id"), ["row_id"], unique=False)

    op.create_table(
        "list_rights",
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("row_id", sa.String(length=80), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_list_rights_grant_id")),
        sa.ForeignKeyConstraint(["row_id"], ["listed_students.row_id"], name=op.f("fk_list_rights_row_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_list_rights_submission_id")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_list_rights")),
    )
    with op.batch_alter_table("list_rights", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_rights_row_id"), ["row_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_list_rights_submission_id"), ["submission_id"], unique=False)

    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("year_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
