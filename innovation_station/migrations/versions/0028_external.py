"""Calendars from outside: what they say, and the time they take of spaces"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OLD_OWNER = (
    "(booking_id is not null and closure_id is null and hold_id is null)"
    " or (booking_id is null and closure_id is not null and hold_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is not null)"
)
NEW_OWNER = (
    "(booking_id is not null and closure_id is null and hold_id is null and busy_id is null)"
    " or (booking_id is null and closure_id is not null and hold_id is null and busy_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is not null and busy_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is null and busy_id is not null)"
)


def upgrade() -> None:
    _busy()
    _calendars()
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _busy() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "space_busy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", instant, nullable=False),
        sa.Column("end", instant, nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_space_busy_order")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_busy_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_busy")),
    )
    op.create_index("ix_space_busy_space_id_end", "space_busy", ["space_id", "end"])
    contested = sa.text("contested")
    op.create_index(
        "ix_space_busy_contested", "space_busy", ["end"], sqlite_where=contested, postgresql_where=contested
    )
    op.execute(
        "ALTER TABLE allocation ADD COLUMN busy_id INTEGER CONSTRAINT fk_allocation_busy_id REFERENCES space_busy (id)"
    )
    op.create_index(op.f("ix_allocation_busy_id"), "allocation", ["busy_id"])


def _calendars() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "external_calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("host", sa.String(255), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("zone", sa.String(64), nullable=True),
        sa.Column("etag", sa.String(200), nullable=True),
        sa.Column("last_modified", sa.String(200), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("tried_at", instant, nullable=True),
        sa.Column("succeeded_at", instant, nullable=True),
        sa.Column("read_at", instant, nullable=True),
        sa.Column("next_at", instant, nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", instant, nullable=False),
        sa.CheckConstraint("(space_id is null) <> (member_id is null)", name=op.f("ck_external_calendar_whose")),
        sa.CheckConstraint("(address is null) <> (file is null)", name=op.f("ck_external_calendar_source")),
        sa.CheckConstraint("state in ('active', 'paused', 'stopped')", name=op.f("ck_external_calendar_state")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_external_calendar_space_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_external_calendar_member_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_external_calendar_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_calendar")),
    )
    op.create_index(op.f("ix_external_calendar_space_id"), "external_calendar", ["space_id"])
    op.create_index(op.f("ix_external_calendar_member_id"), "external_calendar", ["member_id"])
    op.create_index("ix_external_calendar_next_at", "external_calendar", ["state", "next_at"])
    op.create_table(
        "external_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("start", instant, nullable=False),
        sa.Column("end", instant, nullable=False),
        sa.Column("busy_id", sa.Integer(), nullable=True),
        sa.CheckConstraint('start < "end"', name=op.f("ck_external_entry_order")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["external_calendar.id"], name=op.f("fk_external_entry_calendar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["busy_id"], ["space_busy.id"], name=op.f("fk_external_entry_busy_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_entry")),
        sa.UniqueConstraint("calendar_id", "key", name=op.f("uq_external_entry_calendar_id_key")),
    )
    op.create_index(op.f("ix_external_entry_busy_id"), "external_entry", ["busy_id"])
    op.create_index("ix_external_entry_calendar_id_start", "external_entry", ["calendar_id", "start"])
    op.create_table(
        "external_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("host", sa.String(255), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=True),
        sa.Column("etag", sa.String(200), nullable=True),
        sa.Column("last_modified", sa.String(200), nullable=True),
        sa.Column("made_at", instant, nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_external_draft_made_by_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_external_draft_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_draft")),
    )
    op.create_index(op.f("ix_external_draft_made_by_id"), "external_draft", ["made_by_id"])
    op.create_index(op.f("ix_external_draft_made_at"), "external_draft", ["made_at"])


def _reword_on_postgresql() -> None:
    op.execute("ALTER TABLE allocation DROP CONSTRAINT ck_allocation_one_owner")
    op.execute(f"ALTER TABLE allocation ADD CONSTRAINT ck_allocation_one_owner CHECK ({NEW_OWNER})")


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, as in 0015: every row fits it, and the law stays in force."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'allocation'"),
        {"old": f"CHECK ({OLD_OWNER})", "new": f"CHECK ({NEW_OWNER})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'allocation'"))
    if done.rowcount != 1 or f"CHECK ({NEW_OWNER})" not in said.scalar_one():
        raise RuntimeError("the check ck_allocation_one_owner is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
