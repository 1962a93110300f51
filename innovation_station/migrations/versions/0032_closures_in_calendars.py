"""Closures count what calendars must notice"""

import sqlalchemy as sa
from alembic import op

from innovation_station.db import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("closure", sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.add_column("closure", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
