"""More booking rules, rules of plans, quotas for all and quotas by the day"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KIND = "kind in ('desk', 'room', 'booth', 'hall')"
RANGES = {
    "granularity": (5, 1440), "shortest": (1, 44640), "longest": (1, 44640), "notice": (0, 525600),
    "horizon": (0, 1100), "setup": (0, 720), "clearing": (0, 720), "approval": (0, 44640), "check_in": (0, 1440),
    "cancel_by": (0, 44640), "at_once": (0, 100), "opens": (0, 1440), "closes": (0, 1440),
}  # fmt: skip
BOOKED_BY = "booked_by in ('member', 'host', 'admin')"
OLD_PER, NEW_PER = "per in ('week', 'month')", "per in ('day', 'week', 'month')"


def upgrade() -> None:
    for name in ("at_once", "opens", "closes"):
        least, most = RANGES[name]
        check = f"CONSTRAINT ck_policy_{name} CHECK ({name} between {least} and {most})"
        op.execute(f"ALTER TABLE policy ADD COLUMN {name} INTEGER {check}")
    op.execute(
        f"ALTER TABLE policy ADD COLUMN booked_by VARCHAR(10) CONSTRAINT ck_policy_booked_by CHECK ({BOOKED_BY})"
    )
    _tables()
    (_reword_on_postgresql if op.get_bind().dialect.name == "postgresql" else _reword_on_sqlite)()


def _tables() -> None:
    op.create_table(
        "plan_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in RANGES),
        sa.Column("booked_by", sa.String(length=10), nullable=True),
        sa.CheckConstraint(KIND, name=op.f("ck_plan_policy_kind")),
        sa.CheckConstraint("kind is null or space_id is null", name=op.f("ck_plan_policy_one_scope")),
        *(
            sa.CheckConstraint(f"{name} between {least} and {most}", name=op.f(f"ck_plan_policy_{name}"))
            for name, (least, most) in RANGES.items()
        ),
        sa.CheckConstraint(BOOKED_BY, name=op.f("ck_plan_policy_booked_by")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_policy_plan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_plan_policy_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_policy")),
        sa.UniqueConstraint("plan_id", "kind", name=op.f("uq_plan_policy_plan_id_kind")),
        sa.UniqueConstraint("plan_id", "space_id", name=op.f("uq_plan_policy_plan_id_space_id")),
    )
    both = sa.text("kind is null and space_id is null")
    op.create_index(
        "uq_plan_policy_all", "plan_policy", ["plan_id"], unique=True, sqlite_where=both, postgresql_where=both
    )
    op.create_table(
        "house_quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("per", sa.String(length=5), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint(KIND, name=op.f("ck_house_quota_kind")),
        sa.CheckConstraint("kind is null or space_id is null", name=op.f("ck_house_quota_one_scope")),
        sa.CheckConstraint(NEW_PER, name=op.f("ck_house_quota_per")),
        sa.CheckConstraint("unit in ('hours', 'bookings')", name=op.f("ck_house_quota_unit")),
        sa.CheckConstraint("amount between 0 and 1000000", name=op.f("ck_house_quota_amount")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_house_quota_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_quota")),
    )


def _reword_on_postgresql() -> None:
    op.execute("ALTER TABLE plan_quota DROP CONSTRAINT ck_plan_quota_per")
    op.execute(f"ALTER TABLE plan_quota ADD CONSTRAINT ck_plan_quota_per CHECK ({NEW_PER})")


def _reword_on_sqlite() -> None:
    """Write the check anew where SQLite keeps it, as 0015 does."""
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'plan_quota'"),
        {"old": f"CHECK ({OLD_PER})", "new": f"CHECK ({NEW_PER})"},
    )
    said = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'plan_quota'")).scalar_one()
    if done.rowcount != 1 or f"CHECK ({NEW_PER})" not in said:
        raise RuntimeError("the check ck_plan_quota_per is not as it was made")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
