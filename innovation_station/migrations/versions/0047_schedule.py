"""What staff do in the schedule, until it can no longer be taken back, and why they let bookings pass rules"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rules_passed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_rules_passed_booking_id")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_rules_passed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules_passed")),
    )
    op.create_index(op.f("ix_rules_passed_booking_id"), "rules_passed", ["booking_id"])
    op.create_index(op.f("ix_rules_passed_by_id"), "rules_passed", ["by_id"])
    op.create_table(
        "schedule_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("closure_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('booked', 'moved', 'cancelled', 'closed', 'opened')", name=op.f("ck_schedule_act_kind")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["member.id"], name=op.f("fk_schedule_act_actor_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_schedule_act_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_act")),
    )
    op.create_index("ix_schedule_act_actor_id_at", "schedule_act", ["actor_id", "at"])
    op.create_index(op.f("ix_schedule_act_booking_id"), "schedule_act", ["booking_id"])
    op.create_index(op.f("ix_schedule_act_at"), "schedule_act", ["at"])
