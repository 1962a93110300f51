"""What takes places and is no booking counts what calendars must notice"""

import sqlalchemy as sa
from alembic import op

from innovation_station.db import UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim", sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.add_column("claim", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("space_busy", sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.add_column("space_busy", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
