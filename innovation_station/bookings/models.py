"""Tables of bookings: the record, the time it takes, and what happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.bookings.rules import GONE, HOLDING, kept_until
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.spaces.models import Closure, Space
from innovation_station.timespan import Span

LONGEST_ALLOCATION = timedelta(hours=25)  # a local day when summer time ends
LONGEST_BOOKING = timedelta(days=31)  # the database takes no policy that allows more
TITLE_LONGEST = 120
SOURCE_LONGEST = 80
CLAIM_LONGEST = 200
REASON_LONGEST = 300
STATES = (*HOLDING, *GONE, "no-show")
ACTIONS = (
    "reserved", "moved", "edited", "cancelled", "restored", "approved", "declined", "expired", "checked-in", "released",
    "ended", "extended", "handed",
)  # fmt: skip


class Booking(Base):
    """A member's hold on a space. `sequence` counts what calendars must notice, `revision` every change.

    `organisation_id` is the organisation its member belonged to when it was made: whose shared quota it takes from.
    `setup` and `clearing` are the minutes it keeps free before and after, as ruled when its time was set. A request
    waits for an answer until `answer_by`; `answer_reason` is what was said with a no. Of a no-show the time was given
    back at `released_at`; whether somebody comes is waited for from its start, or from `expected_at` where its time was
    set after that, and was asked at `reminded_at`.
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
    setup: Mapped[int] = mapped_column(default=0)
    clearing: Mapped[int] = mapped_column(default=0)
    people: Mapped[int | None]
    layout: Mapped[str | None] = mapped_column(String(20))
    booked_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    answer_by: Mapped[Instant | None]
    answer_reason: Mapped[str | None] = mapped_column(String(REASON_LONGEST))
    checked_in_at: Mapped[Instant | None]
    released_at: Mapped[Instant | None]
    expected_at: Mapped[Instant | None]
    reminded_at: Mapped[Instant | None]
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]

    member: Mapped[Member] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    space: Mapped[Space] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("setup between 0 and 1440 and clearing between 0 and 1440", name="buffers"),
        CheckConstraint("people > 0", name="people"),
        UniqueConstraint("member_id", "request_key"),
        # what a feed asks of a thousand bookings is answered from the index alone
        Index("ix_booking_feed", "member_id", "start", "end", "state", "changed_at", "revision"),
        Index("ix_booking_shared", "organisation_id", "start"),
        Index(None, "start"),
        # ix_booking_answer_by (where state = 'requested') and ix_booking_to_see_to (where it is that or 'no-show') are
        # made by migrations, see spaces.models.OpeningHours
    )

    @property
    def span(self) -> Span:
        """Give the time that was booked, UTC."""
        return Span(self.start, self.end)

    @property
    def kept(self) -> Span:
        """Give the part of the booked time that stayed its own: of a no-show what was before it was released."""
        return Span(self.start, kept_until(self))

    @property
    def takes(self) -> Span | None:
        """Give the time it keeps others out, with what it needs before and after; None where it is gone.

        That is what its allocations say, on each space that its own takes.
        """
        start = self.start - timedelta(minutes=self.setup)
        if self.state in HOLDING:
            return Span(start, self.end + timedelta(minutes=self.clearing))
        until = self.released_at if self.state == "no-show" else None
        return Span(start, until) if until is not None and start < until else None

    @property
    def cancelled(self) -> bool:
        """Tell whether it has been given back, or was never granted."""
        return self.state in GONE


class SpaceHold(Base):
    """Time kept free for one member until an instant: it waits to be booked, by nobody else."""

    __tablename__ = "space_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    until: Mapped[Instant] = mapped_column(index=True)
    created_at: Mapped[Instant]

    __table_args__ = (CheckConstraint('start < "end"', name="order"),)

    @property
    def span(self) -> Span:
        """Give the time that may be booked, UTC."""
        return Span(self.start, self.end)


class SpaceBusy(Base):
    """Time for which another calendar has a space; `source` is what staff call that calendar.

    What of it nobody has here is kept by allocations (see `busy`). It is `contested` where it meets a booking.
    `sequence` counts what calendars must notice, `changed_at` is when that was last.
    """

    __tablename__ = "space_busy"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    source: Mapped[str] = mapped_column(String(SOURCE_LONGEST))
    contested: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[Instant | None]
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        Index("ix_space_busy_space_id_end", "space_id", "end"),
        # ix_space_busy_contested (where contested) is made by the migration, see spaces.models.OpeningHours
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)


class Favourite(Base):
    """A space that a member has starred."""

    __tablename__ = "favourite"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"), primary_key=True, index=True)
    made_at: Mapped[Instant]


class Claim(Base):
    """What takes spaces and is no booking: its rows of allocations are taken and given back together.

    `kind` and `subject_id` name the row of a later feature that it is for. `title_sv` and `title_en` are what every
    reader may know of it; empty where that is nothing. `revision` counts its changes, and what it takes is stamped with
    each; `changed_at` is when the last one was.
    """

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[int]
    title_sv: Mapped[str] = mapped_column(String(CLAIM_LONGEST), default="")
    title_en: Mapped[str] = mapped_column(String(CLAIM_LONGEST), default="")
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint("kind in ('event', 'door')", name="kind"),
        UniqueConstraint("kind", "subject_id"),
    )


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
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("space_hold.id"), index=True)
    busy_id: Mapped[int | None] = mapped_column(ForeignKey("space_busy.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id"), index=True)

    booking: Mapped[Booking | None] = relationship(lazy="raise_on_sql")
    closure: Mapped[Closure | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(
            "(case when booking_id is null then 0 else 1 end) + (case when closure_id is null then 0 else 1 end)"
            " + (case when hold_id is null then 0 else 1 end) + (case when busy_id is null then 0 else 1 end)"
            " + (case when claim_id is null then 0 else 1 end) = 1",
            name="one_owner",
        ),
        Index("ix_allocation_space_id_start", "space_id", "start"),
        # what is taken at a time, of any space, is read from the index alone
        Index("ix_allocation_start", "start", "end", "space_id"),
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

    __table_args__ = (CheckConstraint(f"action in {ACTIONS}", name="action"),)


class RulesPassed(Base):
    """Why staff let a booking pass rules, and which, by the codes of their refusals.

    `by_id` is None where who did it has been forgotten, `reason` empty where whose booking it is has been.
    """

    __tablename__ = "rules_passed"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    at: Mapped[Instant]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    codes: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(REASON_LONGEST))
