"""Tables of registration: what is settled for an event, who comes to it, and what is set aside for partners."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.events.models import Event
from innovation_station.members.models import Member
from innovation_station.members.rules import EMAIL_LONGEST
from innovation_station.registration.rules import ANSWER_LONGEST, ENDINGS, NAME_LONGEST, STATES, Question, Terms

HOLDS = (
    "state = 'pending' or (holds and state in ('registered', 'offered'))"
    " or (not holds and state in ('waiting', 'cancelled'))"
)


class Signup(Base):
    """What is settled for an event that one registers for; without a row nobody registers.

    `taken` counts the places that are held and those that are set aside for links; `over` those of them that staff have
    given above the capacity. `line` is the last number that was given to who came. `revision` counts every change. At
    `tell_at` registrants are told of what has changed of the event.
    """

    __tablename__ = "event_signup"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    opens: Mapped[Instant | None]
    closes: Mapped[Instant | None]
    capacity: Mapped[int | None]
    waitlist: Mapped[bool] = mapped_column(default=True)
    answer_hours: Mapped[int] = mapped_column(default=12)
    guests: Mapped[bool] = mapped_column(default=True)
    diet_days: Mapped[int] = mapped_column(default=14)
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    taken: Mapped[int] = mapped_column(default=0)
    over: Mapped[int] = mapped_column(default=0)
    line: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[Instant]
    tell_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint("taken >= 0 and over >= 0", name="counted"),
        CheckConstraint("taken <= capacity + over", name="capacity"),
        CheckConstraint("capacity > 0", name="places"),
        CheckConstraint("answer_hours > 0 and diet_days >= 0", name="terms"),
    )

    @property
    def terms(self) -> Terms:
        """Give what is settled."""
        questions = tuple(Question.read(one) for one in self.questions)
        return Terms(
            self.opens, self.closes, self.capacity, self.waitlist, self.answer_hours, self.guests, self.diet_days,
            questions,
        )  # fmt: skip

    @property
    def left(self) -> int | None:
        """Give how many places are left, None where that is as many as the house takes."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


class SessionPlaces(Base):
    """A session that one chooses, and how many may; `taken` counts those who hold a place at the event."""

    __tablename__ = "event_signup_session"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("event_session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("taken >= 0", name="counted"),
        CheckConstraint("taken <= capacity", name="capacity"),
        CheckConstraint("capacity > 0", name="places"),
    )

    @property
    def left(self) -> int | None:
        """Give how many places are left, None without a bound."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


class PartnerLink(Base):
    """Places that are set aside for who has a link, until it ends; of its token only a hash is kept."""

    __tablename__ = "event_signup_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    quota: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    __table_args__ = (CheckConstraint("quota > 0 and used >= 0 and used <= quota", name="quota"),)

    @property
    def left(self) -> int:
        """Give how many of its places are left."""
        return 0 if self.ended_at else self.quota - self.used


class Registration(Base):
    """One person's place at an event, or wish for one. `name` and `email` are those that were given.

    `holds` tells that a place is counted for it, `number` in which order people came. `knew` is what they were last
    told, None for nothing yet. `uid` and `sequence` are those of their own entry in a calendar program. What they eat
    (`diet`) goes before the rest does.
    """

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LONGEST))
    email: Mapped[str] = mapped_column(String(EMAIL_LONGEST), index=True)
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(10))
    holds: Mapped[bool] = mapped_column(default=False)
    number: Mapped[int | None]
    link_id: Mapped[int | None] = mapped_column(ForeignKey("event_signup_link.id"), index=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    diet: Mapped[str] = mapped_column(String(ANSWER_LONGEST), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    knew: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    made_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    hold_until: Mapped[Instant | None]
    offer_until: Mapped[Instant | None]
    reminded_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[str] = mapped_column(String(10), default="")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)

    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    event: Mapped[Event] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"ended_by in {('', *ENDINGS)}", name="ending"),
        CheckConstraint("language in ('sv', 'en')", name="language"),
        CheckConstraint("(state = 'cancelled') = (ended_at is not null)", name="ended"),
        CheckConstraint("state <> 'offered' or offer_until is not null", name="offer"),
        CheckConstraint(HOLDS, name="holds"),
        Index("ix_registration_event_id_state_number", "event_id", "state", "number"),
        # uq_registration_event_member and uq_registration_event_email, of what is not cancelled, are made by the
        # migration, see spaces.models.OpeningHours
    )


class SessionPlace(Base):
    """A session that somebody has chosen."""

    __tablename__ = "registration_session"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("event_session.id", ondelete="CASCADE"), primary_key=True, index=True
    )
