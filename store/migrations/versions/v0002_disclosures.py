"""Deliveries and disclosures, what agreements and blanks list, partners' people, the data that pages are shown from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The tables of what leaves the house."""
    op.create_table(
        "student_data",
        sa.Column("load_id", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_student_data")),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("report_date", sa.Date(), nullable=False),
        sa.Column("file_format", sa.String(length=10), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("student_count", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_why", sa.Text(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["manifest_sha256"], ["documents.sha256"], name=op.f("fk_deliveries_manifest_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_deliveries_partner_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "partner_people",
        sa.Column("step_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("user_principal_name", sa.String(length=120), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_partner_people_partner_id")),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_partner_people")),
    )
    with op.batch_alter_table("partner_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_partner_people_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_partner_people_user_principal_name"), ["user_principal_name"], unique=False
        )

    op.create_table(
        "listed_terms",
        sa.Column("terms_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("template_id", sa.String(length=80), nullable=True),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("listed", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_listed_terms_partner_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["form_templates.template_id"], name=op.f("fk_listed_terms_template_id")
        ),
        sa.PrimaryKeyConstraint("terms_id", name=op.f("pk_listed_terms")),
    )
    with op.batch_alter_table("listed_terms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listed_terms_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listed_terms_template_id"), ["template_id"], unique=False)

    op.create_table(
        "disclosures",
        sa.Column("disclosure_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("delivery_id", sa.String(length=80), nullable=True),
        sa.Column("until_delivery_id", sa.String(length=80), nullable=True),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_disclosures_delivery_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_disclosures_grant_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_disclosures_partner_id")),
        sa.ForeignKeyConstraint(
            ["until_delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_disclosures_until_delivery_id")
        ),
        sa.PrimaryKeyConstraint("disclosure_id", name=op.f("pk_disclosures")),
    )
    with op.batch_alter_table("disclosures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disclosures_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosures_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosures_student_id"), ["student_id"], unique=False)


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
