"""Tables of sharing: who may be booked for, guests, offers to hand a booking over, and absences."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.bookings.models import Booking
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.members.rules import EMAIL_LONGEST, NAME_LONGEST
from innovation_station.sharing.rules import GUEST_STATES, OFFER_STATES


class Consent(Base):
    """Who may book for a member, beside the house's staff; without a row nobody."""

    __tablename__ = "booking_consent"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    organisation: Mapped[bool] = mapped_column(default=False)
    colleagues: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[Instant]


class Named(Base):
    """An address whose member may book for another. Whether anybody has it, nobody who writes it is told."""

    __tablename__ = "booking_consent_person"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LONGEST), primary_key=True)

    __table_args__ = (Index(None, "email"),)


class Guest(Base):
    """Somebody who comes to a booking. `knew` is what they were last told, None for nothing yet.

    `uid` and `sequence` are those of their own entry in a calendar program.
    """

    __tablename__ = "guest"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    email: Mapped[str] = mapped_column(String(EMAIL_LONGEST))
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(10), default="invited")
    sequence: Mapped[int] = mapped_column(default=0)
    knew: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    arrived_at: Mapped[Instant | None]
    left_at: Mapped[Instant | None]

    booking: Mapped[Booking] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint(f"state in {GUEST_STATES}", name="state"),
        CheckConstraint("language in ('sv', 'en')", name="language"),
        CheckConstraint("left_at is null or arrived_at is not null", name="left"),
        Index("ix_guest_invited_by", "invited_by_id", "created_at"),
        # uq_guest_booking_email (booking_id, email where state <> 'removed') is made by the migration, see
        # spaces.models.OpeningHours
    )


class Offer(Base):
    """A booking that is offered to another member, by what was chosen or typed (`email`).

    `to_id` is None where nobody has that address. `sequence` is the booking's: an offer is of one time and place.
    """

    __tablename__ = "booking_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    to_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LONGEST), default="")
    sequence: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="open")
    made_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    booking: Mapped[Booking] = relationship(lazy="raise_on_sql")
    to: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[to_id])

    __table_args__ = (
        CheckConstraint(f"state in {OFFER_STATES}", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("to_id <> from_id", name="other"),
        # uq_booking_offer_open (booking_id where state = 'open') is made by the migration
    )


class Absence(Base):
    """A member is away from the first to the last day, both included; `ended_at` where they came back before."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    first: Mapped[date]
    last: Mapped[date]
    made_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    __table_args__ = (CheckConstraint("first <= last", name="order"), Index(None, "member_id", "last"))


class Released(Base):
    """A booking that an absence has released: what may be booked again when it ends early."""

    __tablename__ = "absence_booking"

    absence_id: Mapped[int] = mapped_column(ForeignKey("absence.id", ondelete="CASCADE"), primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True, index=True)

    booking: Mapped[Booking] = relationship(lazy="raise_on_sql")
