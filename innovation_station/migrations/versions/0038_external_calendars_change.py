"""What is looked at may be another source of a calendar that there is"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE external_draft ADD COLUMN calendar_id INTEGER CONSTRAINT fk_external_draft_calendar_id"
        " REFERENCES external_calendar (id) ON DELETE CASCADE"
    )
    op.create_index(op.f("ix_external_draft_calendar_id"), "external_draft", ["calendar_id"])
