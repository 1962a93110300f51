"""What an event is, who sees it, what is odd in it, and what moving it does: tables of cases, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from innovation_station.bookings import ripple
from innovation_station.bookings.rules import Held, Moment
from innovation_station.errors import Refused
from innovation_station.events import rules
from innovation_station.events.rules import Facts, Hit, Item, Plan, Programme, Reader, Use
from innovation_station.members.rules import Person
from innovation_station.spaces.rules import Box, Layout, Place, Policy
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at

HOURS = dict.fromkeys(range(5), (8 * 60, 18 * 60))


def place(id_: int, name: str = "Rum", seats: int = 8, **more: object) -> Place:
    return Place(
        id=id_, floor_id=1, zone_id=None, kind=str(more.pop("kind", "room")), name=f"{name} {id_}", capacity=seats,
        box=Box(100 * id_, 0, 80, 60), amenities=frozenset(), furniture=(), photo=None, bookable=True,
        policy=more.pop("policy", Policy()), hours=HOURS, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def item(start: str, end: str, space: int | None = None, day: date = TUESDAY, **more: object) -> Item:
    return Item(
        int(str(more.pop("id", 0))), str(more.pop("kind", "talk")), ("Tal", ""), at(day, start, end), space, **more  # type: ignore[arg-type]
    )  # fmt: skip


PLACES = {1: place(1), 2: place(2), 3: place(3, seats=4)}
WHOLE = at(TUESDAY, "08:00", "18:00")


# -- who sees it -------------------------------------------------------------------------------------------------------


class Shown:
    id = 7
    link_key = "nyckel"

    def __init__(self, state: str, visibility: str) -> None:
        self.state, self.visibility = state, visibility


VISITOR, MEMBER = Reader(), Reader(Person(1, "member", "A", "a@e.org", True))
PARTNER = replace(MEMBER, partner=True)
MANAGER, HOST = replace(MEMBER, looks_after={7}), Reader(Person(2, "host", "H", "h@e.org", True))
LINK = Reader(key="nyckel")


@pytest.mark.parametrize(("state", "visibility", "readers"), [
    ("published", "public", "VMPGHL"), ("published", "members", "MPGH"), ("published", "partners", "PGH"),
    ("published", "link", "GHL"), ("cancelled", "public", "VMPGHL"), ("draft", "public", "GH"),
    ("draft", "link", "GH"), ("template", "public", "GH"),
])  # fmt: skip
def test_who_sees_an_event(state: str, visibility: str, readers: str) -> None:
    everybody = {"V": VISITOR, "M": MEMBER, "P": PARTNER, "G": MANAGER, "H": HOST, "L": LINK}
    seen = "".join(letter for letter, reader in everybody.items() if rules.may_see(reader, Shown(state, visibility)))
    assert seen == readers


def test_an_event_without_a_key_is_opened_by_no_key() -> None:
    shown = Shown("published", "link")
    shown.link_key = ""
    assert not rules.may_see(Reader(key=""), shown)


def test_lists_hold_what_everybody_of_a_kind_may_see() -> None:
    assert rules.listed(VISITOR) == ("public",) and rules.listed(LINK) == ("public",)
    assert rules.listed(MEMBER) == ("public", "members")
    assert rules.listed(PARTNER) == rules.listed(HOST) == ("public", "members", "partners")


@pytest.mark.parametrize(("state", "minutes", "phase"), [
    ("draft", 0, "draft"), ("published", -1, "ahead"), ("published", 0, "now"), ("published", 600, "past"),
    ("cancelled", 700, "cancelled"),
])  # fmt: skip
def test_where_an_event_stands(state: str, minutes: int, phase: str) -> None:
    assert rules.phase(state, WHOLE, WHOLE.start + timedelta(minutes=minutes)) == phase


def test_a_missing_text_is_told_in_the_other_language() -> None:
    assert rules.in_language(("ett", "one"), "en") == ("one", None)
    assert rules.in_language(("ett", " "), "en") == ("ett", "sv")
    assert rules.in_language(("", "one"), "sv") == ("one", "en")
    assert rules.in_language(("", ""), "sv") == ("", None)


def test_the_meter_counts_what_is_there() -> None:
    bare = rules.completeness(Facts(("x", "")), sessions=0, hosts=0, cover=False)
    assert [name for name, fine in bare if fine] == ["place"]
    both = ("x", "y")
    full = Facts(both, both, both, both, "other", "hybrid", "public", "https://e.org", "A", "a@e.org")
    assert all(fine for _name, fine in rules.completeness(full, sessions=1, hosts=1, cover=True))


@pytest.mark.parametrize(("change", "code"), [
    ({"titles": ("", " ")}, "event-nameless"), ({"titles": ("x" * 151, "")}, "event-text-long"),
    ({"bodies": ("", "x" * 8001)}, "event-text-long"), ({"category": "party"}, "event-choice"),
    ({"format": "x"}, "event-choice"), ({"visibility": "x"}, "event-choice"),
    ({"online_url": "javascript:alert(1)"}, "website-malformed"), ({"contact_email": "x@"}, "email-malformed"), ({}, None),
])  # fmt: skip
def test_what_is_said_is_checked(change: dict[str, object], code: str | None) -> None:
    found = rules.facts_refusals(replace(Facts(("x", "")), **change))  # type: ignore[arg-type]
    assert [one.code for one in found] == ([code] if code else [])


# -- the programme -----------------------------------------------------------------------------------------------------


def odd(*items: Item, places: dict[int, Place] = PLACES, span: Span = WHOLE) -> list[str]:
    return [one.code for one in rules.oddities(Programme(span, items), places, ZONE)]


@pytest.mark.parametrize(("items", "codes"), [
    ((item("09:00", "10:00", 1), item("10:00", "11:00", 1)), []),
    ((item("09:00", "10:00", 1), item("09:30", "11:00", 1)), ["room-twice"]),
    ((item("09:00", "10:00", 1, speakers=(5,)), item("09:30", "11:00", 2, speakers=(5, 6))), ["speaker-twice"]),
    ((item("09:00", "10:00", 1, speakers=(5,)), item("10:00", "11:00", 2, speakers=(5,))), []),
    ((item("07:30", "09:00"),), ["outside-event"]),
    ((item("09:00", "10:00", 3, people=5),), ["room-small"]),
    ((item("09:00", "10:00", 3, people=4),), []),
    ((item("09:00", "11:00"), item("11:00", "12:15")), ["no-break"]),
    ((item("09:00", "11:00"), item("11:00", "11:15", kind="break"), item("11:15", "13:00")), []),
    ((item("09:00", "12:00"),), []),
    ((item("07:00", "09:00", 1, day=date(2026, 11, 28)),), ["outside-event", "when-shut"]),
])  # fmt: skip
def test_what_is_odd_in_a_programme(items: tuple[Item, ...], codes: list[str]) -> None:
    assert odd(*items) == codes


def test_parts_of_one_hall_are_one_room_with_the_whole() -> None:
    places = {1: place(1, takes=frozenset({2, 3})), 2: place(2), 3: place(3)}
    assert odd(item("09:00", "10:00", 1), item("09:30", "10:30", 2), places=places) == ["room-twice"]
    assert odd(item("09:00", "10:00", 2), item("09:30", "10:30", 3), places=places) == []


def test_refurnishing_takes_time() -> None:
    places = {1: place(1, layouts=(Layout("theatre", 60), Layout("islands", 30, 45)))}
    first = item("09:00", "10:00", 1, layout="theatre")
    assert odd(first, item("10:30", "11:30", 1, layout="islands"), places=places) == ["change-over"]
    assert odd(first, item("10:45", "11:30", 1, layout="islands"), places=places) == []
    assert odd(first, item("10:00", "11:30", 1, layout="theatre"), places=places) == []


def test_now_and_next_name_what_runs_and_what_begins() -> None:
    one, two, three = item("09:00", "10:00", id=1), item("10:00", "11:00", id=2), item("10:00", "10:30", id=3)
    assert rules.now_and_next([two, one, three], at(TUESDAY, "09:30", "10:00").start) == ([one], [three, two])
    assert rules.now_and_next([one], at(TUESDAY, "10:00", "11:00").start) == ([], [])


def test_days_are_local() -> None:
    late = Item(
        1,
        "talk",
        ("x", ""),
        Span(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), datetime(2026, 11, 25, 0, 30, tzinfo=UTC)),
    )
    assert [day for day, _items in rules.by_day([late], ZONE)] == [date(2026, 11, 25)]
    assert rules.days_of(Span(at(MONDAY, "09:00", "10:00").start, at(TUESDAY, "00:00", "10:00").start), ZONE) == [
        MONDAY
    ]


# -- moving ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "by"), [(date(2026, 10, 24), 1), (date(2026, 10, 23), 3), (date(2027, 3, 27), 1), (date(2027, 3, 29), -2)])  # fmt: skip
def test_nine_o_clock_stays_nine_o_clock_over_a_change_of_the_clocks(day: date, by: int) -> None:
    programme = Programme(
        at(day, "08:00", "20:00"), (item("09:00", "17:00", day=day),), (Use(1, 1, "lunch", at(day, "12:00", "13:00")),)
    )
    moved = programme.moved(by, 30, ZONE)
    there = day + timedelta(days=by)
    assert moved.items[0].span == at(there, "09:30", "17:30")
    assert moved.span == at(there, "08:30", "20:30") and moved.uses[0].span == at(there, "12:30", "13:30")


@pytest.mark.parametrize(("day", "code"), [(date(2027, 3, 27), "time-skipped"), (date(2026, 10, 24), "time-doubled")])
def test_an_hour_that_is_skipped_or_doubled_is_refused(day: date, code: str) -> None:
    programme = Programme(at(day, "01:00", "06:00"), (item("02:30", "05:00", day=day),))
    with pytest.raises(Refused) as refused:
        programme.moved(1, 0, ZONE)
    assert refused.value.refusals[0].code == code


def test_not_moving_is_not_refused() -> None:
    day = date(2026, 10, 25)
    programme = Programme(Span(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), at(day, "05:00", "06:00").end))
    assert programme.moved(0, 0, ZONE) == programme


@pytest.mark.parametrize(("programme", "code"), [
    (Programme(Span(WHOLE.start, WHOLE.start + timedelta(days=32))), "event-long"),
    (Programme(WHOLE, tuple(item("09:00", "10:00", id=n) for n in range(201))), "event-full"),
    (Programme(WHOLE, (Item(1, "talk", ("x", ""), Span(WHOLE.start, WHOLE.start + timedelta(hours=25))),)), "piece-long"),
    (Programme(WHOLE, (item("09:00", "10:00", 99),)), "space-unknown"),
    (Programme(WHOLE, (item("09:00", "10:00", 1, layout="theatre"),)), "layout-unknown"),
    (Programme(WHOLE, (item("09:00", "10:00", day=TUESDAY + timedelta(days=4)),)), "piece-away"),
])  # fmt: skip
def test_what_an_event_cannot_be(programme: Programme, code: str) -> None:
    assert code in [one.code for one in rules.programme_refusals(programme, PLACES)]


def test_what_is_held_has_its_set_up_and_clearing() -> None:
    policy = Policy(setup=15, clearing=10)
    places = {1: place(1, policy=policy, layouts=(Layout("islands", 8, 30),))}
    one = item("10:00", "11:00", 1, layout="islands", setup=20, clearing=5, id=4)
    (hold,) = rules.holds(Programme(WHOLE, (one, item("09:00", "10:00"))), places)
    assert hold.span == at(TUESDAY, "08:55", "11:15") and hold.for_ == ("item", 4)


def test_the_difference_names_what_goes_and_what_comes() -> None:
    before = rules.holds(Programme(WHOLE, (item("09:00", "10:00", 1), item("11:00", "12:00", 2))), PLACES)
    after = rules.holds(Programme(WHOLE, (item("09:00", "10:00", 1), item("11:00", "12:00", 1))), PLACES)
    released, taken = rules.difference(before, after)
    assert [one.space_id for one in released] == [2] and [one.space_id for one in taken] == [1]


def hit(id_: int, space: int, start: str, end: str, member: int = 1) -> Hit:
    return Hit(id_, 0, PLACES[space], at(TUESDAY, start, end), None, None, member, "Bo Ek", "")


def test_no_place_is_offered_twice_at_a_time() -> None:
    moment = Moment(NOW, ZONE, {})
    hits = [hit(1, 1, "09:00", "10:00", 1), hit(2, 1, "11:00", "12:00", 2), hit(3, 2, "09:30", "10:30", 3)]
    taken = [
        Held(1, at(TUESDAY, "08:00", "18:00"), claim=("", "")),
        Held(2, at(TUESDAY, "09:00", "11:00"), claim=("", "")),
    ]
    found = {
        one.booking_id: one.instead and one.instead.id for one in ripple.equivalents(hits, PLACES, taken, moment, {})
    }
    assert found == {1: 3, 2: 2, 3: None}


def test_a_member_is_not_put_on_two_desks() -> None:
    desks = {n: place(n, kind="desk", seats=1) for n in (1, 2)}
    one = replace(hit(1, 1, "09:00", "10:00"), place=desks[1])
    own = {1: [(Held(9, at(TUESDAY, "09:00", "10:00"), 8, 1), "desk")]}
    (found,) = ripple.equivalents([one], desks, [], Moment(NOW, ZONE, {}), own)
    assert found.instead is None


def plan(**more: object) -> Plan:
    return Plan(Programme(WHOLE), Programme(WHOLE), (), (), **more)  # type: ignore[arg-type]


def test_everybody_who_is_hit_must_be_decided_about() -> None:
    made = plan(hits=(replace(hit(1, 1, "09:00", "10:00"), instead=PLACES[2]), hit(2, 2, "09:00", "10:00")))
    assert [one.code for one in rules.choice_refusals(made, {1: "move"})] == ["event-hits"]
    assert [one.code for one in rules.choice_refusals(made, {1: "move", 2: "move"})] == ["event-hits"]
    assert rules.choice_refusals(made, {1: "move", 2: "cancel"}) == []


def test_the_token_names_all_that_the_plan_is_made_of() -> None:
    one = replace(hit(1, 1, "09:00", "10:00"), instead=PLACES[2])
    tokens = {
        made.token
        for made in (
            plan(), plan(revision=1), plan(hits=(one,)), plan(hits=(replace(one, revision=1),)),
            plan(hits=(replace(one, instead=PLACES[3]),)), plan(hits=(replace(one, instead=None),)), plan(kept_for=1),
            replace(plan(), after=Programme(WHOLE.shifted(timedelta(days=1)))),
        )
    }  # fmt: skip
    assert len(tokens) == 8
    assert plan(hits=(one,)).token == plan(hits=(replace(one),)).token


@pytest.mark.parametrize(("first", "days"), [
    (date(2026, 12, 7), [date(2027, 1, 4), date(2027, 2, 1)]),
    (date(2026, 9, 29), [date(2026, 10, 27), date(2026, 11, 24)]),  # the fifth Tuesday, then the last
])  # fmt: skip
def test_monthly_copies_keep_their_weekday_of_the_month(first: date, days: list[date]) -> None:
    assert rules.monthly(first, 2) == days


def test_other_zones_have_their_own_days() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    assert rules.shifted(at(TUESDAY, "23:00", "23:30"), timedelta(days=1), tokyo) == at(
        TUESDAY, "23:00", "23:30"
    ).shifted(timedelta(days=1))
