"""Tables of notices: what happened, and what members want to be told of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.notices.rules import FREQUENCIES, MAIL_WAYS, Frequency, MailWay


class Notice(Base):
    """One thing that a member should know. `subject` names what it is about, so that it can be taken back.

    `read_at` is set from the start where it is not for the list; `digest` while it waits for the next digest.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(60), default="")
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    in_app: Mapped[bool]
    digest: Mapped[bool]
    created_at: Mapped[Instant]
    read_at: Mapped[Instant | None]

    __table_args__ = (
        Index(None, "member_id", "read_at"),
        Index(None, "digest", "member_id"),
        Index(None, "created_at"),
    )


class NoticeChoice(Base):
    """What a member chose for a kind; without a row the kind's default holds."""

    __tablename__ = "notice_choice"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    mail: Mapped[MailWay] = mapped_column(String(10))
    in_app: Mapped[bool]

    __table_args__ = (CheckConstraint(f"mail in {MAIL_WAYS}", name="mail"),)


class NoticeSettings(Base):
    """How often a member gets the digest, and when it is to be quiet: minutes of the wall clock, both or none."""

    __tablename__ = "notice_settings"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[Frequency] = mapped_column(String(10), default="daily")
    quiet_start: Mapped[int | None]
    quiet_end: Mapped[int | None]

    __table_args__ = (
        CheckConstraint(f"digest in {FREQUENCIES}", name="digest"),
        CheckConstraint("(quiet_start is null) = (quiet_end is null)", name="quiet"),
        CheckConstraint("quiet_start between 0 and 1440", name="quiet_start"),
        CheckConstraint("quiet_end between 0 and 1440", name="quiet_end"),
    )
