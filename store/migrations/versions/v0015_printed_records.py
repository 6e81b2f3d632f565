"""Of a blank without boxes for records: which of them its print releases, as somebody said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """A column of `form_templates`, added in place."""
    with op.batch_alter_table("form_templates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("printed_records", sa.Text(), nullable=True))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
