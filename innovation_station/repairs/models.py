"""The tables of reports, their photos, and what staff note on them."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member
from innovation_station.repairs.rules import ENDED, NOTE_LONGEST, SORTS, STATES, TEXT_LONGEST


class FaultReport(Base):
    """Something that is wrong with a space.

    `member_id` is None where who reported it has been forgotten; `same_as_id` names the report that it is joined to;
    `closure_id` what keeps the space closed for it; `moved` lists whose bookings were moved for that, each with the
    space it was moved to.
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
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("fault_report.id", ondelete="SET NULL"), index=True)
    moved: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default="[]")

    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    done_by: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[done_by_id])
    assignee: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[assignee_id])

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"sort in {SORTS}", name="sort"),
        CheckConstraint(f"(state in {ENDED}) = (done_at is not null)", name="done"),
        Index(None, "state", "at"),
    )


class FaultPhoto(Base):
    """What a report looks like: WebP, drawn anew. It goes with its report."""

    __tablename__ = "fault_photo"

    report_id: Mapped[int] = mapped_column(ForeignKey("fault_report.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class FaultNote(Base):
    """What somebody of the house noted on a report. It goes with its report."""

    __tablename__ = "fault_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("fault_report.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    at: Mapped[Instant]
    text: Mapped[str] = mapped_column(String(NOTE_LONGEST))

    by: Mapped[Member | None] = relationship(lazy="raise_on_sql")
