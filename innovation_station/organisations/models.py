"""Tables about organisations: logos, and what members may do beyond their role."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant


class Logo(Base):
    """An organisation's logo as a WebP picture of ours."""

    __tablename__ = "organisation_logo"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Grant(Base):
    """What a member may do beyond the role: `subject_id` is an organisation, a space or an event, by `kind`."""

    __tablename__ = "member_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[int]
    granted_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint("kind in ('contact', 'space', 'event')", name="kind"),
        UniqueConstraint("member_id", "kind", "subject_id"),
        Index("ix_member_grant_subject", "kind", "subject_id"),
    )
