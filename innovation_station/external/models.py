"""Tables of external calendars: where they come from, what they say, and what is being looked at before it counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.bookings.models import SpaceBusy
from innovation_station.db import Base, Instant
from innovation_station.external.rules import NAME_LONGEST, STATES
from innovation_station.members.models import Member
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span


class ExternalCalendar(Base):
    """A calendar of elsewhere, of one space or one member: an address (encrypted; `host` is what is shown of it), or a
    file that was uploaded, of which nothing is kept but times.

    `zone` was chosen for times that name none. `error` is why the last try failed, as a refusal; `said` what the last
    reading had to tell. A whole file was read last at `read_at`.
    """

    __tablename__ = "external_calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    host: Mapped[str | None] = mapped_column(String(255))
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    zone: Mapped[str | None] = mapped_column(String(64))
    etag: Mapped[str | None] = mapped_column(String(200))
    last_modified: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), default="active")
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    tried_at: Mapped[Instant | None]
    succeeded_at: Mapped[Instant | None]
    read_at: Mapped[Instant | None]
    next_at: Mapped[Instant]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    made_at: Mapped[Instant]

    space: Mapped[Space | None] = relationship(lazy="raise_on_sql")
    made_by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[made_by_id])

    __table_args__ = (
        CheckConstraint("(space_id is null) <> (member_id is null)", name="whose"),
        CheckConstraint("(address is null) <> (file is null)", name="source"),
        CheckConstraint(f"state in {STATES}", name="state"),
        Index("ix_external_calendar_next_at", "state", "next_at"),
    )


class ExternalEntry(Base):
    """One time that an external calendar is busy. `key` stands for what it is there, `event` for all times of the same;
    neither tells anything of it. Of a space it has a `busy_id`, by which its time is taken."""

    __tablename__ = "external_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("external_calendar.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    start: Mapped[Instant]
    end: Mapped[Instant]
    busy_id: Mapped[int | None] = mapped_column(ForeignKey(SpaceBusy.id, ondelete="SET NULL"), index=True)

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        UniqueConstraint("calendar_id", "key"),
        Index("ix_external_entry_calendar_id_start", "calendar_id", "start"),
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)


class ExternalDraft(Base):
    """A calendar that somebody is looking at before it counts; theirs alone, and for an hour.

    `file` is what its times and titles are read from: what was looked at is what is taken. Without a space it is for
    the member's own days. With a `calendar_id` it is what that calendar is to be from then on.
    """

    __tablename__ = "external_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("external_calendar.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    host: Mapped[str | None] = mapped_column(String(255))
    file: Mapped[bytes] = mapped_column(LargeBinary)
    zone: Mapped[str | None] = mapped_column(String(64))
    etag: Mapped[str | None] = mapped_column(String(200))
    last_modified: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[Instant] = mapped_column(index=True)
