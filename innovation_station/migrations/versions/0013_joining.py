"""How people are let in, the texts they accept, and whether the tour is still to come"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE member ADD COLUMN tour_due BOOLEAN DEFAULT false NOT NULL")
    op.create_table(
        "admission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.String(length=10), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_admission_single")),
        sa.CheckConstraint(
            "second_factor in ('nobody', 'staff', 'everybody')", name=op.f("ck_admission_second_factor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
    )
    op.create_table(
        "house_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_sv", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('rules', 'privacy')", name=op.f("ck_house_text_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_text")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_house_text_kind_version")),
    )
    op.create_table(
        "acceptance",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_acceptance_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["text_id"], ["house_text.id"], name=op.f("fk_acceptance_text_id")),
        sa.PrimaryKeyConstraint("member_id", "text_id", name=op.f("pk_acceptance")),
    )
