"""Reads of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from innovation_station.db import db
from innovation_station.ledger import rules
from innovation_station.ledger.models import CostShare, LedgerEntry
from innovation_station.ledger.rules import Line, Payer
from innovation_station.members.models import Member, Organisation
from innovation_station.plans.models import PlanRow


def open_entries(booking_id: int) -> Sequence[LedgerEntry]:
    """List the entries of a booking that nothing has taken back, in order."""
    taken_back = aliased(LedgerEntry)
    return db.session.scalars(
        select(LedgerEntry)
        .outerjoin(taken_back, (taken_back.corrects_id == LedgerEntry.id) & (taken_back.booking_id == booking_id))
        .where(LedgerEntry.booking_id == booking_id, LedgerEntry.corrects_id.is_(None), taken_back.id.is_(None))
        .order_by(LedgerEntry.id)
    ).all()


def last_entries(booking_id: int, member_id: int) -> Sequence[LedgerEntry]:
    """List what was last entered for a booking of a member, taken back or not: it says at which price it was booked.

    What somebody paid who has handed it over says nothing.
    """
    last = select(func.max(LedgerEntry.id)).where(
        LedgerEntry.booking_id == booking_id, LedgerEntry.member_id == member_id, LedgerEntry.corrects_id.is_(None)
    )
    return db.session.scalars(select(LedgerEntry).where(LedgerEntry.id == last.scalar_subquery())).all()


def shares(organisation_id: int) -> Sequence[CostShare]:
    """List who else bears an organisation's use."""
    return db.session.scalars(
        select(CostShare).where(CostShare.organisation_id == organisation_id).order_by(CostShare.payer_id)
    ).all()


def payers(organisation_id: int | None) -> list[Payer]:
    """Name who bears a use by an organisation's member, with cost centres; one statement, none for nobody's."""
    if organisation_id is None:
        return rules.payers(None, "", ())
    rows = db.session.execute(
        select(Organisation.id, Organisation.cost_centre, CostShare.share)
        .outerjoin(CostShare, (CostShare.payer_id == Organisation.id) & (CostShare.organisation_id == organisation_id))
        .where((Organisation.id == organisation_id) | CostShare.share.is_not(None))
        .order_by(Organisation.id)
    ).all()
    own = next((centre for payer, centre, _share in rows if payer == organisation_id), "")
    return rules.payers(
        organisation_id, own, [Payer(payer, share, centre) for payer, centre, share in rows if share is not None]
    )


class Month(NamedTuple):
    """A month of the ledger, added up; amounts without VAT."""

    month: str
    bookings: int
    minutes: int
    amount: int


def months(limit: int = 36) -> list[Month]:
    """List the months that have entries, the latest first."""
    rows = db.session.execute(
        select(LedgerEntry.month, func.sum(LedgerEntry.bookings), _minutes(), func.sum(LedgerEntry.amount))
        .group_by(LedgerEntry.month)
        .order_by(LedgerEntry.month.desc())
        .limit(limit)
    )
    return [Month(month, int(bookings), int(minutes), int(amount)) for month, bookings, minutes, amount in rows]


def lines(month: str) -> Iterator[Line]:
    """Give the lines of a month's invoices in order of payer, organisation and member; what came to nothing is out.

    A member is named as long as there is one; entries of someone erased are added up under a number.
    """
    payer, user = aliased(Organisation), aliased(Organisation)
    columns = (
        func.coalesce(payer.name_sv, ""), LedgerEntry.cost_centre, func.coalesce(user.name_sv, ""),
        Member.name, LedgerEntry.member_id, func.coalesce(PlanRow.name_sv, ""), LedgerEntry.kind, LedgerEntry.rate,
        LedgerEntry.vat, LedgerEntry.share,
    )  # fmt: skip
    rows = db.session.execute(
        select(
            *columns,
            func.sum(LedgerEntry.bookings), func.sum(LedgerEntry.minutes), func.sum(LedgerEntry.amount),
        )
        .outerjoin(payer, payer.id == LedgerEntry.payer_id)
        .outerjoin(user, user.id == LedgerEntry.organisation_id)
        .outerjoin(Member, Member.id == LedgerEntry.member_id)
        .outerjoin(PlanRow, PlanRow.id == LedgerEntry.plan_id)
        .where(LedgerEntry.month == month)
        .group_by(*columns)
        .order_by(*columns)
        .execution_options(yield_per=500)
    )  # fmt: skip
    for (
        payer_name,
        centre,
        organisation,
        member,
        number,
        plan,
        kind,
        rate,
        vat,
        share,
        bookings,
        minutes,
        amount,
    ) in rows:
        if minutes or amount or bookings:
            yield Line(
                payer_name, centre, organisation, member or f"#{number}", plan, kind, rate, vat, share,
                int(bookings), int(minutes), int(amount),
            )  # fmt: skip


def _minutes() -> ColumnElement[Any]:
    """Count the time of what is shared once: only the first payer's entry counts a booking."""
    return func.sum(LedgerEntry.minutes * func.abs(LedgerEntry.bookings))
