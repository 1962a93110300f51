"""Organisations with their particulars, grants, membership plans, and the ledger that nobody can rewrite"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KIND = "kind in ('desk', 'room', 'booth', 'hall')"


def upgrade() -> None:
    _columns()
    _organisations()
    _plans()
    _ledger()
    (_law_on_postgresql if op.get_bind().dialect.name == "postgresql" else _law_on_sqlite)()


def _columns() -> None:
    for column in (
        "slug VARCHAR(80) DEFAULT '' NOT NULL",
        "about_sv VARCHAR(600) DEFAULT '' NOT NULL",
        "about_en VARCHAR(600) DEFAULT '' NOT NULL",
        "website VARCHAR(200) DEFAULT '' NOT NULL",
        "contact VARCHAR(254) DEFAULT '' NOT NULL",
        "partner_from DATE",
        "partner_until DATE CONSTRAINT ck_organisation_partner_period CHECK (partner_from <= partner_until)",
        "cost_centre VARCHAR(40) DEFAULT '' NOT NULL",
        "logo_revision INTEGER DEFAULT 0 NOT NULL",
        "usage_revision INTEGER DEFAULT 0 NOT NULL",
    ):
        op.execute(f"ALTER TABLE organisation ADD COLUMN {column}")
    _name_addresses()
    op.create_index("uq_organisation_slug", "organisation", ["slug"], unique=True)
    op.execute("ALTER TABLE member ADD COLUMN access_revision INTEGER DEFAULT 0 NOT NULL")
    op.create_index(op.f("ix_member_organisation_id"), "member", ["organisation_id"])
    op.execute(
        "ALTER TABLE booking ADD COLUMN organisation_id INTEGER "
        "CONSTRAINT fk_booking_organisation_id REFERENCES organisation (id)"
    )
    op.create_index("ix_booking_shared", "booking", ["organisation_id", "start"])


def _name_addresses() -> None:
    """Give each organisation an address from its name; the number goes along where two would be the same."""
    connection, taken = op.get_bind(), set()
    for number, name in connection.execute(sa.text("SELECT id, name_sv FROM organisation ORDER BY id")).all():
        plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "organisation"
        slug = f"{slug}-{number}" if slug in taken else slug
        taken.add(slug)
        connection.execute(sa.text("UPDATE organisation SET slug = :slug WHERE id = :id"), {"slug": slug, "id": number})


def _organisations() -> None:
    op.create_table(
        "organisation_logo",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_logo_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_organisation_logo")),
    )
    op.create_table(
        "member_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('contact', 'space', 'event')", name=op.f("ck_member_grant_kind")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_grant_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_grant")),
        sa.UniqueConstraint("member_id", "kind", "subject_id", name=op.f("uq_member_grant_member_id_kind_subject_id")),
    )
    op.create_index("ix_member_grant_subject", "member_grant", ["kind", "subject_id"])


def _plans() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_sv", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("text_sv", sa.String(length=400), nullable=False),
        sa.Column("text_en", sa.String(length=400), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("spaces", sa.JSON(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("rates", sa.JSON(), nullable=False),
        sa.Column("vat", sa.Integer(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=True),
        sa.Column("standard", sa.Boolean(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("price between 0 and 100000000", name=op.f("ck_plan_price")),
        sa.CheckConstraint("vat between 0 and 10000", name=op.f("ck_plan_vat")),
        sa.CheckConstraint("trial_days between 1 and 366", name=op.f("ck_plan_trial_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("name_sv", name=op.f("uq_plan_name_sv")),
    )
    op.create_table(
        "plan_quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("per", sa.String(length=5), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint("(plan_id is null) <> (organisation_id is null)", name=op.f("ck_plan_quota_one_owner")),
        sa.CheckConstraint(KIND, name=op.f("ck_plan_quota_kind")),
        sa.CheckConstraint("per in ('week', 'month')", name=op.f("ck_plan_quota_per")),
        sa.CheckConstraint("unit in ('hours', 'bookings')", name=op.f("ck_plan_quota_unit")),
        sa.CheckConstraint("amount between 0 and 1000000", name=op.f("ck_plan_quota_amount")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_quota_plan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_plan_quota_organisation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_quota")),
    )
    op.create_index(op.f("ix_plan_quota_plan_id"), "plan_quota", ["plan_id"])
    op.create_index(op.f("ix_plan_quota_organisation_id"), "plan_quota", ["organisation_id"])
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(member_id is null) <> (organisation_id is null)", name=op.f("ck_membership_one_holder")),
        sa.CheckConstraint("starts <= ends", name=op.f("ck_membership_period")),
        sa.CheckConstraint("paused_from <= paused_until", name=op.f("ck_membership_pause")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_membership_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_membership_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    for column in ("member_id", "organisation_id", "plan_id", "ends"):
        op.create_index(op.f(f"ix_membership_{column}"), "membership", [column])
    op.create_table(
        "dedicated_desk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.CheckConstraint("starts <= ends", name=op.f("ck_dedicated_desk_period")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_dedicated_desk_space_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_dedicated_desk_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedicated_desk")),
    )
    op.create_index(op.f("ix_dedicated_desk_member_id"), "dedicated_desk", ["member_id"])
    op.create_index("ix_dedicated_desk_space", "dedicated_desk", ["space_id", "starts"])


def _ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("payer_id", sa.Integer(), nullable=True),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("vat", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("cost_centre", sa.String(length=40), nullable=False),
        sa.CheckConstraint("share between 1 and 10000", name=op.f("ck_ledger_entry_share")),
        sa.CheckConstraint("(corrects_id is null) = (minutes > 0)", name=op.f("ck_ledger_entry_correction")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_ledger_entry_booking_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_corrects_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_ledger_entry_organisation_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["organisation.id"], name=op.f("fk_ledger_entry_payer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_ledger_entry_plan_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_ledger_entry_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(op.f("ix_ledger_entry_booking_id"), "ledger_entry", ["booking_id"])
    op.create_index("ix_ledger_entry_month", "ledger_entry", ["month", "payer_id"])
    op.create_table(
        "cost_share",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.CheckConstraint("share between 1 and 10000", name=op.f("ck_cost_share_share")),
        sa.CheckConstraint("payer_id <> organisation_id", name=op.f("ck_cost_share_another")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_cost_share_organisation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["organisation.id"], name=op.f("fk_cost_share_payer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "payer_id", name=op.f("pk_cost_share")),
    )


def _law_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'ledger_is_kept'; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER ledger_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()
        """
    )


def _law_on_sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"""
            CREATE TRIGGER ledger_is_kept_{event.lower()} BEFORE {event} ON ledger_entry
            BEGIN SELECT RAISE(ABORT, 'ledger_is_kept'); END
            """
        )
