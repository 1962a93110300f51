"""What happens to rules: changed, with the trail of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from innovation_station.audit import service as audit
from innovation_station.bookings import making_way, ripple, telling
from innovation_station.bookings.ripple import Hit, Ripple
from innovation_station.bookings.telling import Cause
from innovation_station.db import db
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.members.rules import Actor
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Limit
from innovation_station.policies import queries
from innovation_station.policies.rules import (
    Coming,
    Days,
    hours_refusals,
    house_open,
    may_change_rules,
    rule_refusals,
    scope_is_known,
    unbookable,
)
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import House, Rule, Scope


def change(scope: Scope, rule: Rule, *, actor: Actor, limits: Sequence[Limit] | None = None) -> None:
    """Set what a scope says, and with `limits` its quotas for all. What is booked stands.

    Fields left out are as less specific scopes have them. Raises NotAllowed, NotFound for a scope that there is not,
    Refused with everything that is wrong.
    """
    if not may_change_rules(actor):
        raise NotAllowed([Refusal("rule-admin")])
    spaces.changed()  # the house's row is the lock: two rules cannot make a place unbookable between them
    before = queries.ruling()
    if not scope_is_known(scope, before) or (limits is not None and scope.plan is not None):
        raise NotFound
    if found := rule_refusals(scope, rule, before):
        raise Refused(found)
    was = {"rule": before.rule(scope), "limits": before.limits(scope)}
    _write(scope, rule)
    if limits is not None:
        plans.set_limits(limits, kind=scope.kind, space_id=scope.space)
    now: Mapping[str, Any] = {"rule": rule, "limits": was["limits"] if limits is None else limits}
    audit.record("rules.changed", subject=subject(scope), actor=actor, before=_facts(was), after=_facts(now, scope))


def hit_by_hours(
    actor: Actor, shut: Sequence[Coming], house: House, after: Mapping[int | None, Days], *, now: datetime,
    zone: ZoneInfo,
) -> list[Hit]:  # fmt: skip
    """Give the bookings that other hours shut out, each with the place most like its own that is open then and free."""
    hits = making_way.hits_of({one.id for one in shut}, house)
    if not hits:
        return []
    return making_way.offered(actor, hits, (), house_open(house, after), now=now, zone=zone)


def hours_token(days: Days, space_id: int | None, hits: Sequence[Hit]) -> str:
    """Name the hours that were asked about and all that was shown of whom they hit."""
    said = [space_id, sorted(days.items()), *ripple.written(Ripple(tuple(hits)))]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def change_hours(
    days: Days, *, actor: Actor, now: datetime, space_id: int | None = None, hits: Sequence[Hit] = (),
    choices: Mapping[int, str] | None = None, shown: str = "", zone: ZoneInfo | None = None,
) -> int:  # fmt: skip
    """Set when the house, or a space, is open. What is booked stands, but for those `hits` of which the `choices` say
    that they are moved or cancelled (see `hit_by_hours`; these need the `zone`, and `shown`, the `hours_token` of what
    was looked at). Gives how many were. Who is cancelled and could have no other place comes in line for one.

    Weekdays left out are closed for the house, and as the house for a space. Raises NotAllowed, NotFound, Refused, also
    where nothing could be booked in an open place any more, and Conflict: `plan-changed` where what is hit has changed,
    `hits-undecided` where somebody was to be moved who cannot be.
    """
    if not may_change_rules(actor):
        raise NotAllowed([Refusal("rule-admin")])
    choices = choices or {}
    decided = [hit for hit in hits if choices.get(hit.booking_id) in ripple.CHOICES]
    if (decided or shown) and shown != hours_token(days, space_id, hits):
        raise Conflict([Refusal("plan-changed")])
    if undecided := ripple.undecided(decided, choices):
        raise Conflict([Refusal("hits-undecided", None, {"count": len(undecided)})])
    making_way.lock(decided)
    spaces.changed()  # the house's row is the lock
    space = db.session.get(Space, space_id) if space_id is not None else None
    if space_id is not None and space is None:
        raise NotFound
    if found := hours_refusals(days, [str(weekday) for weekday in range(7)]):
        raise Refused(found)
    known, house = queries.hours(), read_house()
    if found := unbookable(house, known, {**known, space_id: days}):
        raise Refused(found)
    before = known.get(space_id, {})
    spaces.set_hours(days, space)
    if decided and zone:
        present = making_way.hits_of({hit.booking_id for hit in decided}, house)
        if {hit.booking_id: hit.revision for hit in present} != {hit.booking_id: hit.revision for hit in decided}:
            raise Conflict([Refusal("plan-changed")])
        with telling.gathered(now=now):
            placeless = making_way.carry_out(actor, decided, choices, Cause("hours"), now=now, zone=zone)
            making_way.stand_in_line(placeless, now=now, zone=zone)
    audit.record(
        "hours.changed", subject=hours_subject(space_id), actor=actor, now=now, before=_said(before), after=_said(days)
    )  # fmt: skip
    return len(decided)


def hours_subject(space_id: int | None) -> tuple[str, int | None]:
    """Name opening hours in the trail."""
    return ("hours-space", space_id) if space_id is not None else ("hours-all", None)


def _said(days: Days) -> dict[str, Any]:
    return {f"day-{weekday}": list(minutes) if minutes else "closed" for weekday, minutes in sorted(days.items())}


def _write(scope: Scope, rule: Rule) -> None:
    given: dict[str, Any] = dict(rule)
    if scope.plan is not None:
        plans.set_policy(scope.plan, kind=scope.kind, space_id=scope.space, **given)
    elif scope.space is not None:
        spaces.set_policy(space=db.session.get_one(Space, scope.space), **given)
    elif scope.kind is not None:
        spaces.set_policy(kind=scope.kind, **given)


def subject(scope: Scope) -> tuple[str, int | None]:
    """Name a scope in the trail; all rules of a plan stand together."""
    if scope.plan is not None:
        return "rules-plan", scope.plan
    if scope.space is not None:
        return "rules-space", scope.space
    return f"rules-{scope.kind or 'all'}", None


def _facts(said: Mapping[str, Any], scope: Scope | None = None) -> dict[str, Any]:
    limits = [
        f"{limit.quota.amount} {limit.quota.unit} a {limit.quota.per}" + (" by organisation" if limit.shared else "")
        for limit in said["limits"]
    ]
    where = {} if scope is None or scope.plan is None else {"kind": scope.kind, "space": scope.space}
    return {**said["rule"], "limits": limits, **{name: value for name, value in where.items() if value is not None}}
