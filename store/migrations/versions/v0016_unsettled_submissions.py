"""An index of submissions that are still to be settled: workers ask for them several times a second."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """An index of `submissions`."""
    op.create_index(op.f("ix_submissions_needs_settling"), "submissions", ["needs_settling"])


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
