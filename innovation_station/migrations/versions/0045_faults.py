"""Of faults: who sees to them, photos, notes, reports of the same, who was moved; that one was none"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

REWORDED = (
    ("state", "state in ('open', 'hand', 'done')", "state in ('open', 'seen', 'hand', 'done', 'void')"),
    ("done", "(state = 'done') = (done_at is not null)", "(state in ('done', 'void')) = (done_at is not null)"),
)


def upgrade() -> None:
    for column in (
        "assignee_id INTEGER CONSTRAINT fk_fault_report_assignee_id REFERENCES member (id)",
        "same_as_id INTEGER CONSTRAINT fk_fault_report_same_as_id REFERENCES fault_report (id) ON DELETE SET NULL",
        "moved JSON DEFAULT '[]' NOT NULL",
    ):
        op.execute(f"ALTER TABLE fault_report ADD COLUMN {column}")
    op.create_index(op.f("ix_fault_report_assignee_id"), "fault_report", ["assignee_id"])
    op.create_index(op.f("ix_fault_report_same_as_id"), "fault_report", ["same_as_id"])
    _tables()
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _tables() -> None:
    op.create_table(
        "fault_photo",
        sa.Column("report_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["fault_report.id"], name=op.f("fk_fault_photo_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_fault_photo")),
    )
    op.create_table(
        "fault_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["fault_report.id"], name=op.f("fk_fault_note_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_fault_note_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_note")),
    )
    op.create_index(op.f("ix_fault_note_report_id"), "fault_note", ["report_id"])
    op.create_index(op.f("ix_fault_note_by_id"), "fault_note", ["by_id"])


def _reword_on_postgresql() -> None:
    for name, _old, new in REWORDED:
        op.execute(f"ALTER TABLE fault_report DROP CONSTRAINT ck_fault_report_{name}")
        op.execute(f"ALTER TABLE fault_report ADD CONSTRAINT ck_fault_report_{name} CHECK ({new})")


def _reword_on_sqlite() -> None:
    """Write the checks anew where SQLite keeps them, as 0015 does: no row has to follow."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    for name, old, new in REWORDED:
        done = connection.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'fault_report'"
            ),
            {"old": f"CHECK ({old})", "new": f"CHECK ({new})"},
        )
        said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'fault_report'"))
        if done.rowcount != 1 or f"CHECK ({new})" not in said.scalar_one():
            raise RuntimeError(f"the check ck_fault_report_{name} is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
