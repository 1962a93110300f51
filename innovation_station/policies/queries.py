"""Reads of rules and of the bookings that a change of them would touch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from innovation_station.bookings.models import LONGEST_BOOKING, Booking
from innovation_station.bookings.rules import HOLDING
from innovation_station.db import db
from innovation_station.members.models import Member
from innovation_station.plans import queries as plans
from innovation_station.policies.rules import Coming, Days, Ruling
from innovation_station.spaces.models import OpeningHours, Space
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Scope

MOST = 2000  # bookings that a change is measured against
COUNTED = LONGEST_BOOKING + timedelta(days=7)  # what may count towards a quota of the month or week that runs


def ruling(house: House | None = None) -> Ruling:
    """Give all rules as they are."""
    house = house or read_house()
    return Ruling(house, plans.catalogue(house))


def hours() -> dict[int | None, Days]:
    """Give all opening hours, of the house under None and of the spaces that have their own; one statement."""
    found: dict[int | None, dict[int, tuple[int, int] | None]] = {}
    for row in db.session.scalars(select(OpeningHours)):
        minutes = (row.opens, row.closes) if row.opens < row.closes else None
        found.setdefault(row.space_id, {})[row.weekday] = minutes
    return dict(found)


def coming(scope: Scope, now: datetime, most: int = MOST) -> tuple[Sequence[Coming], bool]:
    """List the bookings to come that a rule of a scope may touch, soonest first, and the past ones that count with them
    towards a quota; two statements.

    Tells too whether more are to come than `most`, which are left out.
    """
    statement = _of(scope).where(Booking.start > now).order_by(Booking.start, Booking.id).limit(most + 1)
    ahead = [_coming(*row) for row in db.session.execute(statement)][: most + 1]
    members = {one.member_id for one in ahead}
    organisations = {one.organisation_id for one in ahead if one.organisation_id is not None}
    counted = _of(scope).where(
        Booking.start > now - COUNTED, Booking.start <= now,
        or_(Booking.member_id.in_(members), Booking.organisation_id.in_(organisations)),
    )  # fmt: skip
    behind = [_coming(*row) for row in db.session.execute(counted)] if ahead else []
    return [*behind, *ahead[:most]], len(ahead) > most


def _of(scope: Scope) -> Select[Booking, str, str, str, str]:
    booker = aliased(Member)
    return (
        select(Booking, Member.name, func.coalesce(booker.role, Member.role), Member.role, Space.kind)
        .join(Member, Member.id == Booking.member_id)
        .join(Space, Space.id == Booking.space_id)
        .outerjoin(booker, booker.id == Booking.booked_by_id)
        .where(
            or_(*(Booking.state == state for state in HOLDING)),
            *(() if scope.kind is None else (Space.kind == scope.kind,)),
            *(() if scope.space is None else (Booking.space_id == scope.space,)),
        )
    )  # fmt: skip


def _coming(booking: Booking, name: str, role: str, holder: str, kind: str) -> Coming:
    return Coming(
        booking.id, booking.member_id, name, role, booking.space_id, kind, booking.span, booking.takes or booking.span,
        booking.created_at, booking.organisation_id, booking.people, booking.layout, holder,
    )  # fmt: skip
