"""Nodes of the ledger's tree for quick proofs; when the end of a grant, an agreement and a snapshot became known; holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.merkle import TreeEdge, TreeNode

revision = "0003"
down_revision = "0002"

_BATCH = 2000


def upgrade() -> None:
    """The tables, and the nodes of a ledger that is there already."""
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_ledger_nodes")),
    )
    with op.batch_alter_table("ledger_head", schema=None) as batch_op:
        batch_op.drop_column("turns")
    with op.batch_alter_table("agreements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recorded_on", sa.Date(), nullable=True))
    with op.batch_alter_table("enrollment_snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("loaded_on", sa.Date(), nullable=True))
    op.create_table(
        "withdrawals",
        sa.Column("withdrawal_id", sa.String(length=80), nullable=False),
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_withdrawals_grant_id")),
        sa.PrimaryKeyConstraint("withdrawal_id", name=op.f("pk_withdrawals")),
    )
    with op.batch_alter_table("withdrawals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_withdrawals_grant_id"), ["grant_id"], unique=False)
    op.create_table(
        "legal_holds",
        sa.Column("hold_id", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("scope_id", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_why", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_legal_holds")),
    )
    _keep_nodes(op.get_bind())


def _keep_nodes(connection: sa.Connection) -> None:
    leaves = sa.table("ledger", sa.column("seq"), sa.column("leaf_hash"))
    nodes = sa.table("ledger_nodes", sa.column("level"), sa.column("number"), sa.column("node_hash"))
    edge = TreeEdge()
    while True:
        batch = sa.select(leaves.c.leaf_hash).where(leaves.c.seq >= edge.size).order_by(leaves.c.seq).limit(_BATCH)
        found = [bytes.fromhex(text) for text in connection.scalars(batch)]
        if not found:
            return
        finished: list[TreeNode] = []
        for leaf in found:
            edge = edge.append(leaf, finished)
        if finished:
            rows = [{"level": n.level, "number": n.number, "node_hash": n.node_hash.hex()} for n in finished]
            connection.execute(sa.insert(nodes), rows)


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
