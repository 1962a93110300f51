"""Events with their programme and people, and the time that they take of spaces"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OLD_OWNER = (
    "(booking_id is not null and closure_id is null and hold_id is null and busy_id is null)"
    " or (booking_id is null and closure_id is not null and hold_id is null and busy_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is not null and busy_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is null and busy_id is not null)"
)
ONE_OWNER = (
    "(case when booking_id is null then 0 else 1 end) + (case when closure_id is null then 0 else 1 end)"
    " + (case when hold_id is null then 0 else 1 end) + (case when busy_id is null then 0 else 1 end)"
    " + (case when claim_id is null then 0 else 1 end) = 1"
)


def upgrade() -> None:
    _claims()
    _event()
    _programme()
    _beside()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE allocation DROP CONSTRAINT ck_allocation_one_owner")
        op.execute(f"ALTER TABLE allocation ADD CONSTRAINT ck_allocation_one_owner CHECK ({ONE_OWNER})")
    else:
        _reword_on_sqlite()


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("title_sv", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind in ('event')", name=op.f("ck_claim_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_claim_kind_subject_id")),
    )
    op.execute(
        "ALTER TABLE allocation ADD COLUMN claim_id INTEGER CONSTRAINT fk_allocation_claim_id REFERENCES claim (id)"
    )
    op.create_index(op.f("ix_allocation_claim_id"), "allocation", ["claim_id"])


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, as 0015 does: no row has to follow, and the law stays up."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'allocation'"),
        {"old": f"CHECK ({OLD_OWNER})", "new": f"CHECK ({ONE_OWNER})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'allocation'"))
    if done.rowcount != 1 or f"CHECK ({ONE_OWNER})" not in said.scalar_one():
        raise RuntimeError("the check ck_allocation_one_owner is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False),
        sa.Column("link_key", sa.String(40), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("title_sv", sa.String(150), nullable=False),
        sa.Column("title_en", sa.String(150), nullable=False),
        sa.Column("summary_sv", sa.String(400), nullable=False),
        sa.Column("summary_en", sa.String(400), nullable=False),
        sa.Column("body_sv", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("practical_sv", sa.Text(), nullable=False),
        sa.Column("practical_en", sa.Text(), nullable=False),
        sa.Column("online_url", sa.String(200), nullable=False),
        sa.Column("contact_name", sa.String(100), nullable=False),
        sa.Column("contact_email", sa.String(254), nullable=False),
        sa.Column("cancel_sv", sa.String(300), nullable=False),
        sa.Column("cancel_en", sa.String(300), nullable=False),
        sa.Column("group_uid", sa.String(36), nullable=True),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("previous_start", INSTANT, nullable=True),
        sa.Column("cover_revision", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.CheckConstraint('start < "end"', name=op.f("ck_event_order")),
        sa.CheckConstraint("state in ('draft', 'published', 'cancelled', 'template')", name=op.f("ck_event_state")),
        sa.CheckConstraint("visibility in ('public', 'members', 'partners', 'link')", name=op.f("ck_event_visibility")),
        sa.CheckConstraint("format in ('on-site', 'online', 'hybrid')", name=op.f("ck_event_format")),
        sa.CheckConstraint(
            "category in ('kickoff', 'conference', 'seminar', 'workshop', 'meeting', 'course', 'other')",
            name=op.f("ck_event_category"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_uid")),
        sa.UniqueConstraint("slug", name=op.f("uq_event_slug")),
    )
    op.create_index("ix_event_state_start", "event", ["state", "start"])
    op.create_index(op.f("ix_event_group_uid"), "event", ["group_uid"])


def _programme() -> None:
    op.create_table(
        "event_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(15), nullable=False),
        sa.Column("title_sv", sa.String(150), nullable=False),
        sa.Column("title_en", sa.String(150), nullable=False),
        sa.Column("about_sv", sa.Text(), nullable=False),
        sa.Column("about_en", sa.Text(), nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("track", sa.String(60), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("elsewhere", sa.String(100), nullable=False),
        sa.Column("layout", sa.String(20), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("setup", sa.Integer(), nullable=False),
        sa.Column("clearing", sa.Integer(), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_event_session_order")),
        sa.CheckConstraint(
            "kind in ('keynote', 'talk', 'panel', 'workshop', 'break', 'mingle', 'inauguration')",
            name=op.f("ck_event_session_kind"),
        ),
        sa.CheckConstraint(
            "setup between 0 and 720 and clearing between 0 and 720", name=op.f("ck_event_session_buffers")
        ),
        sa.CheckConstraint("people > 0", name=op.f("ck_event_session_people")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_session_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_event_session_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_session")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_session_uid")),
    )
    op.create_index(op.f("ix_event_session_event_id"), "event_session", ["event_id"])
    op.create_table(
        "event_speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("affiliation", sa.String(120), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_speaker_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_event_speaker_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_speaker")),
    )
    op.create_index(op.f("ix_event_speaker_event_id"), "event_speaker", ["event_id"])
    op.create_index(op.f("ix_event_speaker_member_id"), "event_speaker", ["member_id"])
    op.create_table(
        "event_part",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.CheckConstraint("role in ('speaker', 'moderator', 'panellist')", name=op.f("ck_event_part_role")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_session.id"], name=op.f("fk_event_part_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"], ["event_speaker.id"], name=op.f("fk_event_part_speaker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "speaker_id", name=op.f("pk_event_part")),
    )
    op.create_index(op.f("ix_event_part_speaker_id"), "event_part", ["speaker_id"])


def _beside() -> None:
    op.create_table(
        "event_room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_event_room_order")),
        sa.CheckConstraint(
            "purpose in ('set-up', 'tear-down', 'lunch', 'desks', 'other')", name=op.f("ck_event_room_purpose")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_room_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_event_room_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_room")),
    )
    op.create_index(op.f("ix_event_room_event_id"), "event_room", ["event_id"])
    op.create_table(
        "event_party",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.CheckConstraint("role in ('host', 'co-host', 'partner')", name=op.f("ck_event_party_role")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_party_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_event_party_organisation_id")),
        sa.PrimaryKeyConstraint("event_id", "organisation_id", name=op.f("pk_event_party")),
    )
    op.create_index(op.f("ix_event_party_organisation_id"), "event_party", ["organisation_id"])
    op.create_table(
        "event_cover",
        sa.Column("event_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_cover_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_cover")),
    )
