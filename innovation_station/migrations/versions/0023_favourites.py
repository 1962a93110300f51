"""Places that members have starred"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "favourite",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_favourite_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_favourite_space_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "space_id", name=op.f("pk_favourite")),
    )
    op.create_index(op.f("ix_favourite_space_id"), "favourite", ["space_id"])
