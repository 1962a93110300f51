"""The table of arrivals at events."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.attendance.rules import WAYS
from innovation_station.db import Base, Instant


class EventArrival(Base):
    """That the person of a registration is here: since when, who noted it, and how."""

    __tablename__ = "event_arrival"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    at: Mapped[Instant]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    way: Mapped[str] = mapped_column(String(10))

    __table_args__ = (CheckConstraint(f"way in {WAYS}", name="way"),)
