"""Notes of hosts; the bookings of a day are found by when they begin"""

import sqlalchemy as sa
from alembic import op

from innovation_station.db import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("text <> ''", name=op.f("ck_host_note_text")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_host_note_by_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["member.id"], name=op.f("fk_host_note_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_note")),
    )
    op.create_index("ix_host_note_done_at_day", "host_note", ["done_at", "day"])
    op.create_index(op.f("ix_host_note_by_id"), "host_note", ["by_id"])
    op.create_index(op.f("ix_host_note_done_by_id"), "host_note", ["done_by_id"])
    op.create_index(op.f("ix_booking_start"), "booking", ["start"])
