"""Feeds of places, organisations and chosen views, what is known of their fetches, and whose stored entries are whose

What is stored of entries goes; the next fetch makes it anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OLD, NEW = "scope in ('my-bookings')", "scope <> ''"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE feed ADD COLUMN level VARCHAR(6) DEFAULT 'full' NOT NULL"
        " CONSTRAINT ck_feed_level CHECK (level in ('busy', 'public', 'full'))"
    )
    op.execute("ALTER TABLE feed ADD COLUMN subject_id INTEGER")
    op.execute("ALTER TABLE feed ADD COLUMN query VARCHAR(200) DEFAULT '' NOT NULL")
    op.execute(
        "ALTER TABLE feed ADD COLUMN remind INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_feed_remind CHECK (remind between 0 and 10080)"
    )
    op.execute("ALTER TABLE feed ADD COLUMN last_items INTEGER")
    op.execute("ALTER TABLE feed ADD COLUMN usual_interval INTEGER")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE feed DROP CONSTRAINT ck_feed_scope")
        op.execute(f"ALTER TABLE feed ADD CONSTRAINT ck_feed_scope CHECK ({NEW})")
    else:
        _reword_on_sqlite()
    op.drop_table("feed_month")
    op.drop_table("feed_contents")
    _contents()


def _contents() -> None:
    op.create_table(
        "feed_contents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("level", sa.String(length=6), nullable=False),
        sa.Column("remind", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_of", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("first", sa.String(length=10), nullable=False),
        sa.Column("last", sa.String(length=10), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(member_id is not null and space_id is null and organisation_id is null)"
            " or (member_id is null and space_id is not null and organisation_id is null)"
            " or (member_id is null and space_id is null and organisation_id is not null)",
            name=op.f("ck_feed_contents_one_holder"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_feed_contents_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_feed_contents_space_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_feed_contents_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_contents")),
        sa.UniqueConstraint(
            "member_id", "language", "level", "remind", name=op.f("uq_feed_contents_member_id_language_level_remind")
        ),
        sa.UniqueConstraint("space_id", "language", "level", name=op.f("uq_feed_contents_space_id_language_level")),
        sa.UniqueConstraint(
            "organisation_id", "language", "level", name=op.f("uq_feed_contents_organisation_id_language_level")
        ),
    )
    op.create_table(
        "feed_part",
        sa.Column("contents_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("lengths", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contents_id"], ["feed_contents.id"], name=op.f("fk_feed_part_contents_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contents_id", "part", name=op.f("pk_feed_part")),
    )


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, as 0015 does: no row has to follow."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'feed'"),
        {"old": f"CHECK ({OLD})", "new": f"CHECK ({NEW})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'feed'"))
    if done.rowcount != 1 or f"CHECK ({NEW})" not in said.scalar_one():
        raise RuntimeError("the check ck_feed_scope is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
