"""Screens by doors and in the foyer, and what is taken at them"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
KINDS_BEFORE = "kind in ('event')"
KINDS = "kind in ('event', 'door')"


def upgrade() -> None:
    op.create_table(
        "display",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(4), nullable=False),
        sa.Column("ink", sa.Boolean(), nullable=False),
        sa.Column("touch", sa.Boolean(), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("code", sa.String(8), nullable=True),
        sa.Column("code_until", INSTANT, nullable=True),
        sa.Column("network", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_seen_at", INSTANT, nullable=True),
        sa.Column("shows", sa.String(24), nullable=False),
        sa.Column("ended_kind", sa.String(8), nullable=True),
        sa.Column("ended_id", sa.Integer(), nullable=True),
        sa.Column("ended_end", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('new', 'room', 'foyer')", name=op.f("ck_display_kind")),
        sa.CheckConstraint("(kind = 'room') = (space_id is not null)", name=op.f("ck_display_space")),
        sa.CheckConstraint("language in ('sv', 'en', 'both')", name=op.f("ck_display_language")),
        sa.CheckConstraint("(code is null) = (code_until is null)", name=op.f("ck_display_code")),
        sa.CheckConstraint("ended_kind in ('booking', 'walk-up')", name=op.f("ck_display_ended")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_display_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_display")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_display_token_hash")),
        sa.UniqueConstraint("code", name=op.f("uq_display_code")),
    )
    op.create_index(op.f("ix_display_space_id"), "display", ["space_id"])
    op.create_index(op.f("ix_display_created_at"), "display", ["created_at"])
    op.create_table(
        "walk_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("display_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_walk_up_order")),
        sa.ForeignKeyConstraint(["display_id"], ["display.id"], name=op.f("fk_walk_up_display_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_walk_up_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_up")),
    )
    op.create_index(op.f("ix_walk_up_display_id_made_at"), "walk_up", ["display_id", "made_at"])
    op.create_index(op.f("ix_walk_up_space_id_start"), "walk_up", ["space_id", "start"])
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _reword_on_postgresql() -> None:
    op.execute("ALTER TABLE claim DROP CONSTRAINT ck_claim_kind")
    op.execute(f"ALTER TABLE claim ADD CONSTRAINT ck_claim_kind CHECK ({KINDS})")


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, see 0015."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'claim'"),
        {"old": f"CHECK ({KINDS_BEFORE})", "new": f"CHECK ({KINDS})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'claim'")).scalar_one()
    if done.rowcount != 1 or f"CHECK ({KINDS})" not in said:
        raise RuntimeError("the check ck_claim_kind is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
