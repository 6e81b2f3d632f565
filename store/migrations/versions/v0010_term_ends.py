"""Until which day a confirmation of a right-to-view list holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """A column of `term_confirmations`."""
    with op.batch_alter_table("term_confirmations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holds_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
