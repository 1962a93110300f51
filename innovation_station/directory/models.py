"""Tables of profiles, and of who is whose colleague."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from innovation_station.db import Base, Instant
from innovation_station.directory.rules import FIELDS, STATES, State


class Profile(Base):
    """Whether a member is in the directory, and where; without a row, nowhere. The name itself is the member's."""

    __tablename__ = "profile"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    shown_to: Mapped[int] = mapped_column(default=0)
    sort_key: Mapped[str] = mapped_column(String(200))

    __table_args__ = (CheckConstraint("shown_to in (0, 1, 2)", name="shown_to"), Index(None, "sort_key", "member_id"))


class ProfileField(Base):
    """One thing a member says of themselves, and to whom."""

    __tablename__ = "profile_field"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    text: Mapped[str] = mapped_column(String(300))
    shown_to: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("shown_to in (0, 1, 2)", name="shown_to"),
        CheckConstraint(f"name in {tuple(FIELDS)}", name="name"),
    )


class ProfileWord(Base):
    """A word by which members find a member: of the name and of fields that members may see."""

    __tablename__ = "profile_word"

    word: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True)


class ProfilePhoto(Base):
    """A member's picture in fixed sizes, as it was made anew; `token` is its name in addresses, another for each."""

    __tablename__ = "profile_photo"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    shown_to: Mapped[int] = mapped_column(default=0)
    small: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    large: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    made_at: Mapped[Instant]

    __table_args__ = (CheckConstraint("shown_to in (0, 1, 2)", name="shown_to"),)


class Colleagues(Base):
    """Two members, one of whom has asked; the smaller id is `low_id`."""

    __tablename__ = "colleagues"

    low_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True)
    asked_by: Mapped[int]
    state: Mapped[State] = mapped_column(String(10))
    changed_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint("low_id < high_id", name="order"),
        CheckConstraint("asked_by in (low_id, high_id)", name="asked_by"),
        CheckConstraint(f"state in {STATES}", name="state"),
    )
