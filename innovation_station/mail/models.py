"""The outbox."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.mail.rules import OPEN, PROBLEMS, REASON_LONGEST, STATES

_OPEN = f"state in {OPEN}"


class Mail(Base):
    """One mail to one receiver. `content` holds the template's values, and is None once they have served.

    `ordered_at` is its place among the receiver's mails, `due_at` when it may be tried, or until when `claimed_by`
    has it. `message_id` is the left half of the Message-ID, the same in every try; the right is the sender's domain.
    """

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    message_id: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    template: Mapped[str] = mapped_column(String(60))
    receiver: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[Literal["sv", "en"] | None] = mapped_column(String(2))
    member_id: Mapped[int | None] = mapped_column(index=True)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    unsubscribe_url: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    created_at: Mapped[Instant]
    ordered_at: Mapped[Instant]
    due_at: Mapped[Instant]
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    tries: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(REASON_LONGEST), default="")
    ended_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"problem in {PROBLEMS}", name="problem"),
        CheckConstraint("language in ('sv', 'en')", name="language"),
        Index(None, "state", "due_at"),
        Index(None, "receiver"),
    )
