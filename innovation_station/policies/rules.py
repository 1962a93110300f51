"""What a rule may say, where the effective one comes from, and what a change of it would refuse. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from innovation_station.bookings.rules import Held, Moment, Wish, refusals
from innovation_station.errors import Refusal
from innovation_station.members.rules import Actor, is_admin, is_staff
from innovation_station.plans.rules import UNLIMITED, Allowance, Catalogue, Limit, Standing, Use
from innovation_station.spaces.rules import (
    BOOKERS,
    DAY_MINUTES,
    KINDS,
    POLICY_DEFAULTS,
    POLICY_FIELDS,
    POLICY_RANGES,
    Holidays,
    House,
    Place,
    Policy,
    Rule,
    Scope,
    narrowed,
    open_span,
    scopes,
)
from innovation_station.timespan import Span

DEFAULT = Scope()


def may_see_rules(actor: Actor) -> bool:
    """Tell whether a person sees the rules of everybody, and which of them hold for whom."""
    return is_staff(actor)


def may_change_rules(actor: Actor) -> bool:
    """Tell whether a person changes rules."""
    return is_admin(actor)


@dataclass(frozen=True, slots=True)
class Ruling:
    """All rules at one moment: the house with those of kinds and spaces, the catalogue with those of plans."""

    house: House
    catalogue: Catalogue

    def rule(self, scope: Scope) -> Rule:
        """Give what a scope says."""
        known = self.house.rules if scope.plan is None else self.catalogue.rules
        return known.get(scope, {})

    def limits(self, scope: Scope) -> list[Limit]:
        """Give the quotas for all of a scope."""
        return [limit for limit in self.catalogue.limits if _scope_of(limit) == scope]

    def changed(self, scope: Scope, rule: Rule, limits: Sequence[Limit] | None = None) -> Ruling:
        """Give the rules as they would be; without `limits` those of the scope stay."""
        catalogue, house = self.catalogue, self.house
        if limits is not None:
            kept = [limit for limit in catalogue.limits if _scope_of(limit) != scope]
            catalogue = replace(catalogue, limits=[*kept, *limits])
        if scope.plan is not None:
            return Ruling(house, catalogue.over(house, _with(catalogue.rules, scope, rule)))
        rules = _with(house.rules, scope, rule)
        house = replace(house.under(rules), rules=rules, kept={})
        return Ruling(house, catalogue.over(house))

    def houses(self) -> list[House]:
        """Give the house as the rules for all make it, and as those of each plan do."""
        return [self.house, *(house for plan, house in self.catalogue.houses.items() if plan is not None)]


def _with(rules: Mapping[Scope, Rule], scope: Scope, rule: Rule) -> dict[Scope, Rule]:
    found = {**rules, scope: rule}
    return {one: said for one, said in found.items() if said}


def _scope_of(limit: Limit) -> Scope:
    return Scope(kind=limit.quota.kind, space=limit.quota.space)


# -- what a rule may say ----------------------------------------------------------------------------------------------


def rule_refusals(scope: Scope, rule: Rule, ruling: Ruling) -> list[Refusal]:
    """List what is wrong with a rule in its scope, beside all others; empty when it is fine."""
    found = [refusal for name, value in rule.items() if (refusal := _value_refusal(name, value))]
    if scope == DEFAULT and rule:
        found.append(Refusal("rule-scope"))
    return found or _house_refusals(ruling.changed(scope, rule))


def _value_refusal(name: str, value: int | str) -> Refusal | None:
    if name == "booked_by":
        return None if value in BOOKERS else Refusal("role-unknown", name)
    least, most = POLICY_RANGES[name]
    if not isinstance(value, int) or not least <= value <= most:
        return Refusal("rule-range", name, {"least": least, "most": most})
    if name == "granularity" and DAY_MINUTES % value:
        return Refusal("rule-step", name)
    return None


def _house_refusals(ruling: Ruling) -> list[Refusal]:
    """List the places in which nothing could be booked any more, one for each reason."""
    found: dict[str, Refusal] = {}
    for house in ruling.houses():
        for policy, places in house.by_policy.items():
            if _longest_step(policy) > policy.longest:
                found.setdefault("l", Refusal("rule-lengths", "longest", {"space": places[0].name}))
            if policy.opens >= policy.closes:
                found.setdefault("h", Refusal("rule-hours", "closes", {"space": places[0].name}))
    return list(found.values())


def _longest_step(policy: Policy) -> int:
    """Give the shortest length that lies on the grid; by whole days it is that of the day."""
    if policy.granularity >= DAY_MINUTES:
        return policy.shortest
    return -(-policy.shortest // policy.granularity) * policy.granularity


def scope_is_known(scope: Scope, ruling: Ruling) -> bool:
    """Tell whether there is what a scope names."""
    if scope.kind is not None and scope.space is not None:
        return False
    return (
        (scope.kind is None or scope.kind in KINDS)
        and (scope.space is None or scope.space in ruling.house.places)
        and (scope.plan is None or scope.plan in ruling.catalogue.plans)
    )


# -- when it is open ---------------------------------------------------------------------------------------------------

# By weekday, Monday as 0, in minutes of the local day: None is closed. What is left out of a place's is as the house.
Days = Mapping[int, tuple[int, int] | None]


def hours_refusals(days: Days, names: Sequence[str]) -> list[Refusal]:
    """List what is wrong with opening hours; `names` are those of the weekdays."""
    return [
        Refusal("hours-order", None, {"weekday": names[weekday]})
        for weekday, minutes in sorted(days.items())
        if minutes is not None and not 0 <= minutes[0] < minutes[1] <= DAY_MINUTES
    ]


def open_days(known: Mapping[int | None, Days], space_id: int) -> dict[int, tuple[int, int]]:
    """Give when a place is open: as the house, but where it has its own."""
    both = {**known.get(None, {}), **known.get(space_id, {})}
    return {weekday: minutes for weekday, minutes in both.items() if minutes is not None}


def house_open(house: House, known: Mapping[int | None, Days]) -> House:
    """Give the house as it is with other opening hours."""
    places = {
        place.id: replace(place, hours=open_days(known, place.id), doors=None).ruled(place.policy)
        for place in house.places.values()
    }
    return replace(house, places=places, kept={})


def unbookable(house: House, before: Mapping[int | None, Days], after: Mapping[int | None, Days]) -> list[Refusal]:
    """Say in which place nothing could be booked any more though it is open: no day is as long as its rules ask for.

    A place that is closed on all days says so itself.
    """

    def fits(place: Place, known: Mapping[int | None, Days]) -> bool:
        hours = narrowed(open_days(known, place.id), place.policy)
        return any(closes - opens >= _longest_step(place.policy) for opens, closes in hours.values())

    places = [place for place in house.places.values() if place.bookable and open_days(after, place.id)]
    lost = next((place for place in places if fits(place, before) and not fits(place, after)), None)
    return [Refusal("hours-short", None, {"space": lost.name})] if lost else []


def shut_out(
    bookings: Iterable[Coming], house: House, before: Mapping[int | None, Days], after: Mapping[int | None, Days],
    *, zone: ZoneInfo, holidays: Holidays,
) -> list[Coming]:  # fmt: skip
    """List the bookings that lie within the opening hours before a change and not after it, by start."""

    def within(booking: Coming, known: Mapping[int | None, Days]) -> bool:
        policy = house.places[booking.space_id].policy
        hours = narrowed(open_days(known, booking.space_id), policy)
        opened = open_span(hours, booking.span.start.astimezone(zone).date(), zone, holidays)
        return opened is not None and opened.contains(booking.span)

    found = [one for one in bookings if within(one, before) and not within(one, after)]
    return sorted(found, key=lambda one: (one.span.start, one.id))


# -- which rule holds, and where it comes from ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effective:
    """One field as it holds: its value, the scope that says so, and what less specific ones say, the nearest first."""

    name: str
    value: int | str
    scope: Scope
    others: tuple[tuple[Scope, int | str], ...]


def effective(ruling: Ruling, kind: str, space_id: int, plan: int | None) -> list[Effective]:
    """Give every field of the rules that hold for a space under a plan."""
    found = []
    ladder = list(reversed(scopes(kind, space_id, plan)))
    for name in POLICY_FIELDS:
        said: list[tuple[Scope, int | str]] = [
            (scope, value) for scope in ladder if (value := ruling.rule(scope).get(name)) is not None
        ]
        (scope, value), *others = [*said, (DEFAULT, POLICY_DEFAULTS[name])]
        found.append(Effective(name, value, scope, tuple(others)))
    return found


def below(ruling: Ruling, scope: Scope, name: str) -> tuple[int | str, Scope] | None:
    """Give what holds for a field where a scope says nothing, and who says it.

    None for a plan as a whole: there it hangs on the kind.
    """
    kind = scope.kind if scope.space is None else ruling.house.places[scope.space].kind
    if kind is None:
        return None
    ladder = scopes(kind, scope.space or 0, scope.plan)
    for one in reversed(ladder[: ladder.index(scope)]):
        if (value := ruling.rule(one).get(name)) is not None:
            return value, one
    return POLICY_DEFAULTS[name], DEFAULT


# -- what a change would refuse ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coming:
    """A booking that holds its time: who has it, who made it, when, and what it takes.

    `role` is that of who made it, `holder` that of its member, by whose plan and quotas it is measured.
    """

    id: int
    member_id: int
    name: str
    role: str
    space_id: int
    kind: str
    span: Span
    takes: Span
    made: datetime
    organisation_id: int | None = None
    people: int | None = None
    layout: str | None = None
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Struck:
    """A booking to come that a change would no longer grant, with the reasons that it adds."""

    booking: Coming
    refusals: tuple[Refusal, ...]


def struck(
    bookings: Iterable[Coming], before: Ruling, after: Ruling, standings: Mapping[int, Standing], *, now: datetime,
    zone: ZoneInfo, holidays: Holidays,
) -> list[Struck]:  # fmt: skip
    """List the bookings still to begin that the rules before a change granted and those after it would not, by start.

    Each is asked for at the instant it was made, beside what had been booked before it. `bookings` must hold all that
    counts with them towards a quota.
    """
    met = _Met()
    found = []
    for booking in sorted(bookings, key=lambda one: (one.made, one.id)):
        if booking.span.start > now:
            said = {refusal.code for refusal in met.asked(booking, before, standings, zone, holidays)}
            new = [one for one in met.asked(booking, after, standings, zone, holidays) if one.code not in said]
            if new:
                found.append(Struck(booking, tuple(new)))
        met.add(booking, after.house, zone)
    return sorted(found, key=lambda one: (one.booking.span.start, one.booking.id))


class _Met:
    """What had been booked before a booking: of its member and on the same spaces by the day, and what counts."""

    def __init__(self) -> None:
        self.own: dict[tuple[int, int], list[tuple[Held, str]]] = defaultdict(list)
        self.held: dict[tuple[int, int], list[Held]] = defaultdict(list)
        self.uses: dict[int, list[Use]] = defaultdict(list)
        self.shared: dict[int, list[Use]] = defaultdict(list)

    def add(self, booking: Coming, house: House, zone: ZoneInfo) -> None:
        """Count a booking against those after it."""
        for number in _days(booking.takes):
            mine = (Held(booking.space_id, booking.span, booking.id), booking.kind)
            self.own[booking.member_id, number].append(mine)
            for space_id in house.places[booking.space_id].takes:
                self.held[space_id, number].append(Held(space_id, booking.takes, booking.id, booking.member_id))
        day = booking.span.start.astimezone(zone).date()
        use = Use(day, booking.kind, booking.span.length // timedelta(minutes=1), space=booking.space_id)
        self.uses[booking.member_id].append(use)
        if booking.organisation_id is not None:
            self.shared[booking.organisation_id].append(use)

    def asked(
        self, booking: Coming, ruling: Ruling, standings: Mapping[int, Standing], zone: ZoneInfo, holidays: Holidays
    ) -> list[Refusal]:  # fmt: skip
        """Ask the engine for a booking as it was asked for then."""
        place = ruling.house.places[booking.space_id]
        standing = standings.get(booking.member_id, Standing(booking.member_id))
        standing = replace(standing, organisation_id=booking.organisation_id)
        allowance = UNLIMITED
        if ruling.catalogue.measures and (booking.holder or booking.role) == BOOKERS[0]:
            day = booking.span.start.astimezone(zone).date()
            counted = self.uses[booking.member_id] if ruling.catalogue.owner(place.id, day) != booking.member_id else []
            shared = self.shared[booking.organisation_id] if booking.organisation_id is not None else []
            allowance = Allowance(zone, ruling.catalogue, standing, counted, shared)
        moment = Moment(booking.made, zone, holidays, allowance, booking.role)
        layout = booking.layout if place.layout(booking.layout) else None
        wish = Wish(place, booking.span, booking.people, layout)
        days = _days(moment.ruled(wish).padded)
        held = [one for space_id in place.takes for number in days for one in self.held[space_id, number]]
        own = [one for number in days for one in self.own[booking.member_id, number]]
        return refusals(wish, moment, held, own)


def _days(span: Span) -> range:
    """Number the days of UTC that a span touches."""
    return range(span.start.toordinal(), span.end.toordinal() + 1)
