"""What is taken at a time is read from one index"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_allocation_start", table_name="allocation")
    op.create_index("ix_allocation_start", "allocation", ["start", "end", "space_id"])
