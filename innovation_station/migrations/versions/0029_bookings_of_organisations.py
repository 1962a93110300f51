"""Bookings say for which organisation they were made, in houses without plans too"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# In a house that measures, none means none: it was booked before its member joined. In one that does not, the book says
# who has joined or left since.
FILL = """
    UPDATE booking
    SET organisation_id = (SELECT member.organisation_id FROM member WHERE member.id = booking.member_id)
    WHERE organisation_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM plan)
      AND NOT EXISTS (SELECT 1 FROM house_quota)
      AND NOT EXISTS (
        SELECT 1 FROM audit_entry
        WHERE audit_entry.member_id = booking.member_id
          AND audit_entry.action = 'member.organisation'
          AND audit_entry.at > booking.created_at
      )
"""


def upgrade() -> None:
    op.execute(FILL)
