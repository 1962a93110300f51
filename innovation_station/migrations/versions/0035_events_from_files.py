"""Events taken in from calendar files: where each came from, and the file between its look and its taking"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "event_source",
        sa.Column("event_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("uid_key", sa.String(64), nullable=False),
        sa.Column("stamp", sa.String(32), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("place", sa.String(150), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.CheckConstraint("language in ('sv', 'en')", name=op.f("ck_event_source_language")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_source_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_event_source_space_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_source")),
        sa.UniqueConstraint("key", name=op.f("uq_event_source_key")),
    )
    op.create_index(op.f("ix_event_source_uid_key"), "event_source", ["uid_key"])
    op.create_table(
        "event_file",
        sa.Column("member_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("zone", sa.String(64), nullable=True),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.CheckConstraint("language in ('sv', 'en')", name=op.f("ck_event_file_language")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_event_file_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_event_file")),
    )
    op.create_index(op.f("ix_event_file_kept_at"), "event_file", ["kept_at"])
