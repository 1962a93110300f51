"""Entries of feeds stored by the month and compressed; those stored one by one go, the next fetch makes them anew"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("booking_entry")
    op.create_table(
        "feed_contents",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("bookings_revision", sa.Integer(), nullable=False),
        sa.Column("made_of", sa.String(length=32), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_feed_contents_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "language", name=op.f("pk_feed_contents")),
    )
    op.create_table(
        "feed_month",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("lengths", sa.Text(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_feed_month_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "language", "month", name=op.f("pk_feed_month")),
    )
