"""Confirmations of paused grants, accounts for families, incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The tables of `store.leaving_tables`."""
    op.create_table(
        "grant_confirmations",
        sa.Column("confirmation_id", sa.String(length=80), nullable=False),
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_grant_confirmations_grant_id")),
        sa.PrimaryKeyConstraint("confirmation_id", name=op.f("pk_grant_confirmations")),
    )
    with op.batch_alter_table("grant_confirmations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_confirmations_grant_id"), ["grant_id"], unique=False)

    op.create_table(
        "family_listings",
        sa.Column("listing_id", sa.String(length=80), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("disclosures", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_family_listings")),
    )
    with op.batch_alter_table("family_listings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_family_listings_student_id"), ["student_id"], unique=False)

    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=80), nullable=False),
        sa.Column("grant_ids", sa.Text(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("disclosures", sa.Integer(), nullable=False),
        sa.Column("report_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
    )


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
