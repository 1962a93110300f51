"""Tables of plans: what they hold, who has them, whose desk is whose; and the quotas that hold for all."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members.models import Member, Organisation
from innovation_station.spaces.models import KIND, Ruled, Space, rule_checks


class PlanRow(Base):
    """A plan. Zones bound what lies in a zone; `spaces` come on top. Money in öre; `vat` in hundredths of a percent.

    `rates` is the price of an hour by kind. `standard` is the plan of those who have none; one at most. What is
    `self_service` is had by every applicant who chooses it, without approval, while it is `offered`.
    """

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_sv: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    text_sv: Mapped[str] = mapped_column(String(400), default="")
    text_en: Mapped[str] = mapped_column(String(400), default="")
    kinds: Mapped[list[str]] = mapped_column(JSON)
    zones: Mapped[list[int]] = mapped_column(JSON, default=list)
    spaces: Mapped[list[int]] = mapped_column(JSON, default=list)
    price: Mapped[int] = mapped_column(default=0)
    rates: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    vat: Mapped[int] = mapped_column(default=2500)
    trial_days: Mapped[int | None]
    standard: Mapped[bool] = mapped_column(default=False)
    offered: Mapped[bool] = mapped_column(default=True)
    self_service: Mapped[bool] = mapped_column(default=False, server_default=false())
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("price between 0 and 100000000", name="price"),
        CheckConstraint("vat between 0 and 10000", name="vat"),
        CheckConstraint("trial_days between 1 and 366", name="trial_days"),
    )


class QuotaRow(Base):
    """How much may be booked in a period: of a plan for each member, or of an organisation for all of them together.

    `amount` is in minutes where the unit is hours. Without a kind it counts all kinds.
    """

    __tablename__ = "plan_quota"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str | None] = mapped_column(String(10))
    per: Mapped[str] = mapped_column(String(5))
    unit: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int]

    __table_args__ = (
        CheckConstraint("(plan_id is null) <> (organisation_id is null)", name="one_owner"),
        CheckConstraint(KIND, name="kind"),
        CheckConstraint("per in ('day', 'week', 'month')", name="per"),
        CheckConstraint("unit in ('hours', 'bookings')", name="unit"),
        CheckConstraint("amount between 0 and 1000000", name="amount"),
    )


class PlanPolicy(Ruled, Base):
    """Booking rules of a plan: for a kind, for one space, or with neither for all that it covers."""

    __tablename__ = "plan_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    kind: Mapped[str | None] = mapped_column(String(10))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))

    __table_args__ = (
        UniqueConstraint("plan_id", "kind"),
        UniqueConstraint("plan_id", "space_id"),
        # uq_plan_policy_all (plan_id, where both are null) is made by the migration, see spaces.models.OpeningHours
        CheckConstraint(KIND, name="kind"),
        CheckConstraint("kind is null or space_id is null", name="one_scope"),
        *rule_checks(),
    )


class HouseQuota(Base):
    """How much may be booked in a period whatever the plan: by each member or, shared, by all of one organisation.

    It counts a kind, one space or, with neither, everything. `amount` is in minutes where the unit is hours.
    """

    __tablename__ = "house_quota"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str | None] = mapped_column(String(10))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id"))
    shared: Mapped[bool] = mapped_column(default=False)
    per: Mapped[str] = mapped_column(String(5))
    unit: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int]

    space: Mapped[Space | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint(KIND, name="kind"),
        CheckConstraint("kind is null or space_id is null", name="one_scope"),
        CheckConstraint("per in ('day', 'week', 'month')", name="per"),
        CheckConstraint("unit in ('hours', 'bookings')", name="unit"),
        CheckConstraint("amount between 0 and 1000000", name="amount"),
    )


class Membership(Base):
    """A plan given to a member, or to an organisation for its members. Days are local, the last one included."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None] = mapped_column(index=True)
    trial: Mapped[bool] = mapped_column(default=False)
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    created_at: Mapped[Instant]

    plan: Mapped[PlanRow] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("(member_id is null) <> (organisation_id is null)", name="one_holder"),
        CheckConstraint("starts <= ends", name="period"),
        CheckConstraint("paused_from <= paused_until", name="pause"),
    )


class PlanWish(Base):
    """The plan that an applicant chose, until the application is decided on."""

    __tablename__ = "plan_wish"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    wished_at: Mapped[Instant]


class DedicatedDesk(Base):
    """A space that is one member's own, from a day, to a day or until further notice."""

    __tablename__ = "dedicated_desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    starts: Mapped[date]
    ends: Mapped[date | None]

    member: Mapped[Member] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("starts <= ends", name="period"),
        Index("ix_dedicated_desk_space", "space_id", "starts"),
    )
