"""What a membership plan lets a member book, and how much of it. Pure.

Days and periods are those of the house's wall clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_staff
from innovation_station.spaces.rules import ById, House, Language, Place, Rule, Scope
from innovation_station.timespan import Span, to_utc

Per = Literal["day", "week", "month"]
Unit = Literal["hours", "bookings"]
PERIODS: tuple[Per, ...] = ("day", "week", "month")
UNITS: tuple[Unit, ...] = ("hours", "bookings")
Names = Mapping[Language, str]
DAY = timedelta(days=1)
REMIND_BEFORE = (14, 2)  # days before a membership ends


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of a kind or of one space (neither: of all) may be booked in a period.

    `amount` is in minutes where the unit is hours; `name` is the space's.
    """

    kind: str | None
    per: Per
    unit: Unit
    amount: int
    space: int | None = None
    name: str = ""

    def counts(self, kind: str, space: int | None) -> bool:
        """Tell whether bookings of a space, which is of a kind, count towards it."""
        if self.space is not None:
            return self.space == space
        return self.kind is None or self.kind == kind


class Limit(NamedTuple):
    """A quota that holds for somebody: their own, or shared with their organisation. `house` says it is for all."""

    quota: Quota
    shared: bool = False
    house: bool = False


@dataclass(frozen=True)
class Plan:
    """A plan as rules and pages see it. `rates` is the price of an hour by kind in öre, `vat` in 0.01 percent."""

    id: int
    names: Names
    texts: Names
    kinds: frozenset[str]
    zones: frozenset[int]
    spaces: frozenset[int]
    quotas: Sequence[Quota]
    price: int
    rates: Mapping[str, int]
    vat: int
    standard: bool = False
    offered: bool = True
    trial_days: int | None = None
    self_service: bool = False

    def covers(self, place: Place) -> bool:
        """Tell whether a place may be booked: by its kind, within the plan's zones where it lies in one, or by name."""
        if place.id in self.spaces:
            return True
        return place.kind in self.kinds and (not self.zones or place.zone_id is None or place.zone_id in self.zones)


@dataclass(frozen=True, slots=True)
class Term:
    """A membership: a plan for a period, both days included. `shared` says it is an organisation's, for its members."""

    id: int
    plan_id: int
    starts: date
    ends: date | None = None
    trial: bool = False
    paused_from: date | None = None
    paused_until: date | None = None
    shared: bool = False

    def valid(self, day: date) -> bool:
        """Tell whether the period holds a day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)

    def paused(self, day: date) -> bool:
        """Tell whether it rests on a day."""
        if self.paused_from is None or day < self.paused_from:
            return False
        return self.paused_until is None or day <= self.paused_until


@dataclass(frozen=True, slots=True)
class Dedication:
    """A space that is one member's own for a time."""

    space_id: int
    member_id: int
    starts: date
    ends: date | None

    def valid(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All plans of the house, the desks that are somebody's own, and what organisations share, at one revision.

    Plans raise Outdated for an id of a later one. `limits` are the quotas that hold for all, whatever their plan;
    `rules` are booking rules of plans, and `houses` the house as they make it, by plan; under None it is as it is
    without. Where no plan has rules there are none.
    """

    plans: Mapping[int, Plan] = field(default_factory=dict)
    dedications: Mapping[int, Sequence[Dedication]] = field(default_factory=dict)
    shared: Mapping[int, Sequence[Quota]] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    rules: Mapping[Scope, Rule] = field(default_factory=dict)
    houses: Mapping[int | None, House] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plans", ById(self.plans))

    @property
    def quotas(self) -> Iterator[Quota]:
        """List all quotas there are, of plans, of organisations and for all."""
        yield from (quota for plan in self.plans.values() for quota in plan.quotas)
        yield from (quota for shared in self.shared.values() for quota in shared)
        yield from (limit.quota for limit in self.limits)

    @property
    def measures(self) -> bool:
        """Tell whether it matters here who books: there are plans, or quotas for all."""
        return bool(self.plans or self.limits)

    def over(self, house: House, rules: Mapping[Scope, Rule] | None = None) -> Catalogue:
        """Give it with the houses that the rules of its plans make, or that other such rules would make."""
        laid = self.rules if rules is None else rules
        ruled = sorted({scope.plan for scope in laid if scope.plan is not None} & self.plans.keys())
        houses: dict[int | None, House] = {plan: house.under({**house.rules, **laid}, plan) for plan in ruled}
        return replace(self, rules=laid, houses={None: house, **houses} if houses else {})

    @property
    def standard(self) -> Plan | None:
        """Give the plan of those who have none."""
        return next((plan for plan in self.plans.values() if plan.standard), None)

    def owner(self, space_id: int, day: date) -> int | None:
        """Give the member whose own a space is on a day."""
        rows = self.dedications.get(space_id, ())
        return next((row.member_id for row in rows if row.valid(day)), None)


@dataclass(frozen=True)
class Standing:
    """Where a member stands: the organisation, and the memberships, own ones and the organisation's."""

    member_id: int
    organisation_id: int | None = None
    terms: Sequence[Term] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Time that counts: of one booking, or of many of one kind in one period. `day` is the local day it begins on.

    The space is known where it is asked for.
    """

    day: date
    kind: str
    minutes: int
    bookings: int = 1
    space: int | None = None


@dataclass(frozen=True)
class Left:
    """A quota with what is used of it in the period that holds a day; `house` tells that it holds for all."""

    quota: Quota
    shared: bool
    first: date
    last: date
    used: int
    house: bool = False

    @property
    def left(self) -> int:
        """Give what may still be booked, in the quota's unit (minutes for hours)."""
        return max(0, self.quota.amount - self.used)


def period(day: date, per: Per) -> tuple[date, date]:
    """Give the first day of the day, week or month that holds a day, and the first day after it."""
    if per == "day":
        return day, day + DAY
    if per == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def reach(first: date, last: date, quotas: Iterable[Quota], zone: ZoneInfo) -> Span | None:
    """Give the time whose bookings count towards quotas on some days; None where there are none."""
    kinds = {quota.per for quota in quotas}
    if not kinds:
        return None
    begin = min(period(first, per)[0] for per in kinds)
    end = max(period(last, per)[1] for per in kinds)
    return Span(to_utc(begin, time(), zone), to_utc(end, time(), zone))


@dataclass(frozen=True, eq=False)
class Allowance:
    """What one member may book. Without a catalogue everything: a house that measures nobody, and its own staff.

    `uses` and `shared_uses` are what counts already, in all periods of the days that are asked about; what is being
    moved must be left out of them.
    """

    zone: ZoneInfo | None = None
    catalogue: Catalogue | None = None
    standing: Standing = Standing(0)
    uses: Sequence[Use] = ()
    shared_uses: Sequence[Use] = ()

    def refusals(self, place: Place, span: Span) -> list[Refusal]:
        """List what plan and quotas say against a place and time, empty when it may be had."""
        if self.catalogue is None:
            return []
        days = (self._day(span.start), self._day(span.end - timedelta(microseconds=1)))
        bars = {bar.code: bar for day in dict.fromkeys(days) if (bar := self.bar(place, day))}
        return [*bars.values(), *self._over(place, span)]

    def bar(self, place: Place, day: date) -> Refusal | None:
        """Say why a place is not for this member on a day, whatever is used; None where it is."""
        if self.catalogue is None:
            return None
        if owner := self.catalogue.owner(place.id, day):
            return None if owner == self.standing.member_id else Refusal("dedicated", "space", {"space": place.name})
        found = self.plan_on(day)
        if found is None or isinstance(found, Refusal):
            return found
        if found.covers(place):
            return None
        return Refusal("not-in-plan", "space", {"space": place.name, "plan": found.names})

    def house_on(self, house: House, day: date) -> House:
        """Give the house under the rules of the plan that is in force on a day."""
        if self.catalogue is None or not self.catalogue.houses:
            return house
        plan, houses = self.plan_on(day), self.catalogue.houses
        return houses.get(plan.id if isinstance(plan, Plan) else None, houses[None])

    def place_on(self, place: Place, day: date) -> Place:
        """Give a place under the rules of the plan that is in force on a day."""
        if self.catalogue is None or not self.catalogue.houses:
            return place
        return self.house_on(self.catalogue.houses[None], day).places.get(place.id, place)

    def plan_on(self, day: date) -> Plan | Refusal | None:
        """Give the plan in force on a day, or why there is none; None where the house has no plans."""
        catalogue = self.catalogue or Catalogue()
        if not catalogue.plans:
            return None
        term = self.term_on(day)
        if term is not None:
            plan = catalogue.plans[term.plan_id]
            if not term.paused(day):
                return plan
            until = term.paused_until
            if until is None:
                return Refusal("plan-resting", "date", {"plan": plan.names})
            return Refusal("plan-paused", "date", {"plan": plan.names, "last": until})
        return catalogue.standard or self._missing(day, catalogue)

    def term_on(self, day: date) -> Term | None:
        """Give the membership in force on a day: the own before the organisation's, the latest first."""
        valid = [term for term in self.standing.terms if term.valid(day)]
        return min(valid, key=lambda term: (term.shared, -term.starts.toordinal(), -term.id), default=None)

    def _missing(self, day: date, catalogue: Catalogue) -> Refusal:
        ended = [term for term in self.standing.terms if term.ends is not None and term.ends < day]
        coming = [term for term in self.standing.terms if term.starts > day]
        if ended:
            last = max(ended, key=lambda term: term.ends or day)
            return Refusal("plan-ended", "date", {"plan": catalogue.plans[last.plan_id].names, "last": last.ends})
        if coming:
            first = min(coming, key=lambda term: term.starts)
            return Refusal("plan-begins", "date", {"plan": catalogue.plans[first.plan_id].names, "day": first.starts})
        return Refusal("no-plan", "space")

    # -- quotas -------------------------------------------------------------------------------------------------------

    def quotas(self, day: date) -> Iterator[Limit]:
        """List the quotas in force on a day: the plan's, what the organisation shares, those of the house for all."""
        if self.catalogue is None:
            return
        plan, organisation = self.plan_on(day), self.standing.organisation_id
        if isinstance(plan, Plan):
            for quota in plan.quotas:
                yield Limit(quota)
        for quota in self.catalogue.shared.get(organisation or 0, ()):
            yield Limit(quota, shared=True)
        for limit in self.catalogue.limits:
            if organisation is not None or not limit.shared:
                yield limit

    def left(self, day: date) -> list[Left]:
        """Give each quota in force on a day with what is used of it in its period."""
        return [self._left(limit, day) for limit in self.quotas(day)]

    def _left(self, limit: Limit, day: date) -> Left:
        quota, shared, house = limit
        first, after = period(day, quota.per)
        uses = self.shared_uses if shared else self.uses
        counted = [use for use in uses if first <= use.day < after and quota.counts(use.kind, use.space)]
        used = sum(use.minutes if quota.unit == "hours" else use.bookings for use in counted)
        return Left(quota, shared, first, after - DAY, used, house)

    def _over(self, place: Place, span: Span) -> Iterator[Refusal]:
        day = self._day(span.start)
        if self.catalogue is not None and self.catalogue.owner(place.id, day) == self.standing.member_id:
            return
        minutes = span.length // timedelta(minutes=1)
        for limit in self.quotas(day):
            if limit.quota.counts(place.kind, place.id):
                state = self._left(limit, day)
                if (minutes if limit.quota.unit == "hours" else 1) > state.left:
                    yield self._refusal(state, day)

    def _refusal(self, state: Left, day: date) -> Refusal:
        quota, plan = state.quota, self.plan_on(day)
        of = quota.kind if quota.space is None else {"sv": quota.name, "en": quota.name}
        values: dict[str, object] = {"of": of, "per": quota.per}
        if not state.shared and not state.house and isinstance(plan, Plan):
            values["plan"] = plan.names
        if quota.unit == "bookings":
            codes = {
                (False, False): "quota-bookings", (True, False): "shared-bookings",
                (False, True): "limit-bookings", (True, True): "limit-shared-bookings",
            }  # fmt: skip
            return Refusal(codes[state.shared, state.house], "start", {**values, "count": quota.amount})
        codes = {
            (False, False): "quota-hours", (True, False): "shared-hours",
            (False, True): "limit-hours", (True, True): "limit-shared-hours",
        }  # fmt: skip
        values |= {"allowed": quota.amount, "left": state.left}
        return Refusal(codes[state.shared, state.house], "start", values)

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


UNLIMITED = Allowance()


def allowance(
    actor: Actor, zone: ZoneInfo, catalogue: Catalogue, standing: Standing, uses: Sequence[Use] = (),
    shared_uses: Sequence[Use] = (),
) -> Allowance:  # fmt: skip
    """Give what an actor may book for the member of a standing: where nobody is measured, and for staff, everything."""
    if not catalogue.measures or is_staff(actor):
        return UNLIMITED
    return Allowance(zone, catalogue, standing, uses, shared_uses)


def may_see_plans(actor: Actor) -> bool:
    """Tell whether a person sees everybody's plans, memberships and what they used."""
    return is_staff(actor)


def may_give_plans(actor: Actor) -> bool:
    """Tell whether a person gives, pauses and ends memberships."""
    return is_staff(actor)


def may_change_plans(actor: Actor) -> bool:
    """Tell whether a person changes what plans hold and cost, and what organisations share."""
    return actor.role == "admin"


def plan_refusals(*, names: tuple[str, str], quotas: Iterable[Quota], price: int, vat: int) -> list[Refusal]:
    """List what is wrong with a plan, empty when it is fine."""
    found = []
    if not all(name.strip() for name in names):
        found.append(Refusal("plan-nameless", "name_sv"))
    if not (0 <= price <= 100_000_000 and 0 <= vat <= 10_000):
        found.append(Refusal("plan-price", "price"))
    if any(not 0 <= quota.amount <= 1_000_000 for quota in quotas):
        found.append(Refusal("quota-amount", "quotas"))
    return found


def term_refusals(term: Term) -> list[Refusal]:
    """List what is wrong with a membership's days, empty when they are in order."""
    found = []
    if term.ends is not None and term.ends < term.starts:
        found.append(Refusal("end-before-start", "ends"))
    if term.paused_from is not None and term.paused_until is not None and term.paused_until < term.paused_from:
        found.append(Refusal("end-before-start", "paused_until"))
    if term.paused_until is not None and term.paused_from is None:
        found.append(Refusal("pause-beginless", "paused_from"))
    return found
