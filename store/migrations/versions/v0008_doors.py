"""Printed packets and the doors: batches and their sheets, cover sheets, arrivals, what is to go out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The tables of `store.packet_tables` and `store.door_tables`."""
    op.create_table(
        "door_calls",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("looked_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_door_calls")),
    )
    op.create_table(
        "sending_attempts",
        sa.Column("sending_id", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(length=32), nullable=False),
        sa.Column("trouble", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("sending_id", name=op.f("pk_sending_attempts")),
    )
    op.create_table(
        "print_batches",
        sa.Column("batch_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("school_year", sa.String(length=7), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("printed_by", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["list_sha256"], ["documents.sha256"], name=op.f("fk_print_batches_list_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_print_batches_partner_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_print_batches")),
    )
    with op.batch_alter_table("print_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_print_batches_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "sendings",
        sa.Column("sending_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["document_sha256"], ["documents.sha256"], name=op.f("fk_sendings_document_sha256")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_sendings_partner_id")),
        sa.PrimaryKeyConstraint("sending_id", name=op.f("pk_sendings")),
    )
    with op.batch_alter_table("sendings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sendings_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sendings_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_sendings_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "arrivals",
        sa.Column("arrival_id", sa.String(length=80), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_arrivals_partner_id")),
        sa.ForeignKeyConstraint(["sha256"], ["documents.sha256"], name=op.f("fk_arrivals_sha256")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_arrivals_submission_id")
        ),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_arrivals")),
    )
    with op.batch_alter_table("arrivals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrivals_partner_id"), ["partner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_arrivals_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_arrivals_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "cover_sheets",
        sa.Column("cover_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=80), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("arrival_id", sa.String(length=80), nullable=True),
        sa.Column("pages_found", sa.Integer(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["arrival_id"], ["arrivals.arrival_id"], name=op.f("fk_cover_sheets_arrival_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.partner_id"], name=op.f("fk_cover_sheets_partner_id")),
        sa.PrimaryKeyConstraint("cover_id", name=op.f("pk_cover_sheets")),
    )
    with op.batch_alter_table("cover_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cover_sheets_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "printed_sheets",
        sa.Column("sheet_id", sa.String(length=80), nullable=False),
        sa.Column("batch_id", sa.String(length=80), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=80), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=True),
        sa.Column("came_back_on", sa.Date(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batches.batch_id"], name=op.f("fk_printed_sheets_batch_id")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_printed_sheets_form_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["form_templates.template_id"], name=op.f("fk_printed_sheets_template_id")
        ),
        sa.PrimaryKeyConstraint("sheet_id", name=op.f("pk_printed_sheets")),
    )
    with op.batch_alter_table("printed_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_printed_sheets_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_printed_sheets_form_id"), ["form_id"], unique=False)


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
