"""What the house tells, with a picture each, and the addresses it has had"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    news = sa.ForeignKeyConstraint
    op.create_table(
        "news_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("title_sv", sa.String(150), nullable=False),
        sa.Column("title_en", sa.String(150), nullable=False),
        sa.Column("summary_sv", sa.String(400), nullable=False),
        sa.Column("summary_en", sa.String(400), nullable=False),
        sa.Column("body_sv", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("alt_sv", sa.String(250), nullable=False),
        sa.Column("alt_en", sa.String(250), nullable=False),
        sa.Column("picture_revision", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("shown_from", instant, nullable=True),
        sa.CheckConstraint("state in ('draft', 'published', 'archived')", name=op.f("ck_news_item_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_item")),
        sa.UniqueConstraint("uid", name=op.f("uq_news_item_uid")),
        sa.UniqueConstraint("slug", name=op.f("uq_news_item_slug")),
    )
    op.create_index("ix_news_item_state_shown_from", "news_item", ["state", "shown_from"])
    op.create_table(
        "news_picture",
        sa.Column("news_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        news(["news_id"], ["news_item.id"], name=op.f("fk_news_picture_news_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("news_id", name=op.f("pk_news_picture")),
    )
    op.create_table(
        "news_address",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("news_id", sa.Integer(), nullable=False),
        news(["news_id"], ["news_item.id"], name=op.f("fk_news_address_news_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_news_address")),
    )
    op.create_index(op.f("ix_news_address_news_id"), "news_address", ["news_id"])
