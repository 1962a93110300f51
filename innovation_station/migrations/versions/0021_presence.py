"""When somebody is expected and was reminded, the codes on places, and reports of what is broken"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

LETTERS = "23456789abcdefghjkmnpqrstvwxyz"


def upgrade() -> None:
    instant = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    for column in ("expected_at", "reminded_at"):
        op.execute(f"ALTER TABLE booking ADD COLUMN {column} {instant}")
    _codes()
    _faults()


def _codes() -> None:
    made = op.create_table(
        "space_code",
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_code_space_id")),
        sa.PrimaryKeyConstraint("space_id", name=op.f("pk_space_code")),
        sa.UniqueConstraint("code", name=op.f("uq_space_code_code")),
    )
    ids = op.get_bind().execute(sa.text("SELECT id FROM space ORDER BY id")).scalars()
    rows = [{"space_id": space_id, "code": "".join(secrets.choice(LETTERS) for _ in range(12))} for space_id in ids]
    if rows:
        op.bulk_insert(made, rows)


def _faults() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "fault_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("state", sa.String(4), nullable=False),
        sa.Column("done_at", instant, nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state in ('open', 'done')", name=op.f("ck_fault_report_state")),
        sa.CheckConstraint("(state = 'done') = (done_at is not null)", name=op.f("ck_fault_report_done")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_fault_report_space_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_fault_report_member_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["member.id"], name=op.f("fk_fault_report_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_report")),
    )
    op.create_index(op.f("ix_fault_report_state_at"), "fault_report", ["state", "at"])
    op.create_index(op.f("ix_fault_report_member_id"), "fault_report", ["member_id"])
    op.create_index(op.f("ix_fault_report_done_by_id"), "fault_report", ["done_by_id"])
