"""The trail: entries in a chain, their personal parts, and which parts were erased by whose decision."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.audit.rules import OUTCOMES, PARTS
from innovation_station.db import Base, Instant


class AuditEntry(Base):
    """One action. `position`, `previous` and `hash` are None until the end of the transaction that writes it.

    `member_id` is whose data it is about, `actor_id` who acted (None: the house itself, or somebody without account).
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int | None] = mapped_column(unique=True)
    at: Mapped[Instant]
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int | None]
    member_id: Mapped[int | None]
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_role: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(60))
    request_id: Mapped[str] = mapped_column(String(64))
    what_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    where_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    previous: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    __table_args__ = (
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        Index(None, "at"),
        Index(None, "action", "id"),
        Index(None, "member_id", "id"),
        Index(None, "subject_kind", "subject_id"),
    )


class AuditPart(Base):
    """The personal half of an entry: canonical JSON, and the salt that its digest was made with."""

    __tablename__ = "audit_part"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(5), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    content: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint(f"part in {PARTS}", name="part"),)


class AuditErasure(Base):
    """A part that was erased, and the entry that decided it."""

    __tablename__ = "audit_erasure"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(5), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"))

    __table_args__ = (CheckConstraint(f"part in {PARTS}", name="part"),)
