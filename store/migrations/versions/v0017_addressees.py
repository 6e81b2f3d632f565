"""The school that a reminder is for, where it isn't the partner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """A column of `sendings`. Its default is a plain text, so that SQLite adds it in place."""
    with op.batch_alter_table("sendings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("addressee", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
