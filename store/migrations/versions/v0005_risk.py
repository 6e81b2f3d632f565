"""The risk under control: policies in force, the blind sample and its keyings, what partners were told when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The tables of `store.risk_tables`."""
    op.create_table(
        "partner_releases",
        sa.Column("release_id", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_partner_releases")),
    )
    with op.batch_alter_table("partner_releases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_partner_releases_at"), ["at"], unique=False)

    op.create_table(
        "policy_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_risk", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["documents.sha256"], name=op.f("fk_policy_versions_sha256")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_versions")),
    )
    with op.batch_alter_table("policy_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_versions_sha256"), ["sha256"], unique=False)

    op.create_table(
        "released_answers",
        sa.Column("release_id", sa.String(length=80), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("submission_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["partner_releases.release_id"], name=op.f("fk_released_answers_release_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.submission_id"], name=op.f("fk_released_answers_submission_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "subject_id", name=op.f("pk_released_answers")),
    )
    with op.batch_alter_table("released_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_released_answers_subject_id"), ["subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_released_answers_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "blind_tasks",
        sa.Column("task_id", sa.String(length=80), nullable=False),
        sa.Column("grant_id", sa.String(length=80), nullable=False),
        sa.Column("form_id", sa.String(length=80), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.String(length=80), nullable=True),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_blind_tasks_case_id")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.form_id"], name=op.f("fk_blind_tasks_form_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_blind_tasks_grant_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_blind_tasks")),
    )
    with op.batch_alter_table("blind_tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blind_tasks_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blind_tasks_form_id"), ["form_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blind_tasks_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blind_tasks_state"), ["state"], unique=False)

    op.create_table(
        "keyings",
        sa.Column("keying_id", sa.String(length=80), nullable=False),
        sa.Column("task_id", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("keyed", sa.Text(), nullable=False),
        sa.Column("comparisons", sa.Text(), nullable=False),
        sa.Column("matched_student_id", sa.String(length=40), nullable=True),
        sa.Column("snapshot_id", sa.String(length=80), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["blind_tasks.task_id"], name=op.f("fk_keyings_task_id")),
        sa.PrimaryKeyConstraint("keying_id", name=op.f("pk_keyings")),
    )
    with op.batch_alter_table("keyings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_keyings_task_id"), ["task_id"], unique=False)


def downgrade() -> None:
    """A home is never taken back to an older schema: restore a backup instead."""
    raise NotImplementedError
