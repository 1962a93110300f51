"""Failed log-ins of the last hour, so that guessing is slowed"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.LargeBinary(length=32), nullable=False),
        sa.Column("network", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    for columns in (["account", "failed_at"], ["network", "failed_at"], ["failed_at"]):
        name = op.f(f"ix_sign_in_failure_{'_'.join(columns)}")
        op.create_index(name, "sign_in_failure", columns, unique=False)
