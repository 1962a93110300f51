"""Places and floors that are there no more, photographs of places, and plans to draw over"""

import sqlalchemy as sa
from alembic import op

from innovation_station.db import UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("space", sa.Column("archived_at", UtcDateTime(), nullable=True))
    op.add_column("space", sa.Column("photo_sv", sa.String(200), server_default="", nullable=False))
    op.add_column("space", sa.Column("photo_en", sa.String(200), server_default="", nullable=False))
    op.add_column("floor", sa.Column("archived_at", UtcDateTime(), nullable=True))
    op.create_table(
        "space_picture",
        sa.Column("space_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_picture_space_id")),
        sa.PrimaryKeyConstraint("space_id", name=op.f("pk_space_picture")),
    )
    op.create_table(
        "floor_picture",
        sa.Column("floor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_floor_picture_floor_id")),
        sa.PrimaryKeyConstraint("floor_id", name=op.f("pk_floor_picture")),
    )
