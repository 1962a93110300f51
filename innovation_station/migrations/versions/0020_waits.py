"""Lines for places that are taken, and the reason that comes with a declined request"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

STATES = ("waiting", "offered", "taken", "passed", "expired", "left", "over")


def upgrade() -> None:
    op.execute("ALTER TABLE booking ADD COLUMN answer_reason VARCHAR(300)")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "wait",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(10), nullable=True),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("start", instant, nullable=False),
        sa.Column("end", instant, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("offered_id", sa.Integer(), nullable=True),
        sa.Column("offer_until", instant, nullable=True),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("skipped", sa.JSON(), nullable=True),
        sa.Column("joined_at", instant, nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.CheckConstraint('start < "end"', name=op.f("ck_wait_order")),
        sa.CheckConstraint(f"state in {STATES}", name=op.f("ck_wait_state")),
        sa.CheckConstraint("(space_id is null) <> (kind is null)", name=op.f("ck_wait_wanted")),
        sa.CheckConstraint("zone_id is null or kind is not null", name=op.f("ck_wait_zone")),
        sa.CheckConstraint(
            "state <> 'offered' or (offer_until is not null and offered_id is not null)", name=op.f("ck_wait_offer")
        ),
        sa.CheckConstraint("(state in ('waiting', 'offered')) = (ended_at is null)", name=op.f("ck_wait_ended")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_wait_member_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_wait_space_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_wait_zone_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["space_hold.id"], name=op.f("fk_wait_hold_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["offered_id"], ["space.id"], name=op.f("fk_wait_offered_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_wait_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wait")),
    )
    op.create_index(op.f("ix_wait_member_id"), "wait", ["member_id"])
    op.create_index(op.f("ix_wait_hold_id"), "wait", ["hold_id"])
    op.create_index(op.f("ix_wait_booking_id"), "wait", ["booking_id"])
    op.create_index("ix_wait_state_start", "wait", ["state", "start"])
