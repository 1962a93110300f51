"""The table of waits: who waits for which place and when, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.bookings.models import Booking, SpaceHold
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space, Zone
from innovation_station.timespan import Span
from innovation_station.waits.rules import STATES, Wanted


class Wait(Base):
    """A member's place in a line: for one space, or for any of a kind, maybe within a zone. Ids are its order.

    An offer is a hold until `offer_until`; where the hold is gone, so is the offer. `skipped` says why the member was
    passed over when it was free: a code, and the sentence in both languages.
    """

    __tablename__ = "wait"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    kind: Mapped[str | None] = mapped_column(String(10))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("space_hold.id", ondelete="SET NULL"), index=True)
    offered_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    offer_until: Mapped[Instant | None]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    skipped: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    joined_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    member: Mapped[Member] = relationship(lazy="raise_on_sql")
    space: Mapped[Space | None] = relationship(lazy="raise_on_sql", foreign_keys=[space_id])
    zone: Mapped[Zone | None] = relationship(lazy="raise_on_sql")
    hold: Mapped[SpaceHold | None] = relationship(lazy="raise_on_sql")
    booking: Mapped[Booking | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("(space_id is null) <> (kind is null)", name="wanted"),
        CheckConstraint("zone_id is null or kind is not null", name="zone"),
        CheckConstraint("state <> 'offered' or (offer_until is not null and offered_id is not null)", name="offer"),
        CheckConstraint("(state in ('waiting', 'offered')) = (ended_at is null)", name="ended"),
        Index("ix_wait_state_start", "state", "start"),
    )

    @property
    def span(self) -> Span:
        """Give the time that is wanted, UTC."""
        return Span(self.start, self.end)

    @property
    def wanted(self) -> Wanted:
        """Give what is wanted, where."""
        return Wanted(self.space_id, self.kind, self.zone_id)

    @property
    def live(self) -> bool:
        """Tell whether it still stands in the line."""
        return self.ended_at is None
