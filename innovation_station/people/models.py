"""Tables of notes about members, and of what was changed of many at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member


class MemberNote(Base):
    """What staff have written down about a member. `by_id` is None where who wrote it has been forgotten."""

    __tablename__ = "member_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    at: Mapped[Instant]

    by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[by_id])

    __table_args__ = (CheckConstraint("text <> ''", name="text"), Index(None, "member_id", "id"))


class MemberEdit(Base):
    """What somebody has changed of many members at once, kept while it can be taken back.

    `items` are a member's number and what was before and after, as `editing.Change` has it.
    """

    __tablename__ = "member_edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    at: Mapped[Instant] = mapped_column(index=True)
    act: Mapped[str] = mapped_column(String(20))
    items: Mapped[list[Any]] = mapped_column(JSON)
