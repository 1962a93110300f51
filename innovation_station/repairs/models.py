"""The table of reports."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.repairs.rules import SORTS, STATES, TEXT_LONGEST


class FaultReport(Base):
    """Something that is wrong with a space.

    `member_id` is None where who reported it has been forgotten; `closure_id` names what keeps the space closed for it.
    """

    __tablename__ = "fault_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    sort: Mapped[str] = mapped_column(String(12), default="other", server_default="other")
    text: Mapped[str] = mapped_column(String(TEXT_LONGEST), default="")
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(4), default="open")
    done_at: Mapped[Instant | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closure.id"), index=True)

    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    done_by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[done_by_id])

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"sort in {SORTS}", name="sort"),
        CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
        Index(None, "state", "at"),
    )
