"""One record of the people whom a network use agreement names: their full names, who named them, and on what paper."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Columns of `partner_people`."""
    with op.batch_alter_table("partner_people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("full_name", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("named_by", sa.String(length=10), nullable=False, server_default="paper"))
        batch_op.add_column(sa.Column("actor", sa.Text(), nullable=False, server_default="program"))
        batch_op.add_column(sa.Column("document_sha256", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_partner_people_document_sha256"), ["document_sha256"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_partner_people_document_sha256"), "documents", ["document_sha256"], ["sha256"]
        )


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
