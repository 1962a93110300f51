"""Series: bookings repeated by a rule, each date a row"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("skip_closed", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.CheckConstraint(
            "0 <= start_minute and start_minute < end_minute and end_minute <= 1440", name=op.f("ck_series_minutes")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_series_member_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_series_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("uid", name=op.f("uq_series_uid")),
        sa.UniqueConstraint("member_id", "request_key", name=op.f("uq_series_member_id_request_key")),
    )
    op.create_index(op.f("ix_series_member_id"), "series", ["member_id"])
    op.create_index(op.f("ix_series_space_id"), "series", ["space_id"])
    op.create_table(
        "occurrence",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("original", sa.Date(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("retitled", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state in ('confirmed', 'cancelled', 'skipped', 'dropped')", name=op.f("ck_occurrence_state")
        ),
        sa.CheckConstraint(
            "booking_id is not null or state in ('skipped', 'dropped')", name=op.f("ck_occurrence_booked")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_occurrence_booking_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_occurrence_series_id")),
        sa.PrimaryKeyConstraint("series_id", "original", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_occurrence_booking_id")),
    )
