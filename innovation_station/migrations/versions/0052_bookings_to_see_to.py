"""Find the bookings that wait for an answer, and those that nobody came to, without reading all of a month"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unsettled = sa.text("state in ('requested', 'no-show')")
    op.create_index(
        "ix_booking_to_see_to", "booking", ["start"], sqlite_where=unsettled, postgresql_where=unsettled
    )  # fmt: skip
