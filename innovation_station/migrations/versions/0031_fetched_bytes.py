"""A feed knows what its program has got last"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed", sa.Column("last_etag", sa.String(32), nullable=False, server_default=""))
