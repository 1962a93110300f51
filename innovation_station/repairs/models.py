"""The table of reports."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.repairs.rules import STATES, TEXT_LONGEST


class FaultReport(Base):
    """Something that is wrong with a space. `member_id` is None where who reported it has been forgotten."""

    __tablename__ = "fault_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    text: Mapped[str] = mapped_column(String(TEXT_LONGEST), default="")
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(4), default="open")
    done_at: Mapped[Instant | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)

    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    done_by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[done_by_id])

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
        Index(None, "state", "at"),
    )
