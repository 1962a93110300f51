"""Tables of the ledger."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from innovation_station.db import Base, Instant


class LedgerEntry(Base):
    """One line; the database refuses to change or delete it. `month` is YYYY-MM; money in öre, shares of 10,000.

    `organisation_id` is whose member used it, `payer_id` who bears it. `corrects_id` is the entry it takes back.
    A member who is erased stays as a number without a row.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    month: Mapped[str] = mapped_column(String(7))
    action: Mapped[str] = mapped_column(String(10))
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    member_id: Mapped[int]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id"))
    kind: Mapped[str] = mapped_column(String(10))
    start: Mapped[Instant]
    bookings: Mapped[int]
    minutes: Mapped[int]
    rate: Mapped[int]
    amount: Mapped[int]
    vat: Mapped[int]
    share: Mapped[int]
    cost_centre: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        CheckConstraint("share between 1 and 10000", name="share"),
        CheckConstraint("(corrects_id is null) = (minutes > 0)", name="correction"),
        Index("ix_ledger_entry_month", "month", "payer_id"),
    )


class CostShare(Base):
    """The part of an organisation's use that another one bears, in hundredths of a percent."""

    __tablename__ = "cost_share"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    share: Mapped[int]

    __table_args__ = (
        CheckConstraint("share between 1 and 10000", name="share"),
        CheckConstraint("payer_id <> organisation_id", name="another"),
    )
