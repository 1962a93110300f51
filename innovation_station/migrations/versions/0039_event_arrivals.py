"""Who has come to events"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_arrival",
        sa.Column("registration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("way", sa.String(10), nullable=False),
        sa.CheckConstraint("way in ('ticket', 'list', 'walk-in')", name=op.f("ck_event_arrival_way")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_event_arrival_registration_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_arrival_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_event_arrival_by_id")),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_event_arrival")),
    )
    op.create_index(op.f("ix_event_arrival_event_id"), "event_arrival", ["event_id"])
    op.create_index(op.f("ix_event_arrival_by_id"), "event_arrival", ["by_id"])
