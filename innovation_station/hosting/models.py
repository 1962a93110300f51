"""The table of notes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.hosting.rules import NOTE_LONGEST
from innovation_station.members.models import Member


class HostNote(Base):
    """What a host leaves for whoever has the house on `day` (local) and after, until it is `done_at`.

    `by_id` is None where who wrote it has been forgotten.
    """

    __tablename__ = "host_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    text: Mapped[str] = mapped_column(String(NOTE_LONGEST))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    at: Mapped[Instant]
    done_at: Mapped[Instant | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)

    by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[by_id])

    __table_args__ = (
        CheckConstraint("text <> ''", name="text"),
        Index("ix_host_note_done_at_day", "done_at", "day"),
    )
