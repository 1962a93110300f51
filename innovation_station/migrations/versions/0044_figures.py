"""A summary of how the house is used, and marks of what is to be counted anew; all there is so far is marked"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TALLY = ("booked", "used", "events", "elsewhere", "withheld", "numbers")
TOLD = ("start", '"end"', "state", "space_id", "organisation_id", "checked_in_at", "released_at", "created_at")


def tally() -> list[sa.Column[Any]]:
    cells = [sa.Column(name, sa.LargeBinary(), nullable=False) for name in TALLY]
    return [*cells, sa.Column("organisations", sa.JSON(), nullable=True)]


def upgrade() -> None:
    op.create_table(
        "figure_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        *tally(),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_figure_day_space_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("day", "space_id", name=op.f("pk_figure_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        *tally(),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_figure_month_space_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("month", "space_id", name=op.f("pk_figure_month")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_mark")),
    )
    op.create_table(
        "figure_shape",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_figure_shape")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    zone, fraction = ("+00", "") if postgresql else ("", ".000000")
    spans = f"id, '1970-01-01 00:00:00{fraction}{zone}', '2200-01-01 00:00:00{fraction}{zone}'"
    op.execute(f"{MARK} SELECT {spans} FROM space")  # noqa: S608  nothing in it comes from outside
    if postgresql:
        _marks_on_postgresql()
    else:
        _marks_on_sqlite()


MARK = 'INSERT INTO figure_mark (space_id, start, "end")'
ROW = '{row}.space_id, {row}.start, {row}."end"'
OLD, NEW = ROW.format(row="OLD"), ROW.format(row="NEW")
BOTH = f"SELECT {OLD} UNION SELECT {NEW}"
# who checks in to a hall marks the parts whose time it takes
PARTS = 'UNION SELECT space_id, start, "end" FROM allocation WHERE booking_id = NEW.id'
BUSY = 'SELECT space_id, start, "end" FROM allocation WHERE busy_id = NEW.id'


def _marks_on_sqlite() -> None:
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in TOLD)
    for name, event, condition, marks in (
        ("allocation_insert", "INSERT ON allocation", "NEW.hold_id IS NULL", f"SELECT {NEW}"),
        ("allocation_delete", "DELETE ON allocation", "OLD.hold_id IS NULL", f"SELECT {OLD}"),
        ("allocation_update", "UPDATE ON allocation", "NEW.hold_id IS NULL OR OLD.hold_id IS NULL", BOTH),
        ("booking_insert", "INSERT ON booking", "1", f"SELECT {NEW}"),
        ("booking_delete", "DELETE ON booking", "1", f"SELECT {OLD}"),
        ("booking_update", f"UPDATE OF {', '.join(TOLD)} ON booking", changed, f"{BOTH} {PARTS}"),
        ("busy_update", "UPDATE OF space_id ON space_busy", "NEW.space_id <> OLD.space_id", BUSY),
    ):
        op.execute(f"CREATE TRIGGER figure_mark_{name} AFTER {event} WHEN {condition} BEGIN {MARK} {marks}; END")


def _marks_on_postgresql() -> None:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in TOLD)
    # named in full: a restore over a newer database finds by these lines what it has to drop (made_by_migrations)
    body = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {marks}; RETURN NULL; END $$"
    op.execute("CREATE FUNCTION figure_mark_new() " + body.format(marks=f"{MARK} SELECT {NEW}"))
    op.execute("CREATE FUNCTION figure_mark_old() " + body.format(marks=f"{MARK} SELECT {OLD}"))
    op.execute("CREATE FUNCTION figure_mark_both() " + body.format(marks=f"{MARK} {BOTH}"))
    op.execute("CREATE FUNCTION figure_mark_parts() " + body.format(marks=f"{MARK} {BOTH} {PARTS}"))
    op.execute("CREATE FUNCTION figure_mark_busy() " + body.format(marks=f"{MARK} {BUSY}"))
    for name, event, condition, function in (
        ("allocation_insert", "INSERT ON allocation", "NEW.hold_id IS NULL", "new"),
        ("allocation_delete", "DELETE ON allocation", "OLD.hold_id IS NULL", "old"),
        ("allocation_update", "UPDATE ON allocation", "NEW.hold_id IS NULL OR OLD.hold_id IS NULL", "both"),
        ("booking_insert", "INSERT ON booking", "TRUE", "new"),
        ("booking_delete", "DELETE ON booking", "TRUE", "old"),
        ("booking_update", f"UPDATE OF {', '.join(TOLD)} ON booking", changed, "parts"),
        ("busy_update", "UPDATE OF space_id ON space_busy", "NEW.space_id <> OLD.space_id", "busy"),
    ):
        op.execute(
            f"CREATE TRIGGER figure_mark_{name} AFTER {event} FOR EACH ROW WHEN ({condition}) "
            f"EXECUTE FUNCTION figure_mark_{function}()"
        )
