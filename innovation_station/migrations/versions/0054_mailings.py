"""Mails of the house to groups, and how each receiver was told"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("subject_sv", sa.String(150), nullable=False),
        sa.Column("subject_en", sa.String(150), nullable=False),
        sa.Column("body_sv", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("group", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("leaves_at", instant, nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.CheckConstraint("kind in ('news', 'own')", name=op.f("ck_mailing_kind")),
        sa.CheckConstraint("state in ('draft', 'waiting', 'leaving', 'done')", name=op.f("ck_mailing_state")),
        sa.CheckConstraint("state = 'draft' or leaves_at is not null", name=op.f("ck_mailing_leaves")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_mailing_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    op.create_index(op.f("ix_mailing_by_id"), "mailing", ["by_id"])
    op.create_index("ix_mailing_state_leaves_at", "mailing", ["state", "leaves_at"])
    op.create_table(
        "mailing_receiver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("language", sa.String(2), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=True),
        sa.CheckConstraint("way in ('', 'mail', 'digest', 'list', 'none')", name=op.f("ck_mailing_receiver_way")),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name=op.f("fk_mailing_receiver_mailing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_mailing_receiver_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_receiver")),
        sa.UniqueConstraint("mailing_id", "email", name=op.f("uq_mailing_receiver_mailing_id_email")),
    )
    op.create_index(op.f("ix_mailing_receiver_member_id"), "mailing_receiver", ["member_id"])
    op.create_index("ix_mailing_receiver_mailing_id_id", "mailing_receiver", ["mailing_id", "id"])
