"""Erasures, holds, exports and leaves."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.privacy.rules import EXPORT_STATES, LEAVE_KINDS, STATES


class Erasure(Base):
    """A member that is to be forgotten: asked for, waiting until `due_at`, withdrawn or done.

    `outcome` counts the rows of each class, and holds nothing of the person. It is how the house can show that it did.
    """

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id), index=True)
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int | None]
    due_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    ended_at: Mapped[Instant | None]
    outcome: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        # uq_erasure_waiting (member_id, where state = 'waiting') is made by the migration, see OpeningHours
    )


class Hold(Base):
    """The data of a member may not go, for a reason, until it is lifted."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id), index=True)
    reason: Mapped[str] = mapped_column(String(300))
    set_at: Mapped[Instant]
    lifted_at: Mapped[Instant | None]


class Export(Base):
    """All that is known of a member, in a zip; `body` is None until it is made."""

    __tablename__ = "data_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(String(2))
    asked_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    expires_at: Mapped[Instant | None] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(default=0)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    __table_args__ = (
        CheckConstraint(f"state in {EXPORT_STATES}", name="state"),
        CheckConstraint("language in ('sv', 'en')", name="language"),
    )


class Leave(Base):
    """A membership that was paused or ended; `until` is when a pause is over, `back_at` when somebody came back."""

    __tablename__ = "leave"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(5))
    at: Mapped[Instant]
    until: Mapped[Instant | None]
    back_at: Mapped[Instant | None]
    released: Mapped[dict[str, int]] = mapped_column(JSON)

    __table_args__ = (CheckConstraint(f"kind in {LEAVE_KINDS}", name="kind"),)
