"""The audit trail: entries that the database refuses to change, and personal parts that go only by decision"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTS = "part in ('what', 'where')"


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("what_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("where_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint("outcome in ('done', 'refused')", name=op.f("ck_audit_entry_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_entry_position")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"])
    op.create_index(op.f("ix_audit_entry_member_id_id"), "audit_entry", ["member_id", "id"])
    op.create_index(op.f("ix_audit_entry_subject_kind_subject_id"), "audit_entry", ["subject_kind", "subject_id"])
    op.create_table(
        "audit_part",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=5), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.CheckConstraint(PARTS, name=op.f("ck_audit_part_part")),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_part_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "part", name=op.f("pk_audit_part")),
    )
    op.create_table(
        "audit_erasure",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=5), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(PARTS, name=op.f("ck_audit_erasure_part")),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_erasure_entry_id")),
        sa.ForeignKeyConstraint(["by_id"], ["audit_entry.id"], name=op.f("fk_audit_erasure_by_id")),
        sa.PrimaryKeyConstraint("entry_id", "part", name=op.f("pk_audit_erasure")),
    )
    (_law_on_postgresql if op.get_bind().dialect.name == "postgresql" else _law_on_sqlite)()


def _law_on_sqlite() -> None:
    decided = "NOT EXISTS (SELECT 1 FROM audit_erasure WHERE entry_id = OLD.entry_id AND part = OLD.part)"
    for table, event, condition in (
        ("audit_entry", "UPDATE", "OLD.hash IS NOT NULL"),  # sealing is the one change an entry sees
        ("audit_entry", "DELETE", "1"),
        ("audit_part", "UPDATE", "1"),
        ("audit_part", "DELETE", decided),
        ("audit_erasure", "UPDATE", "1"),
        ("audit_erasure", "DELETE", "1"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept_{event.lower()} BEFORE {event} ON {table} WHEN {condition} "
            "BEGIN SELECT RAISE(ABORT, 'audit_is_kept'); END"
        )


def _law_on_postgresql() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_is_kept'; END $$"
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION audit_part_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM audit_erasure WHERE entry_id = OLD.entry_id AND part = OLD.part) THEN
                RAISE EXCEPTION 'audit_is_kept';
            END IF;
            RETURN OLD;
        END $$
        """
    )
    for table, events, condition, function in (
        ("audit_entry", "UPDATE", "WHEN (OLD.hash IS NOT NULL)", "audit_is_kept"),
        ("audit_entry", "DELETE", "", "audit_is_kept"),
        ("audit_part", "UPDATE", "", "audit_is_kept"),
        ("audit_part", "DELETE", "", "audit_part_is_kept"),
        ("audit_erasure", "UPDATE OR DELETE", "", "audit_is_kept"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept_{events.split()[0].lower()} BEFORE {events} ON {table} "
            f"FOR EACH ROW {condition} EXECUTE FUNCTION {function}()"
        )
    for table in ("audit_entry", "audit_part", "audit_erasure"):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()"
        )
