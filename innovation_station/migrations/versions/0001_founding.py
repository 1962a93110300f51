"""The house, its members and their bookings; and the law that no two allocations of a space overlap

There is no way down: the way back is the backup taken before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "floor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_sv", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("shapes", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.CheckConstraint("width > 0 and height > 0", name=op.f("ck_floor_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor")),
    )
    op.create_table(
        "house",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("organisation", sa.String(length=100), nullable=False),
        sa.Column("address_sv", sa.String(length=300), nullable=False),
        sa.Column("address_en", sa.String(length=300), nullable=False),
        sa.Column("holidays", sa.String(length=10), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_house_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_sv", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "kind in ('university', 'municipality', 'company', 'association', 'foundation')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name_sv", name=op.f("uq_organisation_name_sv")),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bookings_revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("language in ('sv', 'en')", name=op.f("ck_member_language")),
        sa.CheckConstraint("role in ('member', 'host', 'admin')", name=op.f("ck_member_role")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_member_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("name_sv", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.JSON(), nullable=True),
        sa.Column("label_turned", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_zone_floor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_login_session_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_member_id"), "login_session", ["member_id"], unique=False)
    op.create_table(
        "space",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("w", sa.Integer(), nullable=False),
        sa.Column("h", sa.Integer(), nullable=False),
        sa.Column("amenities", sa.JSON(), nullable=False),
        sa.Column("furniture", sa.JSON(), nullable=False),
        sa.Column("photo", sa.String(length=100), nullable=True),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('desk', 'room', 'booth', 'hall')", name=op.f("ck_space_kind")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_space_capacity")),
        sa.CheckConstraint("w > 0 and h > 0", name=op.f("ck_space_size")),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_space_floor_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_space_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
        sa.UniqueConstraint("name", name=op.f("uq_space_name")),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('confirmed', 'cancelled')", name=op.f("ck_booking_state")),
        sa.CheckConstraint('start < "end"', name=op.f("ck_booking_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_booking_member_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_booking_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("member_id", "request_key", name=op.f("uq_booking_member_id_request_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_booking_uid")),
    )
    op.create_index(
        "ix_booking_feed",
        "booking",
        ["member_id", "start", "end", "state", "changed_at", "revision"],
        unique=False,
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_sv", sa.String(length=200), nullable=False),
        sa.Column("reason_en", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_closure_order")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_closure_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= opens and opens <= closes and closes <= 1440", name=op.f("ck_opening_hours_minutes")),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_opening_hours_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.create_index(
        "uq_opening_hours_house",
        "opening_hours",
        ["weekday"],
        unique=True,
        sqlite_where=sa.text("space_id is null"),
        postgresql_where=sa.text("space_id is null"),
    )
    op.create_index("uq_opening_hours_space", "opening_hours", ["space_id", "weekday"], unique=True)
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("granularity", sa.Integer(), nullable=True),
        sa.Column("shortest", sa.Integer(), nullable=True),
        sa.Column("longest", sa.Integer(), nullable=True),
        sa.Column("notice", sa.Integer(), nullable=True),
        sa.Column("horizon", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind in ('desk', 'room', 'booth', 'hall')", name=op.f("ck_policy_kind")),
        sa.CheckConstraint("(kind is null) <> (space_id is null)", name=op.f("ck_policy_one_scope")),
        sa.CheckConstraint("granularity between 5 and 60", name=op.f("ck_policy_granularity")),
        sa.CheckConstraint("horizon between 0 and 1100", name=op.f("ck_policy_horizon")),
        sa.CheckConstraint("longest between 1 and 44640", name=op.f("ck_policy_longest")),
        sa.CheckConstraint("notice between 0 and 525600", name=op.f("ck_policy_notice")),
        sa.CheckConstraint("shortest between 1 and 44640", name=op.f("ck_policy_shortest")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_policy_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("kind", name=op.f("uq_policy_kind")),
        sa.UniqueConstraint("space_id", name=op.f("uq_policy_space_id")),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("closure_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(booking_id is null) <> (closure_id is null)", name=op.f("ck_allocation_one_owner")),
        sa.CheckConstraint('start < "end"', name=op.f("ck_allocation_order")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_allocation_booking_id")),
        sa.ForeignKeyConstraint(["closure_id"], ["closure.id"], name=op.f("fk_allocation_closure_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_allocation_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_booking_id"), "allocation", ["booking_id"], unique=False)
    op.create_index(op.f("ix_allocation_closure_id"), "allocation", ["closure_id"], unique=False)
    op.create_index("ix_allocation_space_id_start", "allocation", ["space_id", "start"], unique=False)
    op.create_index("ix_allocation_start", "allocation", ["start"], unique=False)
    op.create_table(
        "booking_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "action in ('reserved', 'moved', 'edited', 'cancelled', 'restored')",
            name=op.f("ck_booking_history_action"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["member.id"], name=op.f("fk_booking_history_actor_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_history_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_history")),
    )
    op.create_index(op.f("ix_booking_history_booking_id"), "booking_history", ["booking_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _law_on_postgresql()
    else:
        _law_on_sqlite()


def _law_on_postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        """
        ALTER TABLE allocation
            ADD CONSTRAINT ck_allocation_length CHECK ("end" - start <= interval '25 hours'),
            ADD CONSTRAINT ex_allocation_overlap
                EXCLUDE USING gist (space_id WITH =, tstzrange(start, "end", '[)') WITH &&)
        """
    )
    op.execute(
        """
        CREATE FUNCTION booking_history_is_kept() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'booking_history_is_kept'; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER booking_history_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON booking_history
        FOR EACH STATEMENT EXECUTE FUNCTION booking_history_is_kept()
        """
    )


# Text is how SQLite stores instants; only one spelling of an instant compares rightly, so others are refused.
# The lower bound on start lets the look-up use the index on (space_id, start) whatever the history.
_D = "[0-9]"
_SQLITE_INSTANT = f"{_D * 4}-{_D * 2}-{_D * 2} {_D * 2}:{_D * 2}:{_D * 2}.{_D * 6}"
_SQLITE_REFUSAL = """
    CREATE TRIGGER ex_allocation_overlap_{when} BEFORE {event} ON allocation
    BEGIN
        SELECT RAISE(ABORT, 'ck_allocation_instant')
        WHERE NEW.start NOT GLOB '{instant}' OR NEW."end" NOT GLOB '{instant}';
        SELECT RAISE(ABORT, 'ck_allocation_length')
        WHERE julianday(NEW."end") - julianday(NEW.start) > 25.0 / 24 + 1e-6;
        SELECT RAISE(ABORT, 'ex_allocation_overlap')
        WHERE EXISTS (
            SELECT 1 FROM allocation
            WHERE space_id = NEW.space_id AND start < NEW."end" AND "end" > NEW.start
              AND start > datetime(NEW.start, '-25 hours', '-1 second') {other}
        );
    END
"""


def _law_on_sqlite() -> None:
    for event, other in (("INSERT", ""), ("UPDATE", "AND id <> OLD.id")):
        op.execute(_SQLITE_REFUSAL.format(when=event.lower(), event=event, other=other, instant=_SQLITE_INSTANT))
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"""
            CREATE TRIGGER booking_history_is_kept_{event.lower()} BEFORE {event} ON booking_history
            BEGIN SELECT RAISE(ABORT, 'booking_history_is_kept'); END
            """
        )
