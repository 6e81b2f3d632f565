"""Whose content a sending holds, so that it is erased with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """A column of `sendings`."""
    with op.batch_alter_table("sendings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("submission_id", sa.String(length=80), nullable=True))
        batch_op.create_index(batch_op.f("ix_sendings_submission_id"), ["submission_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sendings_submission_id"), "submissions", ["submission_id"], ["submission_id"]
        )


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
