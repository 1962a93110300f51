"""What is said and asked after events, and what was answered, without a name"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    event = sa.ForeignKeyConstraint
    op.create_table(
        "event_followup",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thanks_sv", sa.Text(), nullable=False),
        sa.Column("thanks_en", sa.Text(), nullable=False),
        sa.Column("ask", sa.Boolean(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        event(["event_id"], ["event.id"], name=op.f("fk_event_followup_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_followup")),
    )
    op.create_table(
        "event_answer",
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.CheckConstraint("rating between 1 and 5", name=op.f("ck_event_answer_rating")),
        event(["event_id"], ["event.id"], name=op.f("fk_event_answer_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_event_answer")),
    )
    op.create_index(op.f("ix_event_answer_event_id"), "event_answer", ["event_id"])
    op.create_table(
        "event_answered",
        sa.Column("registration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_event_answered_registration_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_event_answered")),
    )
