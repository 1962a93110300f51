"""Spaces know when what is said of them changed last"""

import sqlalchemy as sa
from alembic import op

from innovation_station.db import UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("space", sa.Column("worded_at", UtcDateTime(), nullable=True))
