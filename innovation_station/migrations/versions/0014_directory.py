"""Profiles of members, pictures, and who is whose colleague"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AUDIENCE = "shown_to in (0, 1, 2)"
FIELDS = "('pronouns', 'organisation', 'field', 'ask_about', 'looking_for', 'languages')"


def _of_member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_member_id")
    return sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=name, ondelete="CASCADE")


def _bytewise(length: int) -> sa.String:
    """Give a text that is compared byte by byte, as SQLite does anyway: it is sorted and looked up by our rules."""
    return sa.String(length, collation="C" if op.get_bind().dialect.name == "postgresql" else None)


def upgrade() -> None:
    op.create_table(
        "profile",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("shown_to", sa.Integer(), nullable=False),
        sa.Column("sort_key", _bytewise(200), nullable=False),
        sa.CheckConstraint(AUDIENCE, name=op.f("ck_profile_shown_to")),
        _of_member("profile"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profile")),
    )
    op.create_index(op.f("ix_profile_sort_key_member_id"), "profile", ["sort_key", "member_id"], unique=False)
    op.create_table(
        "profile_field",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("shown_to", sa.Integer(), nullable=False),
        sa.CheckConstraint(AUDIENCE, name=op.f("ck_profile_field_shown_to")),
        sa.CheckConstraint(f"name in {FIELDS}", name=op.f("ck_profile_field_name")),
        _of_member("profile_field"),
        sa.PrimaryKeyConstraint("member_id", "name", name=op.f("pk_profile_field")),
    )
    op.create_table(
        "profile_word",
        sa.Column("word", _bytewise(40), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        _of_member("profile_word"),
        sa.PrimaryKeyConstraint("word", "member_id", name=op.f("pk_profile_word")),
    )
    op.create_index(op.f("ix_profile_word_member_id"), "profile_word", ["member_id"], unique=False)
    op.create_table(
        "profile_photo",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("shown_to", sa.Integer(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(AUDIENCE, name=op.f("ck_profile_photo_shown_to")),
        _of_member("profile_photo"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profile_photo")),
        sa.UniqueConstraint("token", name=op.f("uq_profile_photo_token")),
    )
    op.create_table(
        "colleagues",
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_colleagues_order")),
        sa.CheckConstraint("asked_by in (low_id, high_id)", name=op.f("ck_colleagues_asked_by")),
        sa.CheckConstraint("state in ('asked', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_colleagues_state")),
        sa.ForeignKeyConstraint(["low_id"], ["member.id"], name=op.f("fk_colleagues_low_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["high_id"], ["member.id"], name=op.f("fk_colleagues_high_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("low_id", "high_id", name=op.f("pk_colleagues")),
    )
    op.create_index(op.f("ix_colleagues_high_id"), "colleagues", ["high_id"], unique=False)
