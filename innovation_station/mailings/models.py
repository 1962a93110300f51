"""Tables of mailings: what is said to whom, and how it went with each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.mailings.rules import KINDS, STATES, SUBJECT_LONGEST, WAYS, Facts, Group
from innovation_station.members.models import Member


class Mailing(Base):
    """A mail to a group. `people` are its receivers once it is sent, `reached` the last of them that was seen to.

    `result` counts how it went, as long as that can change and after. `by_id` is None where who wrote it is forgotten.
    """

    __tablename__ = "mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="draft")
    subject_sv: Mapped[str] = mapped_column(String(SUBJECT_LONGEST))
    subject_en: Mapped[str] = mapped_column(String(SUBJECT_LONGEST))
    body_sv: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    group: Mapped[dict[str, Any]] = mapped_column(JSON)
    by_id: Mapped[int | None] = mapped_column(ForeignKey(Member.id), index=True)
    people: Mapped[int] = mapped_column(default=0)
    reached: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    leaves_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("state = 'draft' or leaves_at is not null", name="leaves"),
        Index("ix_mailing_state_leaves_at", "state", "leaves_at"),
    )

    @property
    def facts(self) -> Facts:
        """Give what it says and to whom."""
        return Facts(
            self.kind, (self.subject_sv, self.subject_en), (self.body_sv, self.body_en), Group.of(self.group)
        )  # fmt: skip


class MailingReceiver(Base):
    """Somebody whom a mailing is for, as known when it was sent; `member_id` is None for a guest.

    `way` is how they were told, "" while they were not; `message_id` names the mail in the outbox.
    """

    __tablename__ = "mailing_receiver"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    language: Mapped[str | None] = mapped_column(String(2))
    member_id: Mapped[int | None] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    way: Mapped[str] = mapped_column(String(10), default="")
    message_id: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        CheckConstraint(f"way in {WAYS}", name="way"),
        UniqueConstraint("mailing_id", "email"),
        Index("ix_mailing_receiver_mailing_id_id", "mailing_id", "id"),
    )
