"""Tables of events: what is said of one, its programme, its people, and the time it takes beside the programme."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.events.intake import PLACE_LONGEST
from innovation_station.events.rules import (
    ADDRESS_LONGEST,
    CATEGORIES,
    FORMATS,
    KINDS,
    LINE_LONGEST,
    NAME_LONGEST,
    PARTIES,
    PURPOSES,
    REASON_LONGEST,
    ROLES,
    STATES,
    SUMMARY_LONGEST,
    TITLE_LONGEST,
    TRACK_LONGEST,
    VISIBILITIES,
)
from innovation_station.members.models import Organisation
from innovation_station.timespan import Span


class Event(Base):
    """Something that goes on in the house.

    `sequence` counts what calendars must notice, `revision` every change of it and of what belongs to it.
    `previous_start` is when it was to begin before it was last moved after it was published. Those of one series share
    a `group_uid`. `link_key` is what the link to an event carries that is shown by link alone.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    visibility: Mapped[str] = mapped_column(String(10), default="public")
    link_key: Mapped[str] = mapped_column(String(40), default="")
    category: Mapped[str] = mapped_column(String(20), default="other")
    format: Mapped[str] = mapped_column(String(10), default="on-site")
    title_sv: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    title_en: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    summary_sv: Mapped[str] = mapped_column(String(SUMMARY_LONGEST), default="")
    summary_en: Mapped[str] = mapped_column(String(SUMMARY_LONGEST), default="")
    body_sv: Mapped[str] = mapped_column(Text, default="")
    body_en: Mapped[str] = mapped_column(Text, default="")
    practical_sv: Mapped[str] = mapped_column(Text, default="")
    practical_en: Mapped[str] = mapped_column(Text, default="")
    online_url: Mapped[str] = mapped_column(String(ADDRESS_LONGEST), default="")
    contact_name: Mapped[str] = mapped_column(String(NAME_LONGEST), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    cancel_sv: Mapped[str] = mapped_column(String(REASON_LONGEST), default="")
    cancel_en: Mapped[str] = mapped_column(String(REASON_LONGEST), default="")
    group_uid: Mapped[str | None] = mapped_column(String(36), index=True)
    start: Mapped[Instant]
    end: Mapped[Instant]
    previous_start: Mapped[Instant | None]
    cover_revision: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    published_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"visibility in {VISIBILITIES}", name="visibility"),
        CheckConstraint(f"format in {FORMATS}", name="format"),
        CheckConstraint(f"category in {CATEGORIES}", name="category"),
        Index("ix_event_state_start", "state", "start"),
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)

    @property
    def titles(self) -> tuple[str, str]:
        """Give its title in Swedish and in English, each empty where it is missing."""
        return self.title_sv, self.title_en


class Session(Base):
    """One item of the programme; `elsewhere` says where, in words, when that is no place of the house.

    `setup` and `clearing` are minutes that it keeps its place beside those of the place and its layout. `materials` are
    pairs of what is said and where it leads.
    """

    __tablename__ = "event_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(15), default="talk")
    title_sv: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    title_en: Mapped[str] = mapped_column(String(TITLE_LONGEST), default="")
    about_sv: Mapped[str] = mapped_column(Text, default="")
    about_en: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[Instant]
    end: Mapped[Instant]
    track: Mapped[str] = mapped_column(String(TRACK_LONGEST), default="")
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    elsewhere: Mapped[str] = mapped_column(String(NAME_LONGEST), default="")
    layout: Mapped[str | None] = mapped_column(String(20))
    people: Mapped[int | None]
    setup: Mapped[int] = mapped_column(default=0)
    clearing: Mapped[int] = mapped_column(default=0)
    materials: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sequence: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint("setup between 0 and 720 and clearing between 0 and 720", name="buffers"),
        CheckConstraint("people > 0", name="people"),
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)

    @property
    def titles(self) -> tuple[str, str]:
        """Give its title in Swedish and in English."""
        return self.title_sv, self.title_en


class Speaker(Base):
    """A person of one event: `title` is what they are, `affiliation` where. `member_id` only of who agreed to it."""

    __tablename__ = "event_speaker"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    title: Mapped[str] = mapped_column(String(LINE_LONGEST), default="")
    affiliation: Mapped[str] = mapped_column(String(LINE_LONGEST), default="")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)


class Part(Base):
    """What a speaker does in a session."""

    __tablename__ = "event_part"

    session_id: Mapped[int] = mapped_column(ForeignKey("event_session.id", ondelete="CASCADE"), primary_key=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("event_speaker.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(10), default="speaker")

    __table_args__ = (CheckConstraint(f"role in {ROLES}", name="role"),)


class Room(Base):
    """Time of a place beside the programme."""

    __tablename__ = "event_room"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    purpose: Mapped[str] = mapped_column(String(10), default="other")
    start: Mapped[Instant]
    end: Mapped[Instant]

    __table_args__ = (
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint(f"purpose in {PURPOSES}", name="purpose"),
    )

    @property
    def span(self) -> Span:
        """Give its time, UTC."""
        return Span(self.start, self.end)


class Party(Base):
    """An organisation's part in an event."""

    __tablename__ = "event_party"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(10), default="host")

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")

    __table_args__ = (CheckConstraint(f"role in {PARTIES}", name="role"),)


class Cover(Base):
    """An event's picture as a WebP of ours."""

    __tablename__ = "event_cover"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Source(Base):
    """From where an event was taken in: what stands for its UID and RECURRENCE-ID (`key`), for its UID alone, and for
    what the file said (`stamp`), and which revision of the event that was.

    `place` is where the file says it is, `space_id` the place of the house that this names: a wish, nothing is held.
    `language` is that of the texts.
    """

    __tablename__ = "event_source"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(String(64), unique=True)
    uid_key: Mapped[str] = mapped_column(String(64), index=True)
    stamp: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(2))
    place: Mapped[str] = mapped_column(String(PLACE_LONGEST), default="")
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="SET NULL"))
    revision: Mapped[int]
    taken_at: Mapped[Instant]

    __table_args__ = (CheckConstraint("language in ('sv', 'en')", name="language"),)


class EventFile(Base):
    """A calendar file that somebody of the staff looks at before its events are taken in; theirs alone, for an hour."""

    __tablename__ = "event_file"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(PLACE_LONGEST))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(2))
    zone: Mapped[str | None] = mapped_column(String(64))
    kept_at: Mapped[Instant] = mapped_column(index=True)

    __table_args__ = (CheckConstraint("language in ('sv', 'en')", name="language"),)
