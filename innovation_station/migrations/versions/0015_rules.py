"""States and buffers of bookings, time that is held, spaces that are divided or linked, layouts, and more rules"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATES = ("requested", "confirmed", "cancelled", "declined", "expired", "no-show")
ACTIONS = (
    "reserved", "moved", "edited", "cancelled", "restored", "approved", "declined", "expired", "checked-in", "released",
    "ended", "extended", "handed",
)  # fmt: skip
ONE_OWNER = (
    "(booking_id is not null and closure_id is null and hold_id is null)"
    " or (booking_id is null and closure_id is not null and hold_id is null)"
    " or (booking_id is null and closure_id is null and hold_id is not null)"
)
REWORDED = (
    ("booking", "state", "state in ('confirmed', 'cancelled')", f"state in {STATES}"),
    ("booking_history", "action", "action in ('reserved', 'moved', 'edited', 'cancelled', 'restored')",
     f"action in {ACTIONS}"),
    ("allocation", "one_owner", "(booking_id is null) <> (closure_id is null)", ONE_OWNER),
    ("policy", "granularity", "granularity between 5 and 60", "granularity between 5 and 1440"),
)  # fmt: skip
BUFFERS = "setup between 0 and 1440 and clearing between 0 and 1440"
INSTANT = "TIMESTAMP WITH TIME ZONE"


def upgrade() -> None:
    _tables()
    _columns()
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _tables() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "space_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", instant, nullable=False),
        sa.Column("end", instant, nullable=False),
        sa.Column("until", instant, nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_space_hold_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_space_hold_member_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_hold_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_hold")),
    )
    op.create_index(op.f("ix_space_hold_member_id"), "space_hold", ["member_id"])
    op.create_index(op.f("ix_space_hold_until"), "space_hold", ["until"])
    op.create_table(
        "space_part",
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("whole_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("whole_id <> part_id", name=op.f("ck_space_part_other")),
        sa.ForeignKeyConstraint(["part_id"], ["space.id"], name=op.f("fk_space_part_part_id")),
        sa.ForeignKeyConstraint(["whole_id"], ["space.id"], name=op.f("fk_space_part_whole_id")),
        sa.PrimaryKeyConstraint("part_id", name=op.f("pk_space_part")),
    )
    op.create_index(op.f("ix_space_part_whole_id"), "space_part", ["whole_id"])
    op.create_table(
        "space_link",
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_space_link_pair")),
        sa.ForeignKeyConstraint(["one_id"], ["space.id"], name=op.f("fk_space_link_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["space.id"], name=op.f("fk_space_link_other_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_space_link")),
    )
    op.create_index(op.f("ix_space_link_other_id"), "space_link", ["other_id"])
    op.create_table(
        "space_layout",
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("changeover", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "name in ('theatre', 'classroom', 'islands', 'standing', 'boardroom')", name=op.f("ck_space_layout_name")
        ),
        sa.CheckConstraint("seats between 1 and 10000", name=op.f("ck_space_layout_seats")),
        sa.CheckConstraint("changeover between 0 and 480", name=op.f("ck_space_layout_changeover")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_layout_space_id")),
        sa.PrimaryKeyConstraint("space_id", "name", name=op.f("pk_space_layout")),
    )


def _columns() -> None:
    instant = INSTANT if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    for table, column in (
        ("booking", "setup INTEGER DEFAULT 0 NOT NULL"),
        ("booking", f"clearing INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_booking_buffers CHECK ({BUFFERS})"),
        ("booking", "people INTEGER CONSTRAINT ck_booking_people CHECK (people > 0)"),
        ("booking", "layout VARCHAR(20)"),
        ("booking", "booked_by_id INTEGER CONSTRAINT fk_booking_booked_by_id REFERENCES member (id)"),
        ("booking", f"answer_by {instant}"),
        ("booking", f"checked_in_at {instant}"),
        ("booking", f"released_at {instant}"),
        ("allocation", "hold_id INTEGER CONSTRAINT fk_allocation_hold_id REFERENCES space_hold (id)"),
        ("policy", "setup INTEGER CONSTRAINT ck_policy_setup CHECK (setup between 0 and 720)"),
        ("policy", "clearing INTEGER CONSTRAINT ck_policy_clearing CHECK (clearing between 0 and 720)"),
        ("policy", "approval INTEGER CONSTRAINT ck_policy_approval CHECK (approval between 0 and 44640)"),
        ("policy", "check_in INTEGER CONSTRAINT ck_policy_check_in CHECK (check_in between 0 and 1440)"),
        ("policy", "cancel_by INTEGER CONSTRAINT ck_policy_cancel_by CHECK (cancel_by between 0 and 44640)"),
    ):  # fmt: skip
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    op.create_index(op.f("ix_booking_booked_by_id"), "booking", ["booked_by_id"])
    op.create_index(op.f("ix_allocation_hold_id"), "allocation", ["hold_id"])
    requested = sa.text("state = 'requested'")
    op.create_index(
        "ix_booking_answer_by", "booking", ["answer_by"], sqlite_where=requested, postgresql_where=requested
    )


def _reword_on_postgresql() -> None:
    for table, name, _old, new in REWORDED:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({new})")


def _reword_on_sqlite() -> None:
    """Write the checks anew where SQLite keeps them: its manual's way for a change that no row has to follow.

    Building the tables anew would copy every booking, with the law and the history's guards taken down meanwhile.
    """
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    for table, name, old, new in REWORDED:
        done = connection.execute(
            sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table"),
            {"old": f"CHECK ({old})", "new": f"CHECK ({new})", "table": table},
        )
        said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table})
        if done.rowcount != 1 or f"CHECK ({new})" not in said.scalar_one():
            raise RuntimeError(f"the check ck_{table}_{name} is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
