"""Who may book for whom, guests, bookings that are offered to others, absences, and how guests find the house"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

GUEST_STATES = ("invited", "declined", "removed")
OFFER_STATES = ("open", "accepted", "declined", "withdrawn", "expired")
TEXTS_BEFORE = "kind in ('rules', 'privacy')"
TEXTS = "kind in ('rules', 'privacy', 'directions')"
INSTANT = sa.DateTime(timezone=True)


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    _consent()
    _guests()
    _offers()
    _absences()
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _consent() -> None:
    op.create_table(
        "booking_consent",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Boolean(), nullable=False),
        sa.Column("colleagues", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        _key("booking_consent", "member_id", "member", "CASCADE"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_booking_consent")),
    )
    op.create_table(
        "booking_consent_person",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        _key("booking_consent_person", "member_id", "member", "CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "email", name=op.f("pk_booking_consent_person")),
    )
    op.create_index(op.f("ix_booking_consent_person_email"), "booking_consent_person", ["email"])


def _guests() -> None:
    op.create_table(
        "guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("knew", sa.JSON(), nullable=True),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("arrived_at", INSTANT, nullable=True),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.CheckConstraint(f"state in {GUEST_STATES}", name=op.f("ck_guest_state")),
        sa.CheckConstraint("language in ('sv', 'en')", name=op.f("ck_guest_language")),
        sa.CheckConstraint("left_at is null or arrived_at is not null", name=op.f("ck_guest_left")),
        _key("guest", "booking_id", "booking"),
        _key("guest", "invited_by_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
        sa.UniqueConstraint("uid", name=op.f("uq_guest_uid")),
    )
    op.create_index(op.f("ix_guest_booking_id"), "guest", ["booking_id"])
    op.create_index("ix_guest_invited_by", "guest", ["invited_by_id", "created_at"])
    stays = sa.text("state <> 'removed'")
    op.create_index(
        "uq_guest_booking_email", "guest", ["booking_id", "email"], unique=True, sqlite_where=stays,
        postgresql_where=stays,
    )  # fmt: skip


def _offers() -> None:
    op.create_table(
        "booking_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(f"state in {OFFER_STATES}", name=op.f("ck_booking_offer_state")),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name=op.f("ck_booking_offer_ended")),
        sa.CheckConstraint("to_id <> from_id", name=op.f("ck_booking_offer_other")),
        _key("booking_offer", "booking_id", "booking"),
        _key("booking_offer", "from_id", "member"),
        _key("booking_offer", "to_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_offer")),
    )
    for column in ("booking_id", "from_id", "to_id"):
        op.create_index(op.f(f"ix_booking_offer_{column}"), "booking_offer", [column])
    waits = sa.text("state = 'open'")
    op.create_index(
        "uq_booking_offer_open", "booking_offer", ["booking_id"], unique=True, sqlite_where=waits,
        postgresql_where=waits,
    )  # fmt: skip


def _absences() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("first <= last", name=op.f("ck_absence_order")),
        _key("absence", "member_id", "member", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_member_id_last"), "absence", ["member_id", "last"])
    op.create_table(
        "absence_booking",
        sa.Column("absence_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        _key("absence_booking", "absence_id", "absence", "CASCADE"),
        _key("absence_booking", "booking_id", "booking"),
        sa.PrimaryKeyConstraint("absence_id", "booking_id", name=op.f("pk_absence_booking")),
    )
    op.create_index(op.f("ix_absence_booking_booking_id"), "absence_booking", ["booking_id"])


def _reword_on_postgresql() -> None:
    op.execute("ALTER TABLE house_text DROP CONSTRAINT ck_house_text_kind")
    op.execute(f"ALTER TABLE house_text ADD CONSTRAINT ck_house_text_kind CHECK ({TEXTS})")


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, see 0015."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'house_text'"),
        {"old": f"CHECK ({TEXTS_BEFORE})", "new": f"CHECK ({TEXTS})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'house_text'")).scalar_one()
    if done.rowcount != 1 or f"CHECK ({TEXTS})" not in said:
        raise RuntimeError("the check ck_house_text_kind is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
