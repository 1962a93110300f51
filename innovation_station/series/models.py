"""Tables of series: what repeats and how, and each of its dates."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.bookings.models import TITLE_LONGEST, Booking
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Pattern
from innovation_station.spaces.models import Space


class Series(Base):
    """Bookings repeated by a rule, in the local time of `zone`; `rule` is an RRULE of RFC 5545, see `rules.Rule`.

    A series that was divided goes on in another. `ended` says that a change or a cancellation has left no date to come;
    of one that has run out, the dates say so.
    """

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"), index=True)
    rule: Mapped[str] = mapped_column(String(200))
    skip_closed: Mapped[bool] = mapped_column(default=False)
    zone: Mapped[str] = mapped_column(String(40))
    first_day: Mapped[date]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    title: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    public: Mapped[bool] = mapped_column(default=False)
    ended: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]

    member: Mapped[Member] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("0 <= start_minute and start_minute < end_minute and end_minute <= 1440", name="minutes"),
        UniqueConstraint("member_id", "request_key"),
    )

    @property
    def pattern(self) -> Pattern:
        """Give what it says of its dates."""
        rule = Rule.parse(self.rule, ZoneInfo(self.zone), skip_closed=self.skip_closed)
        times = Times(self.start_minute, self.end_minute)
        return Pattern(rule, self.first_day, times, self.space_id, self.title)


class Occurrence(Base):
    """A date of a series, by the day its rule gave it, and the booking it has; none where it was skipped.

    `state` is what was decided of the date; whether it holds its space, the booking says. `moved` and `retitled` tell
    that it has a time, a space or a title of its own.
    """

    __tablename__ = "occurrence"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    original: Mapped[date] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="confirmed")
    moved: Mapped[bool] = mapped_column(default=False)
    retitled: Mapped[bool] = mapped_column(default=False)

    booking: Mapped[Booking | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("state in ('confirmed', 'cancelled', 'skipped', 'dropped')", name="state"),
        CheckConstraint("booking_id is not null or state in ('skipped', 'dropped')", name="booked"),
    )
