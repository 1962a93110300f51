"""Tables of bookings: the record, the time it takes, and what happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure, Space
from innovation_station.timespan import Span

LONGEST_ALLOCATION = timedelta(hours=25)  # a local day when summer time ends
LONGEST_BOOKING = timedelta(days=31)  # the database takes no policy that allows more
TITLE_LONGEST = 120


class Booking(Base):
    """A member's hold on a space. `sequence` counts what calendars must notice, `revision` every change.

    `organisation_id` is the organisation its member belonged to when it was made: whose shared quota it takes from.
    """

    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    title: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    public: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="confirmed")
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]

    member: Mapped[Member] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint("state in ('confirmed', 'cancelled')", name="state"),
        UniqueConstraint("member_id", "request_key"),
        # what a feed asks of a thousand bookings is answered from the index alone
        Index("ix_booking_feed", "member_id", "start", "end", "state", "changed_at", "revision"),
        Index("ix_booking_shared", "organisation_id", "start"),
    )

    @property
    def span(self) -> Span:
        """Give the time it holds, UTC."""
        return Span(self.start, self.end)

    @property
    def cancelled(self) -> bool:
        """Tell whether it has been given back."""
        return self.state == "cancelled"


class Allocation(Base):
    """The fact that one space is taken for one span [start, end); at most one local day long.

    That no two overlap is the database's own law: `ex_allocation_overlap` on PostgreSQL, triggers of the same
    name on SQLite, made by the migration.
    """

    __tablename__ = "allocation"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closure.id"), index=True)

    booking: Mapped[Booking | None] = relationship(lazy="raise_on_sql")
    closure: Mapped[Closure | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint("(booking_id is null) <> (closure_id is null)", name="one_owner"),
        Index("ix_allocation_space_id_start", "space_id", "start"),
        Index("ix_allocation_start", "start"),
    )


class BookingHistory(Base):
    """Who did what to a booking, when and from where; the database refuses to change or delete a row."""

    __tablename__ = "booking_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    at: Mapped[Instant]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    actor_role: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(10))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    request_id: Mapped[str] = mapped_column(String(64), default="")

    actor: Mapped[Member | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("action in ('reserved', 'moved', 'edited', 'cancelled', 'restored')", name="action"),
    )
