"""The full name of an account's person: what pages call a principal who stands by a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """A column of `accounts`. Its default is a plain text, so that SQLite adds it in place: other tables refer to this one."""
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("full_name", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
