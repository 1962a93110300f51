"""Plans that newcomers choose, some of them without approval; and files of members that were tried"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE plan ADD COLUMN self_service BOOLEAN DEFAULT false NOT NULL")
    op.create_table(
        "plan_wish",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_plan_wish_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_wish_plan_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_plan_wish")),
    )
    op.create_index(op.f("ix_plan_wish_plan_id"), "plan_wish", ["plan_id"], unique=False)
    op.create_table(
        "import_file",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_import_file_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_import_file")),
    )
    op.create_index(op.f("ix_import_file_expires_at"), "import_file", ["expires_at"], unique=False)
