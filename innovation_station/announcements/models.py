"""Tables of announcements: what is said where and when, and who has hidden it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.announcements.rules import LEVELS, TEXT_LONGEST, Facts
from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.timespan import Span


class Announcement(Base):
    """A short word of the house. It stands from `shown_from` until `shown_until`, unless it is `withdrawn_at` before.

    It concerns a floor, a zone or a space, or all of the house. `start` and `end` are when what it is about happens,
    both or none. `revision` counts its changes, `sequence` those that calendars must notice.
    """

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    level: Mapped[str] = mapped_column(String(15))
    text_sv: Mapped[str] = mapped_column(String(TEXT_LONGEST))
    text_en: Mapped[str] = mapped_column(String(TEXT_LONGEST))
    shown_from: Mapped[Instant]
    shown_until: Mapped[Instant]
    on_start: Mapped[bool]
    on_today: Mapped[bool]
    on_book: Mapped[bool]
    on_display: Mapped[bool]
    floor_id: Mapped[int | None] = mapped_column(ForeignKey("floor.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    start: Mapped[Instant | None]
    end: Mapped[Instant | None]
    in_feeds: Mapped[bool]
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(f"level in {LEVELS}", name="level"),
        CheckConstraint("shown_from < shown_until", name="order"),
        CheckConstraint(
            '(start is null and "end" is null) or (start is not null and "end" is not null and start < "end")',
            name="happens",
        ),
        Index("ix_announcement_shown_until", "shown_until"),
        Index("ix_announcement_end", "end"),
    )

    @property
    def texts(self) -> tuple[str, str]:
        """Give what it says in Swedish and in English."""
        return self.text_sv, self.text_en

    @property
    def place(self) -> tuple[str, int] | None:
        """Give what it concerns, None where that is all of the house."""
        for kind, number in (("floor", self.floor_id), ("zone", self.zone_id), ("space", self.space_id)):
            if number is not None:
                return kind, number
        return None

    @property
    def happens(self) -> Span | None:
        """Give when what it is about takes place, None where it says none."""
        return Span(self.start, self.end) if self.start is not None and self.end is not None else None

    @property
    def facts(self) -> Facts:
        """Give all that it says."""
        named = (
            ("start", self.on_start),
            ("today", self.on_today),
            ("book", self.on_book),
            ("display", self.on_display),
        )
        return Facts(
            self.texts, Span(self.shown_from, self.shown_until), self.level,
            frozenset(name for name, chosen in named if chosen), self.place, self.happens, self.in_feeds,
        )  # fmt: skip


class AnnouncementHidden(Base):
    """That a member has hidden an announcement, as it was at a `revision`."""

    __tablename__ = "announcement_hidden"

    announcement_id: Mapped[int] = mapped_column(
        ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey(Member.id, ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    revision: Mapped[int]
    at: Mapped[Instant]
