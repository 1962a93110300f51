"""Of jobs when and why they failed last, of backups when and how large, and indexes by which the trail is searched"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE job ADD COLUMN failed_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE job ADD COLUMN failure VARCHAR(500) DEFAULT '' NOT NULL")
    op.create_table(
        "backup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
    )
    op.create_index(op.f("ix_backup_at"), "backup", ["at"])
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index(op.f("ix_audit_entry_action_id"), "audit_entry", ["action", "id"])
