"""Tables of who came to events, and of what is said and asked after them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
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


class Followup(Base):
    """What staff settle for the time after an event: thanks on its page, and whether its visitors are asked, and what.

    `questions` are pairs (sv, en) beside the marks from one to five; at `sent_at` people were asked.
    """

    __tablename__ = "event_followup"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    thanks_sv: Mapped[str] = mapped_column(Text, default="")
    thanks_en: Mapped[str] = mapped_column(Text, default="")
    ask: Mapped[bool] = mapped_column(default=False)
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sent_at: Mapped[Instant | None]


class EventAnswer(Base):
    """What somebody has answered; it leads to nobody: no person, no time, and a key at random."""

    __tablename__ = "event_answer"

    uid: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    rating: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[list[Any]] = mapped_column(JSON, default=list)

    __table_args__ = (CheckConstraint("rating between 1 and 5", name="rating"),)


class Answered(Base):
    """That somebody has answered, and nothing of what."""

    __tablename__ = "event_answered"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
