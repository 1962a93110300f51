"""The table of what was done in the schedule."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant

KINDS = ("booked", "moved", "cancelled", "closed", "opened")


class ScheduleAct(Base):
    """What `actor_id` has done to a booking or a closure, with what that was `before` and `after`: space, start, end
    and state. It goes a day after it can no longer be taken back."""

    __tablename__ = "schedule_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    at: Mapped[Instant] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(10))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    closure_id: Mapped[int | None]  # no key: a closure that is opened again is gone
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        Index("ix_schedule_act_actor_id_at", "actor_id", "at"),
    )
