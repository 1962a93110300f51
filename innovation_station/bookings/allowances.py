"""What a member may book by membership and by the quotas for all, read for the days that are asked about.

A house that measures nobody pays nothing for it, and neither does the house's staff: both are `UNLIMITED` before
anything is read. Of a member without quotas nothing is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from innovation_station.bookings import queries
from innovation_station.bookings.models import Booking
from innovation_station.bookings.rules import Moment
from innovation_station.db import db
from innovation_station.members.models import Organisation
from innovation_station.members.rules import Actor
from innovation_station.plans import queries as plans
from innovation_station.plans import rules
from innovation_station.plans.rules import UNLIMITED, Allowance, Catalogue, Standing, Use
from innovation_station.spaces.rules import House, Policy
from innovation_station.timespan import Span


def standing(house: House, member_id: int, access: int) -> Standing | None:
    """Give where a member stands, None in a house that measures nobody; one statement at most (see `plans.queries`)."""
    catalogue = plans.catalogue(house)
    return plans.standing(catalogue, member_id, access) if catalogue.measures else None


def organisation_of(member_id: int, found: Standing | None) -> int | None:
    """Give the organisation that a member books for, in a house that measures nobody too; one statement there."""
    return plans.organisation_of(member_id) if found is None else found.organisation_id


def bare(house: House, actor: Actor, found: Standing | None, zone: ZoneInfo) -> Allowance:
    """Give what an actor may book for a member, with nothing counted: what hangs on the plan alone. No statement."""
    return UNLIMITED if found is None else rules.allowance(actor, zone, plans.catalogue(house), found)


def allowance(
    house: House, actor: Actor, found: Standing | None, days: tuple[date, date], zone: ZoneInfo,
    *, without: int | Collection[int] | None = None, lock: bool = False,
) -> Allowance:  # fmt: skip
    """Give what an actor may book for a member on some days, the first and the last of them.

    `without` leaves out what is being moved, one booking or several. `lock` makes others who share a quota wait until
    the caller's transaction ends. One statement where there are quotas, one or with the lock two where some are shared.
    """
    catalogue = plans.catalogue(house)
    if found is None or not catalogue.measures:
        return UNLIMITED
    left_out = frozenset(() if without is None else (without,) if isinstance(without, int) else without)
    limited = bare(house, actor, found, zone)
    between = (days[0] + timedelta(days=ahead) for ahead in range((days[1] - days[0]).days + 1))
    limits = {limit for day in between for limit in limited.quotas(day)}
    shared_quotas = [limit.quota for limit in limits if limit.shared]
    own = rules.reach(*days, (limit.quota for limit in limits if not limit.shared), zone)
    shared = rules.reach(*days, shared_quotas, zone)
    if shared and lock and found.organisation_id is not None:
        _lock_organisation(found.organisation_id)
    return replace(
        limited,
        uses=_uses(found, own, catalogue, zone, left_out) if own else (),
        shared_uses=queries.shared_uses(
            found.organisation_id or 0, shared, zone, without=left_out,
            daily=any(quota.per == "day" for quota in shared_quotas),
            spaces=any(quota.space is not None for quota in shared_quotas),
        ) if shared else (),
    )  # fmt: skip


def measured(moment: Moment, house: House, actor: Actor, access: int, first: date, last: date | None = None) -> Moment:
    """Give the moment with what the actor may book, on a day or from `first` to `last`, for what pages offer."""
    found = standing(house, actor.id, access)
    if found is None and moment.role == actor.role:
        return moment
    allowed = allowance(house, actor, found, (first, last or first), moment.zone)
    return replace(moment, allowance=allowed, role=actor.role)


def house_for(house: House, actor: Actor, access: int, day: date, zone: ZoneInfo) -> House:
    """Give the house under the rules that hold for the actor on a day."""
    return bare(house, actor, standing(house, actor.id, access), zone).house_on(house, day)


def policy_of(house: House, booking: Booking, zone: ZoneInfo, found: Standing | None = None) -> Policy:
    """Give the rules that a booking stands under: those of its member's plan on its day.

    Two statements at most, and none where no plan has rules or it is `found` already where its member stands.
    """
    if found is not None:
        return _policy(house, booking, found, zone)
    return policies_of(house, [booking], zone)[0]


def policies_of(house: House, bookings: Sequence[Booking], zone: ZoneInfo) -> list[Policy]:
    """Give the rules that each of some bookings stands under.

    One statement, and one for each member whose memberships are not known yet; none where no plan has rules.
    """
    if not plans.catalogue(house).houses:
        return [house.places[booking.space_id].policy for booking in bookings]
    access = plans.accesses({booking.member_id for booking in bookings})
    found = {member_id: standing(house, member_id, known) for member_id, known in access.items()}
    nobody = Standing(0)
    return [_policy(house, booking, found.get(booking.member_id) or nobody, zone) for booking in bookings]


def _policy(house: House, booking: Booking, found: Standing, zone: ZoneInfo) -> Policy:
    place, day = house.places[booking.space_id], booking.start.astimezone(zone).date()
    return Allowance(zone, plans.catalogue(house), found).place_on(place, day).policy


def _uses(
    found: Standing, span: Span, catalogue: Catalogue, zone: ZoneInfo, without: Collection[int]
) -> tuple[Use, ...]:  # fmt: skip
    """Count what a member has booked, but for time on the own desk."""
    rows = queries.booked(found.member_id, span)
    counted = []
    for booking_id, space_id, kind, start, end in rows:
        day = start.astimezone(zone).date()
        if booking_id not in without and catalogue.owner(space_id, day) != found.member_id:
            counted.append(Use(day, kind, (end - start) // timedelta(minutes=1), space=space_id))
    return tuple(counted)


def _lock_organisation(organisation_id: int) -> None:
    """Lock what an organisation's members share: after member and spaces, so that nobody waits in a circle."""
    db.session.execute(
        update(Organisation)
        .where(Organisation.id == organisation_id)
        .values(usage_revision=Organisation.usage_revision + 1)
        .execution_options(synchronize_session=False)
    )
