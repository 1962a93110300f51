"""Who comes to events, in which order, and how many people may be on a floor"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STATES = ("pending", "registered", "offered", "waiting", "cancelled")
ENDINGS = ("", "self", "staff", "event", "expired")
HOLDS = (
    "state = 'pending' or (holds and state in ('registered', 'offered'))"
    " or (not holds and state in ('waiting', 'cancelled'))"
)


def upgrade() -> None:
    op.execute("ALTER TABLE floor ADD COLUMN fire_limit INTEGER CONSTRAINT ck_floor_fire_limit CHECK (fire_limit > 0)")
    _signup()
    _registration()


def _signup() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "event_signup",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", instant, nullable=True),
        sa.Column("closes", instant, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("waitlist", sa.Boolean(), nullable=False),
        sa.Column("answer_hours", sa.Integer(), nullable=False),
        sa.Column("guests", sa.Boolean(), nullable=False),
        sa.Column("diet_days", sa.Integer(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("over", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("tell_at", instant, nullable=True),
        sa.CheckConstraint("taken >= 0 and over >= 0", name=op.f("ck_event_signup_counted")),
        sa.CheckConstraint("taken <= capacity + over", name=op.f("ck_event_signup_capacity")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_event_signup_places")),
        sa.CheckConstraint("answer_hours > 0 and diet_days >= 0", name=op.f("ck_event_signup_terms")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_signup_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_signup")),
    )
    op.create_table(
        "event_signup_session",
        sa.Column("session_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_event_signup_session_counted")),
        sa.CheckConstraint("taken <= capacity", name=op.f("ck_event_signup_session_capacity")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_event_signup_session_places")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_session.id"], name=op.f("fk_event_signup_session_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_signup_session_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_event_signup_session")),
    )
    op.create_index(op.f("ix_event_signup_session_event_id"), "event_signup_session", ["event_id"])
    op.create_table(
        "event_signup_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("ended_at", instant, nullable=True),
        sa.CheckConstraint("quota > 0 and used >= 0 and used <= quota", name=op.f("ck_event_signup_link_quota")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_signup_link_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_signup_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_event_signup_link_token_hash")),
    )
    op.create_index(op.f("ix_event_signup_link_event_id"), "event_signup_link", ["event_id"])


def _registration() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("diet", sa.String(500), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("knew", sa.JSON(), nullable=True),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("confirmed_at", instant, nullable=True),
        sa.Column("hold_until", instant, nullable=True),
        sa.Column("offer_until", instant, nullable=True),
        sa.Column("reminded_at", instant, nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("ended_by", sa.String(10), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"state in {STATES}", name=op.f("ck_registration_state")),
        sa.CheckConstraint(f"ended_by in {ENDINGS}", name=op.f("ck_registration_ending")),
        sa.CheckConstraint("language in ('sv', 'en')", name=op.f("ck_registration_language")),
        sa.CheckConstraint("(state = 'cancelled') = (ended_at is not null)", name=op.f("ck_registration_ended")),
        sa.CheckConstraint("state <> 'offered' or offer_until is not null", name=op.f("ck_registration_offer")),
        sa.CheckConstraint(HOLDS, name=op.f("ck_registration_holds")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_registration_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_registration_member_id")),
        sa.ForeignKeyConstraint(["link_id"], ["event_signup_link.id"], name=op.f("fk_registration_link_id")),
        sa.ForeignKeyConstraint(["added_by_id"], ["member.id"], name=op.f("fk_registration_added_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("uid", name=op.f("uq_registration_uid")),
    )
    for column in ("member_id", "email", "link_id", "added_by_id"):
        op.create_index(op.f(f"ix_registration_{column}"), "registration", [column])
    op.create_index("ix_registration_event_id_state_number", "registration", ["event_id", "state", "number"])
    member, email = sa.text("state <> 'cancelled'"), sa.text("state <> 'cancelled' and email <> ''")
    op.create_index(
        "uq_registration_event_member", "registration", ["event_id", "member_id"], unique=True, sqlite_where=member,
        postgresql_where=member,
    )  # fmt: skip
    op.create_index(
        "uq_registration_event_email", "registration", ["event_id", "email"], unique=True, sqlite_where=email,
        postgresql_where=email,
    )  # fmt: skip
    op.create_table(
        "registration_session",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_registration_session_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_session.id"], name=op.f("fk_registration_session_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("registration_id", "session_id", name=op.f("pk_registration_session")),
    )  # fmt: skip
    op.create_index(op.f("ix_registration_session_session_id"), "registration_session", ["session_id"])
