"""Of a blank without a box for consent: whether somebody said that signing it is consenting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """A column of `form_templates`. Its default is a plain text, so that SQLite adds it in place: making the table anew would
    drop one that forms refer to.
    """
    with op.batch_alter_table("form_templates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signing_consents", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
