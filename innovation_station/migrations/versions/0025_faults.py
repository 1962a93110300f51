"""Of reports of what is broken: their sort, that somebody has them in hand, and what is closed for them"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SORTS = ("light", "power", "screen", "network", "furniture", "air", "dirt", "other")
OLD, NEW = "state in ('open', 'done')", "state in ('open', 'hand', 'done')"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE fault_report ADD COLUMN sort VARCHAR(12) DEFAULT 'other' NOT NULL"
        f" CONSTRAINT ck_fault_report_sort CHECK (sort in {SORTS})"
    )
    op.execute(
        "ALTER TABLE fault_report ADD COLUMN closure_id INTEGER"
        " CONSTRAINT fk_fault_report_closure_id REFERENCES closure (id)"
    )
    op.create_index(op.f("ix_fault_report_closure_id"), "fault_report", ["closure_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE fault_report DROP CONSTRAINT ck_fault_report_state")
        op.execute(f"ALTER TABLE fault_report ADD CONSTRAINT ck_fault_report_state CHECK ({NEW})")
    else:
        _reword_on_sqlite()


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, as 0015 does: no row has to follow."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'fault_report'"
        ),
        {"old": f"CHECK ({OLD})", "new": f"CHECK ({NEW})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'fault_report'"))
    if done.rowcount != 1 or f"CHECK ({NEW})" not in said.scalar_one():
        raise RuntimeError("the check ck_fault_report_state is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
