"""What the house announces, and who has hidden it"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("level", sa.String(15), nullable=False),
        sa.Column("text_sv", sa.String(300), nullable=False),
        sa.Column("text_en", sa.String(300), nullable=False),
        sa.Column("shown_from", instant, nullable=False),
        sa.Column("shown_until", instant, nullable=False),
        sa.Column("on_start", sa.Boolean(), nullable=False),
        sa.Column("on_today", sa.Boolean(), nullable=False),
        sa.Column("on_book", sa.Boolean(), nullable=False),
        sa.Column("on_display", sa.Boolean(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=True),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("start", instant, nullable=True),
        sa.Column("end", instant, nullable=True),
        sa.Column("in_feeds", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("withdrawn_at", instant, nullable=True),
        sa.CheckConstraint("level in ('information', 'important')", name=op.f("ck_announcement_level")),
        sa.CheckConstraint("shown_from < shown_until", name=op.f("ck_announcement_order")),
        sa.CheckConstraint(
            '(start is null and "end" is null) or (start is not null and "end" is not null and start < "end")',
            name=op.f("ck_announcement_happens"),
        ),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_announcement_floor_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_announcement_zone_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_announcement_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("uid", name=op.f("uq_announcement_uid")),
    )
    op.create_index("ix_announcement_shown_until", "announcement", ["shown_until"])
    op.create_index("ix_announcement_end", "announcement", ["end"])
    op.create_table(
        "announcement_hidden",
        sa.Column("announcement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_announcement_hidden_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_announcement_hidden_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement_id", "member_id", name=op.f("pk_announcement_hidden")),
    )  # fmt: skip
    op.create_index(op.f("ix_announcement_hidden_member_id"), "announcement_hidden", ["member_id"])
