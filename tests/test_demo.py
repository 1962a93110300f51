"""The demo house: the same on the same day, and nothing in it that the rules would have refused."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text

from innovation_station import clock, create_app, db, demo, schema, settings
from innovation_station.bookings import queries, rules, wish_queries
from innovation_station.bookings.models import Allocation, Booking, BookingHistory
from innovation_station.bookings.rules import Held, Moment, Wish
from innovation_station.demo import floor, newcomers, people
from innovation_station.demo.habits import Author
from innovation_station.errors import NotAllowed
from innovation_station.i18n import Language, speaking
from innovation_station.ledger import queries as ledger
from innovation_station.ledger.models import LedgerEntry
from innovation_station.members import queries as member_queries
from innovation_station.members import service as members
from innovation_station.members.models import HouseText, Member
from innovation_station.members.reception import reception
from innovation_station.members.rules import ACCEPTED_TEXTS
from innovation_station.notices import queries as notice_queries
from innovation_station.notices.words import said_all
from innovation_station.plans import queries as plans
from innovation_station.plans.rules import Allowance, Use
from innovation_station.repairs.models import FaultReport
from innovation_station.settings import Settings
from innovation_station.sharing.letters import fact_of
from innovation_station.sharing.models import Guest
from innovation_station.spaces.holidays import Calendar
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.queries import house
from innovation_station.spaces.rules import Box, at_minute, open_span
from innovation_station.text import parts
from innovation_station.timespan import Span, union
from innovation_station.waits.models import Wait
from tests.conftest import close
from tests.plugins_services import postgres_programs
from tests.shared import once_a_run

ZONE = ZoneInfo("Europe/Stockholm")
TUESDAY = date(2026, 9, 22)
SATURDAY = date(2026, 10, 24)  # summer time ends in the night
Maker = Callable[..., Flask]


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        yield


def configured(folder: Path, url: str = "") -> Settings:
    """Give the settings of a house in a folder."""
    url = url or f"sqlite:///{folder}/station.db"
    return settings.load({"STATION_SECRET_KEY": "k" * 40, "STATION_DATABASE_URL": url}, folder)


def made(folder: Path, moment: datetime, url: str = "") -> Flask:
    """Make an application whose database holds the demo house of a moment."""
    app = create_app({"STATION": configured(folder, url)})
    schema.upgrade(app)
    with at(moment):
        demo.load(app)
    return app


def dump(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """Read every row of every table; password hashes are salted and stay out."""
    with app.app_context():
        rows = {
            table.name: [
                {name: value for name, value in row.items() if name != "password_hash"}
                for row in db.db.session.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in db.db.metadata.sorted_tables
        }
        db.db.session.remove()
    return rows


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Give the demo house of a Tuesday noon."""
    folder = tmp_path_factory.mktemp("demo")

    def make(path: Path) -> None:
        close(made(folder, datetime(2026, 9, 22, 10, tzinfo=UTC)))
        shutil.copy(folder / "station.db", path)

    shutil.copy(once_a_run("tuesday.db", make), folder / "station.db")
    app = create_app({"STATION": configured(folder)})
    with app.app_context():
        yield app
        db.db.session.remove()
        db.db.engine.dispose()


def test_load_on_the_same_day_gives_the_same_house(app: Flask, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whatever the hour, and whatever the database: on PostgreSQL, where there is one."""
    there = not isinstance(postgres_programs(), str) or "STATION_TEST_POSTGRES_URL" in os.environ
    url = request.getfixturevalue("postgres_url") if there else ""
    evening = made(tmp_path, datetime(2026, 9, 22, 21, 59, tzinfo=UTC), url)
    house, again = dump(app), dump(evening)
    assert again == house
    assert len(again["booking"]) > 1000
    with evening.app_context():
        db.db.engine.dispose()


def test_load_refuses_a_database_with_members_and_changes_nothing(app: Flask) -> None:
    before = dump(app)
    with pytest.raises(demo.NotEmptyError, match="empty one only"):
        demo.load(app)
    assert dump(app) == before


def test_load_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.Archive, "_stamp", lambda *_: 1 / 0)  # the last step
    empty = create_app({"STATION": configured(tmp_path)})
    schema.upgrade(empty)
    with pytest.raises(ZeroDivisionError):
        demo.load(empty)
    assert not any(dump(empty).values())


def test_accounts_open_with_the_password_that_is_printed(app: Flask) -> None:
    for email, password, role in demo.ACCOUNTS:
        assert members.prove(email, password).member.role == role
    assert {email: role for email, _, role in demo.ACCOUNTS} == {
        "member@example.org": "member", "host@example.org": "host", "admin@example.org": "admin",
    }  # fmt: skip
    assert demo.PASSWORD == "plats-for-nasta-ide"
    assert db.db.session.scalar(select(Member.name).where(Member.id == 1)) == "Alva Lindqvist"


@pytest.mark.parametrize("guess", ["", "!", demo.PASSWORD])
def test_other_members_have_no_password(app: Flask, guess: str) -> None:
    with pytest.raises(NotAllowed):
        members.prove("samir.haddad@example.org", guess)


def test_people_are_forty_with_addresses_of_their_own_and_most_are_seen(app: Flask) -> None:
    here = select(Member.email, Member.visible, Member.organisation_id).where(Member.state == "active")
    rows = db.db.session.execute(here).all()
    assert len(rows) == len({email for email, _, _ in rows}) == 40
    assert all(email.isascii() and email.endswith("@example.org") for email, _, _ in rows)
    assert 0.5 <= sum(visible for _, visible, _ in rows) / 40 <= 0.7
    assert {organisation for _, _, organisation in rows} == {*range(1, 11), None}


def test_places_are_those_of_the_house(app: Flask) -> None:
    places = house().places.values()
    by_kind = {kind: [p.name for p in places if p.kind == kind] for kind in ("desk", "room", "booth", "hall")}
    assert by_kind["desk"] == [f"{letter}{number}" for letter in "ABC" for number in range(1, 9)]
    assert {p.name: p.capacity for p in places if p.capacity > 1} == {
        "Hågelby": 8, "Flottsbro": 12, "Visättra": 4, "Björnkulla": 2, "Scenen": 60, "Västra scenen": 30,
        "Östra scenen": 30,
    }  # fmt: skip
    assert len(by_kind["booth"]) == 2
    assert [zone.names["sv"] for zone in house().zones.values()] == ["Perrongen", "Tysta kupén", "Verkstan"]
    scenen, *parts = (p for p in places if p.kind == "hall")
    assert scenen.hours == {0: (480, 1080), 1: (480, 1080), 2: (480, 1080), 3: (480, 1260), 4: (480, 1080)}
    assert scenen.parts == tuple(part.id for part in parts) == tuple(sorted(scenen.takes))
    assert {layout.name: layout.seats for layout in scenen.layouts} == {
        "theatre": 60, "islands": 32, "classroom": 40, "standing": 100,
    }  # fmt: skip
    assert all(part.hours == scenen.hours and scenen.box.holds(part.box) for part in parts)
    assert all(place.policy.horizon == 180 for place in places)


def meets(one: Box, other: Box) -> bool:
    """Tell whether two boxes share more than an edge."""
    across = one.x < other.x + other.w and other.x < one.x + one.w
    return across and one.y < other.y + other.h and other.y < one.y + one.h


def test_boxes_lie_on_the_floor_and_on_nothing_else() -> None:
    parts = {name for names in floor.PARTS.values() for name in names}
    inside = {spot.name: spot.box for spot in floor.SPOTS if spot.name in parts}
    assert [(a, b) for (a, one), (b, other) in combinations(inside.items(), 2) if meets(one, other)] == []
    boxes = {spot.name: spot.box for spot in floor.SPOTS if spot.name not in parts}
    boxes |= {label["text"]["en"]: Box(label["x"], label["y"], label["w"], label["h"]) for label in floor.LABELS}
    lying = boxes | {zone.names[0]: zone.label for zone in floor.ZONES}
    turned = boxes | {zone.names[0]: zone.turned for zone in floor.ZONES}
    for plan in (lying, turned):
        assert [(a, b) for (a, one), (b, other) in combinations(plan.items(), 2) if meets(one, other)] == []
        assert all(box.x >= 8 and box.x + box.w <= 952 and box.y >= 8 and box.y + box.h <= 492 for box in plan.values())


def test_booths_are_tall_enough_for_a_finger_on_a_phone() -> None:
    scale = (390 - 32) / floor.HEIGHT  # turned, the plan's height is the phone's width without its margins
    assert all(spot.box.w * scale >= 44 for spot in floor.SPOTS if spot.kind == "booth")


def test_allocations_are_the_confirmed_bookings_day_by_day(app: Flask) -> None:
    expected = {
        (space_id, part.start, part.end, booking.id)
        for booking in db.db.session.scalars(select(Booking))
        for space_id in house().places[booking.space_id].takes
        for part in (booking.takes.by_local_day(ZONE) if booking.takes else ())
    }
    rows = db.db.session.scalars(select(Allocation).where(Allocation.booking_id.is_not(None)))
    assert {(row.space_id, row.start, row.end, row.booking_id) for row in rows} == expected
    by_space = defaultdict(list)
    for row in db.db.session.scalars(select(Allocation)):
        by_space[row.space_id].append(Span(row.start, row.end))
    for spans in by_space.values():
        assert all(one.end <= two.start for one, two in zip(sorted(spans), sorted(spans)[1:], strict=False))


def test_history_tells_how_each_booking_came_to_be(app: Flask) -> None:
    midnight = at_minute(TUESDAY, 0, ZONE)
    rows = defaultdict(list)
    for row in db.db.session.scalars(select(BookingHistory).order_by(BookingHistory.id)):
        rows[row.booking_id].append(row)
    joined = {member.id: member.created_at for member in db.db.session.scalars(select(Member))}
    actions = set()
    for booking in db.db.session.scalars(select(Booking)):
        story = rows.pop(booking.id)
        facts = dict(story[0].after)
        for row in story[1:]:
            assert {name: facts.get(name) for name in row.after} == row.before
            facts |= row.after
        assert facts == {
            "space": booking.space_id, "start": booking.start.isoformat(), "end": booking.end.isoformat(),
            "title": booking.title, "public": booking.public, "state": booking.state,
            "people": None, "layout": None,
            **({"checked_in": booking.checked_in_at.isoformat()} if booking.checked_in_at else {}),
        }  # fmt: skip
        assert joined[booking.member_id] < booking.created_at < min(booking.start, midnight)
        assert [row.at for row in story] == sorted({row.at for row in story})
        assert (story[0].at, story[-1].at) == (booking.created_at, booking.changed_at)
        assert booking.changed_at < midnight
        assert booking.revision == len(story) - 1
        assert booking.sequence == sum(row.action in ("moved", "cancelled", "released") for row in story)
        actions |= {row.action for row in story}
    assert not rows
    assert actions == {"reserved", "moved", "cancelled", "checked-in", "released"}


def test_stamps_count_the_changes(app: Flask) -> None:
    rows = db.db.session.scalars(select(Booking.space_id).join(BookingHistory)).all()
    assert db.db.session.scalar(select(db.db.func.sum(Member.bookings_revision))) == len(rows)
    locked = select(Booking.space_id).join(BookingHistory).where(BookingHistory.action != "checked-in")
    stamped = sum(len(house().places[space_id].touches) for space_id in db.db.session.scalars(locked))
    assert (
        db.db.session.scalar(select(db.db.func.sum(Space.revision))) == stamped + 3
    )  # the closure; what is busy elsewhere locks its place twice


def test_bookings_are_such_as_the_rules_grant(app: Flask) -> None:
    holidays = Calendar("SE")
    places = house().places
    held, own = defaultdict(list), defaultdict(list)
    for row in queries.taken(
        Span(at_minute(date(2026, 8, 1), 0, ZONE), at_minute(date(2026, 12, 1), 0, ZONE)), house()
    ):
        held[row.space_id].append(row.held)
        if row.space_id == row.booked_id:
            own[row.member_id].append((row.held, places[row.space_id].kind))
    for booking in db.db.session.scalars(select(Booking)):
        assert refused(booking, holidays, held[booking.space_id], own[booking.member_id]) == [], booking.id


def refused(booking: Booking, holidays: dict[date, str], held: list[Held], own: list[tuple[Held, str]]) -> list[str]:
    """Name what the rules have against a booking, measured at the moment it was made or last moved."""
    moved = select(BookingHistory.at).where(BookingHistory.booking_id == booking.id, BookingHistory.action == "moved")
    made_at = db.db.session.scalar(moved) or booking.created_at
    wish = Wish(house().places[booking.space_id], booking.span)
    others = [taken for taken in held if taken.booking_id != booking.id]
    mine = [(taken, kind) for taken, kind in own if taken.booking_id != booking.id]
    return [refusal.code for refusal in rules.refusals(wish, Moment(made_at, ZONE, holidays), others, mine)]


def test_bookings_are_such_as_the_plans_grant(app: Flask) -> None:
    """Each is measured against what else its member, and the organisation, has in the same week and month."""
    catalogue, places = plans.catalogue(house()), house().places
    kept = db.db.session.scalars(select(Booking).where(Booking.state.in_(rules.HOLDING))).all()
    uses: dict[tuple[str, int | None], list[Use]] = defaultdict(list)
    for booking in kept:
        kind, minutes = places[booking.space_id].kind, booking.span.length // timedelta(minutes=1)
        use = Use(booking.start.astimezone(ZONE).date(), kind, minutes)
        uses["member", booking.member_id].append(use)
        uses["organisation", booking.organisation_id].append(use)
    staff = set(db.db.session.scalars(select(Member.id).where(Member.role != "member")))
    assert [plan.names["sv"] for plan in catalogue.plans.values()] == ["Medlem", "Fast plats", "Student"]
    for member in db.db.session.scalars(select(Member).where(Member.id.not_in(staff))):
        standing = plans.standing(catalogue, member.id, member.access_revision)
        mine, shared = uses["member", member.id], uses["organisation", member.organisation_id]
        allowance = Allowance(ZONE, catalogue, standing, mine, shared)
        for booking in kept:
            if booking.member_id == member.id:
                day, place = booking.start.astimezone(ZONE).date(), places[booking.space_id]
                assert allowance.bar(place, day) is None, (member.name, place.name, day)
                assert all(left.used <= left.quota.amount for left in allowance.left(day)), (member.name, day)


def test_ledger_says_what_each_booking_came_to(app: Flask) -> None:
    told: dict[int, list[int]] = defaultdict(list)
    for row in db.db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)):
        told[row.booking_id].append(row.minutes * abs(row.bookings))
        assert row.month >= f"{row.at.astimezone(ZONE):%Y-%m}"
    for booking in db.db.session.scalars(select(Booking)):
        length = booking.span.length // timedelta(minutes=1)
        assert sum(told[booking.id]) == (length if booking.state in ("confirmed", "no-show") else 0)
    months = {month.month: list(ledger.lines(month.month)) for month in ledger.months()}
    assert "2026-09" in months
    for month, lines in months.items():
        stored = db.db.session.scalars(select(LedgerEntry.amount).where(LedgerEntry.month == month)).all()
        assert sum(stored) == sum(line.amount for line in lines)
    assert any(line.share == 2500 for line in months["2026-09"])


def test_stage_is_asked_for_and_rooms_are_waited_for(app: Flask) -> None:
    noon = datetime(2026, 9, 22, 10, tzinfo=UTC)
    (request,) = db.db.session.scalars(select(Booking).where(Booking.state == "requested"))
    place = house().places[request.space_id]
    assert (place.name, place.policy.approval) == ("Scenen", 2880)
    assert request.answer_by and noon < request.answer_by < request.start
    assert db.db.session.get_one(Member, request.member_id).role == "member"
    waits = db.db.session.scalars(select(Wait).order_by(Wait.id)).all()
    assert [wait.member_id == 1 for wait in waits] == [False, True, False]
    for wait in waits:
        assert wait.state == "waiting" and wait.joined_at < noon < wait.start
        held = wish_queries.held(wait.span, house().places[wait.space_id or 0].takes)
        assert held and wait.member_id not in {one.member_id for one in held}


def test_members_came_or_did_not_and_faults_are_known(app: Flask) -> None:
    midnight, came, gone = at_minute(TUESDAY, 0, ZONE), 0, 0
    for booking in db.db.session.scalars(select(Booking).where(Booking.state.in_(("confirmed", "no-show")))):
        place = house().places[booking.space_id]
        if booking.checked_in_at is not None:
            came += 1
            assert booking.start - timedelta(minutes=8) <= booking.checked_in_at < booking.start + timedelta(minutes=10)
        if booking.state == "no-show":
            gone += 1
            assert place.kind == "booth" and place.policy.check_in == 10
            assert booking.released_at == booking.start + timedelta(minutes=10) and booking.end > booking.released_at
        assert booking.start < midnight or (booking.checked_in_at is None and booking.state == "confirmed")
    assert came > 100 and 3 < gone < came / 5
    lamp, screen = db.db.session.scalars(select(FaultReport).order_by(FaultReport.id))
    closure = db.db.session.scalars(select(Closure)).one()
    assert (lamp.state, lamp.sort, lamp.closure_id, lamp.space_id) == ("hand", "light", closure.id, closure.space_id)
    assert (screen.state, screen.closure_id) == ("open", None) and screen.at < midnight


def test_desks_are_as_full_as_a_living_house(app: Flask) -> None:
    booked: dict[date, float] = defaultdict(float)
    for row, kind in db.db.session.execute(select(Allocation, Space.kind).join(Space)):
        if kind == "desk":
            span = Span(row.start, row.end)
            booked[row.start.astimezone(ZONE).date()] += span.length / timedelta(hours=10 * 24)
    past = [share for day, share in booked.items() if day < TUESDAY]
    ahead = [share for day, share in booked.items() if day > TUESDAY + timedelta(days=14)]
    assert len(past) == 20
    assert 0.4 <= sum(past) / len(past) <= 0.75
    assert max(past) - min(past) > 0.15
    assert 0.1 < sum(ahead) / len(ahead) < sum(past) / len(past) - 0.15


def test_alva_can_have_last_weeks_desk_again(app: Flask) -> None:
    today = Span(at_minute(TUESDAY, 0, ZONE), at_minute(TUESDAY, 1440, ZONE))
    afternoon = Span(at_minute(TUESDAY, 780, ZONE), at_minute(TUESDAY, 1020, ZONE))
    a3 = next(place for place in house().places.values() if place.name == "A3")
    for days in (0, 1):
        wished = afternoon.shifted(timedelta(days=days))
        usual = queries.usual(1, "desk", wished.start - timedelta(days=7), wished.end - timedelta(days=7))
        assert (a3.id, wished.start - timedelta(days=7), wished.end - timedelta(days=7)) in usual
        assert wish_queries.held(wished, [a3.id]) == []
    assert len(wish_queries.held_by(1, today)) == 2
    assert any(booking.start > today.end for booking in queries.upcoming(1, today.start))


def test_lamp_is_mended_and_nobody_sits_there(app: Flask) -> None:
    closure = db.db.session.scalars(select(Closure)).one()
    assert (closure.reason_sv, closure.reason_en) == ("Lampan lagas", "The lamp is being mended")
    rows = db.db.session.scalars(select(Allocation).where(Allocation.closure_id == closure.id)).all()
    assert union(Span(row.start, row.end) for row in rows) == [Span(closure.start, closure.end)]
    assert closure.start == at_minute(TUESDAY, 480, ZONE)
    assert closure.created_at < closure.start


@pytest.mark.parametrize(
    "today",
    [SATURDAY, date(2026, 12, 24), date(2027, 3, 28), date(2027, 4, 5), date(2026, 11, 1), date(2028, 2, 29)],
)
def test_drafts_fit_any_day_of_the_year(today: date) -> None:
    holidays = Calendar("SE")

    def instant(day: date, minute: int) -> datetime:
        return at_minute(day, minute, ZONE)

    author = Author(Random(f"innovation station {today}"), today, holidays, instant)
    drafts = author.write({"B4": [(author.ahead[0], (0, 1440))]})
    hours = dict.fromkeys(range(5), (480, 1260))
    held = defaultdict(list)
    for draft in drafts:
        span = Span(instant(draft.day, draft.time[0]), instant(draft.day, draft.time[1]))
        opened = open_span(hours, draft.day, ZONE, holidays)
        assert opened
        assert opened.contains(span)
        assert draft.made < min(span.start, instant(today, 0))
        held[draft.spot].append(span)
    for spans in held.values():
        assert sum((span.length for span in union(spans)), timedelta()) == sum((s.length for s in spans), timedelta())
    assert len(drafts) > 600
    assert any(draft.member == 0 and draft.day == author.ahead[0] for draft in drafts)


def test_people_have_names_and_organisations_that_exist() -> None:
    assert len({name for name, _, _ in people.PEOPLE}) == 40
    assert {key for _, key, _ in people.PEOPLE} - {""} == set(people.ORGANISATIONS)


def test_sql_of_the_past_is_spelt_as_the_database_wants_it(app: Flask) -> None:
    """Rows that were not made by the service must still compare with those that were."""
    spelt = db.db.session.scalars(text("select distinct length(start) from allocation")).all()
    assert spelt == [26]


def test_people_wait_to_be_let_in_and_staff_know(app: Flask) -> None:
    waiting = db.db.session.scalars(select(Member).where(Member.state == "applied").order_by(Member.id)).all()
    assert [member.name for member in waiting] == [name for name, *_rest in newcomers.WAITING]
    wished = [offer.title if (offer := reception().wished(member.id)) else None for member in waiting]
    assert wished == ["Student", "Fast plats", None]
    for role in ("host", "admin"):
        reader = db.db.session.scalars(select(Member).where(Member.role == role)).one()
        told = said_all([(row.kind, row.content) for row in notice_queries.of_member(reader.id, limit=9)])
        assert [said.parts for said in told] == [{"member_id": member.id} for member in reversed(waiting)]
    assert [offer.title for offer in reception().offers() if offer.at_once] == ["Medlem"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_house_has_rules_that_every_member_has_accepted(app: Flask, language: Language) -> None:
    everybody = db.db.session.scalars(select(Member.id)).all()
    assert not [number for number in everybody if member_queries.texts_to_accept(number)]
    with speaking(language):
        page = app.test_client().get("/rules", headers={"Accept-Language": language}).text
    heads = {"sv": ["Platserna", "Ljudet", "Gäster"], "en": ["The places", "Noise", "Guests"]}[language]
    assert [head for head in heads if f"<h3>{head}</h3>" not in page] == []
    assert page.count("<li>") >= 10 and "# " not in page.split("<main", 1)[1].split("</main", 1)[0]
    for paper in db.db.session.scalars(select(HouseText)):
        assert len(parts(paper.body_sv)) == len(parts(paper.body_en)) > (2 if paper.kind in ACCEPTED_TEXTS else 1)


def test_rooms_expect_guests_who_know_of_it(app: Flask) -> None:
    guests = db.db.session.execute(select(Guest, Booking).join(Booking, Booking.id == Guest.booking_id)).all()
    assert len(guests) >= 3 and {guest.state for guest, _ in guests} == {"invited"}
    assert all(guest.knew == fact_of(guest, booking) and "example" in guest.email for guest, booking in guests)
