"""External calendars in the database: what they take, what they leave to bookings, and what each reading changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from innovation_station import personal
from innovation_station.audit.models import AuditEntry, AuditPart
from innovation_station.bookings import busy, dividing, wish_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.dividing import NewPart
from innovation_station.bookings.models import Allocation, SpaceBusy
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotFound, Refusal, Refused
from innovation_station.external import jobs, queries, rules, safe, service
from innovation_station.external.models import ExternalCalendar, ExternalDraft, ExternalEntry
from innovation_station.jobs.registry import tasks
from innovation_station.notices.models import Notice
from innovation_station.personal import Subject
from innovation_station.spaces.queries import house
from tests.conftest import NOW, TUESDAY, ZONE, at, statements
from tests.external.calendars import calendar, event
from tests.external.conftest import Hand, local, packed
from tests.external.server import Site, serving
from tests.waits.conftest import Line

DAY = timedelta(days=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def test_what_another_calendar_has_is_taken_by_the_law_of_all_allocations(context: Flask, hand: Hand) -> None:
    hand.add(local("0900", "1000"))
    assert hand.taken() == ["09:00-10:00"]
    with pytest.raises(Conflict) as refused:
        hand.book("09:30", "11:00")
    [refusal] = refused.value.refusals
    assert (refusal.code, refusal.values["span"]) == ("busy-elsewhere", at(TUESDAY, "09:00", "10:00"))
    row = {"space_id": hand.small.a1, "start": NOW + DAY, "end": NOW + 2 * DAY}
    with pytest.raises(IntegrityError), transaction() as session:  # past all rules
        session.execute(insert(Allocation), [row | {"busy_id": session.scalars(select(SpaceBusy.id)).one()}])
    hand.book("10:00", "11:00")


def test_days_are_taken_one_by_one(context: Flask, hand: Hand) -> None:
    hand.add("BEGIN:VEVENT\nUID:x\nDTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126\nEND:VEVENT\n")
    assert hand.taken() == ["00:00-00:00", "11-25 00:00-00:00"]


def test_a_booking_stands_and_the_rest_is_taken(context: Flask, hand: Hand) -> None:
    booking = hand.book("10:00", "11:00")
    hand.add(local("0900", "1200"))
    assert hand.taken() == ["09:00-10:00", "11:00-12:00"]
    assert hand.clashes() == [("09:00-12:00", booking)]
    assert hand.state(booking) == "confirmed"
    told = db.session.scalars(select(Notice).where(Notice.kind == "external-contested")).all()
    assert sorted(one.member_id for one in told) == sorted(hand.small.people[name] for name in ("host", "admin"))


def test_what_a_booking_gives_back_is_taken_at_once(context: Flask, hand: Hand) -> None:
    booking = hand.book("10:00", "11:00")
    hand.add(local("0900", "1200"))
    hand.cancel(booking)
    assert hand.taken() == ["09:00-12:00"] and hand.clashes() == []
    with pytest.raises(Conflict):
        hand.book("10:00", "11:00", who="bo")


def test_a_booking_that_moves_away_gives_its_time_to_the_other_calendar(context: Flask, hand: Hand) -> None:
    booking = hand.book("10:00", "11:00")
    hand.add(local("0900", "1200"))
    with transaction():
        bookings.move(
            hand.who("alva"), booking, space_id=hand.small.a2, span=at(TUESDAY, "10:00", "11:00"), now=NOW, zone=ZONE
        )
    assert hand.taken() == ["09:00-12:00"] and hand.clashes() == []


def test_the_same_reading_touches_nothing(context: Flask, hand: Hand, app: Flask) -> None:
    parts = [local("0900", "1000", "a"), local("1300", "1400", "b")]
    calendar_id = hand.add(*parts)
    before = hand.rows(calendar_id)
    with statements(app) as seen:
        assert hand.again(calendar_id, *parts) == 0
    assert hand.rows(calendar_id) == before
    written = {" ".join(one.split()[:2]) for one in seen if not one.lstrip().startswith(("SELECT", "WITH"))}
    assert written <= {"UPDATE external_calendar", "UPDATE space"}


def test_a_reading_changes_what_differs_and_nothing_else(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000", "a"), local("1100", "1200", "b"), local("1300", "1400", "c"))
    before = hand.rows(calendar_id)
    changed = hand.again(
        calendar_id, local("0900", "1000", "a"), local("1130", "1230", "b"), local("1500", "1600", "d")
    )
    after = hand.rows(calendar_id)
    assert changed == 3
    assert hand.taken() == ["09:00-10:00", "11:30-12:30", "15:00-16:00"]
    assert after["09:00-10:00"] == before["09:00-10:00"] and after["11:30-12:30"] == before["11:00-12:00"]
    hand.book("13:00", "14:00")


def test_two_times_of_one_calendar_may_overlap_and_change_places(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1100", "a"), local("1000", "1200", "b"))
    assert hand.taken() == ["09:00-11:00", "11:00-12:00"]
    hand.again(calendar_id, local("1000", "1200", "a"), local("0900", "1100", "b"))
    assert _whole(hand) == ("09:00", "12:00") and hand.clashes() == []
    hand.again(calendar_id, local("1000", "1200", "a"))
    assert hand.taken() == ["10:00-12:00"]


def _whole(hand: Hand) -> tuple[str, str]:
    """See that what is taken has no holes, and give from when to when."""
    pairs = [one.split("-") for one in hand.taken()]
    assert all(end == start for (_start, end), (start, _end) in pairwise(pairs))
    return pairs[0][0], pairs[-1][1]


def test_of_two_calendars_that_say_the_same_the_second_takes_over(context: Flask, hand: Hand) -> None:
    first = hand.add(local("0900", "1100"), name="TimeEdit")
    second = hand.add(local("1000", "1200"), name="Outlook")
    assert hand.taken() == ["09:00-11:00", "11:00-12:00"] and hand.clashes() == []
    hand.remove(first)
    assert hand.taken() == ["10:00-12:00"]
    hand.remove(second)
    assert hand.taken() == [] and db.session.scalars(select(SpaceBusy)).all() == []
    assert db.session.scalars(select(ExternalEntry)).all() == []
    hand.book("09:00", "12:00")


def test_a_hall_holds_its_parts_and_parts_hold_the_hall(context: Flask, hand: Hand) -> None:
    with transaction():
        new = (NewPart("Östra", 30), NewPart("Västra", 30))
        dividing.divide(hand.who("admin"), hand.small.hall, (), new=new, now=NOW, zone=ZONE)
    east, west = house().places[hand.small.hall].parts
    whole = hand.add(local("0900", "1000"), space=hand.small.hall)
    assert (hand.taken(east), hand.taken(west)) == (["09:00-10:00"], ["09:00-10:00"])
    part = hand.add(local("0930", "1100"), space=east)
    assert (hand.taken(east), hand.taken(west)) == (["09:00-10:00", "10:00-11:00"], ["09:00-10:00"])
    with pytest.raises(Conflict):
        hand.book("10:30", "11:30", hand.small.hall)
    booking = hand.book("10:30", "11:30", west)
    hand.again(whole, local("0900", "1200"))
    assert hand.taken(west) == ["09:00-10:30", "11:30-12:00"]
    assert hand.clashes() == [("09:00-12:00", booking)]
    hand.remove(part)
    assert _whole_of(hand, east) == ("09:00", "12:00")
    hand.cancel(booking)
    jobs.fetch(NOW)  # the booking of a part has not the locks of the whole
    assert hand.taken(west) == ["09:00-12:00"] and hand.clashes() == []


def _whole_of(hand: Hand, space: int) -> tuple[str, str]:
    pairs = [one.split("-") for one in hand.taken(space)]
    assert all(end == start for (_start, end), (start, _end) in pairwise(pairs))
    return pairs[0][0], pairs[-1][1]


def test_what_a_calendar_has_follows_a_hall_that_is_divided_and_made_whole(context: Flask, hand: Hand) -> None:
    hand.add(local("0900", "1000"), space=hand.small.hall)
    with transaction():
        dividing.divide(
            hand.who("admin"), hand.small.hall, (), new=(NewPart("Ö", 30), NewPart("V", 30)), now=NOW, zone=ZONE
        )
    parts = house().places[hand.small.hall].parts
    assert [hand.taken(part) for part in parts] == [["09:00-10:00"]] * 2 and hand.taken(hand.small.hall) == []
    with transaction():
        dividing.divide(hand.who("admin"), hand.small.hall, (), now=NOW, zone=ZONE)
    assert hand.taken(hand.small.hall) == ["09:00-10:00"]


def test_closures_and_calendars_share_a_day(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1100"))
    with transaction():
        closure = bookings.close(
            at(TUESDAY, "10:00", "12:00"), reasons=("x", "x"), now=NOW, zone=ZONE, space_id=hand.small.a1
        )
    hand.again(calendar_id, local("0900", "1130"))
    assert hand.taken() == ["09:00-11:00"] and hand.clashes() == []
    with transaction():
        bookings.reopen(closure.id, now=NOW)
    assert _whole(hand) == ("09:00", "11:30")


def test_an_offer_gives_way_and_its_member_is_back_in_line(app: Flask, hand: Hand, line: Line) -> None:
    booking = line.book("host")
    wait = line.join("alva")
    line.cancel(booking)
    assert line.state(wait) == "offered"
    hand.add(local("0900", "1000"))
    line.look()
    assert line.state(wait) == "waiting" and hand.taken() == ["09:00-10:00"]


def test_who_waits_is_offered_what_the_other_calendar_gives_back(app: Flask, hand: Hand, line: Line) -> None:
    calendar_id = hand.add(local("0900", "1000"))
    wait = line.join("alva")
    line.look()
    assert line.state(wait) == "waiting"
    hand.remove(calendar_id)
    line.look()
    assert line.state(wait) == "offered"


def test_what_cannot_be_read_any_more_stays_as_it_was(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000", "a"), local("1100", "1200", "b"))
    broken = (
        local("1100", "1200", "b").replace("DTSTART", "DTSTART;TZID=Mars/Olympus").replace(";TZID=Europe/Stockholm", "")
    )
    hand.again(calendar_id, broken)
    assert hand.taken() == ["11:00-12:00"]
    assert hand.calendar(calendar_id).said["problems"][0][1] == "unknown-zone"


def test_a_date_that_went_where_cannot_be_read_keeps_the_time_it_was_known_to_have(context: Flask, hand: Hand) -> None:
    daily = local("0900", "1000", more="RRULE:FREQ=DAILY;COUNT=2")
    place = "RECURRENCE-ID;TZID=Europe/Stockholm:20261125T090000\n"
    moved = f"{place}DTSTART;TZID=Europe/Stockholm:20261125T130000\nDURATION:PT1H"
    calendar_id = hand.add(daily, event(moved, "one"))
    known = ["09:00-10:00", "11-25 13:00-14:00"]
    assert hand.taken() == known
    for spoilt in (moved.replace("DURATION:PT1H", "DTEND:soon"), f"{place}DTSTART:soon\nDURATION:PT1H"):
        assert hand.again(calendar_id, daily, event(spoilt, "one")) == 0
        assert hand.taken() == known
    earlier = local("0800", "1000", more="RRULE:FREQ=DAILY;COUNT=2")
    assert hand.again(calendar_id, earlier.replace("T100000", "T090000"), event(moved, "one")) > 0
    fresh = hand.add(daily, event(moved.replace("DURATION:PT1H", "DTEND:soon"), "one"), space=hand.small.a2)
    assert hand.taken(hand.small.a2) == ["09:00-10:00", "11-25 09:00-10:00"] and fresh


def test_lists_of_busy_times_take_theirs(context: Flask, hand: Hand) -> None:
    def listed(*periods: str) -> str:
        return f"BEGIN:VFREEBUSY\nFREEBUSY:{','.join(periods)}\nEND:VFREEBUSY\n"

    calendar_id = hand.add(listed("20261124T080000Z/PT1H", "20261124T120000Z/PT1H"))
    assert hand.taken() == ["09:00-10:00", "13:00-14:00"]
    assert hand.again(calendar_id, listed("20261124T080000Z/PT2H", "20261124T120000Z/PT1H")) == 1
    assert hand.taken() == ["09:00-11:00", "13:00-14:00"]
    assert hand.again(calendar_id, listed("20261124T080000Z/PT2H", "nonsense")) == 0
    assert hand.taken() == ["09:00-11:00", "13:00-14:00"]
    assert hand.again(calendar_id, listed("20261124T080000Z/PT2H")) == 1
    assert hand.taken() == ["09:00-11:00"]


def test_a_cancellation_takes_back_what_it_names(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000", "a"), local("1100", "1200", "b"))
    hand.again(calendar_id, local("0900", "1000", "a"), head="METHOD:CANCEL")
    assert hand.taken() == ["11:00-12:00"]


def test_what_fails_changes_nothing_and_is_tried_later_each_time(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"), address="https://calendar.example.org/secret.ics")
    waits = []
    for number in range(rules.STOP_AFTER):
        assert hand.calendar(calendar_id).state == "active", number
        with transaction():
            service.failed(calendar_id, Refusal("fetch-status", "address", {"status": 503}), now=NOW)
        waits.append(hand.calendar(calendar_id).next_at - NOW)
    stopped = hand.calendar(calendar_id)
    assert (stopped.state, stopped.error) == ("stopped", {"code": "fetch-status", "values": {"status": 503}})
    assert timedelta(hours=1.5) < waits[0] < timedelta(hours=2.5) and waits[-1] <= timedelta(hours=26.5)
    assert hand.taken() == ["09:00-10:00"] and queries.due(NOW + 30 * DAY, 9) == []
    assert len(db.session.scalars(select(Notice).where(Notice.kind == "external-stopped")).all()) == 2
    with transaction():
        service.resume(hand.who(), calendar_id, own=False, now=NOW)
    assert queries.due(NOW, 9) == [calendar_id]
    hand.again(calendar_id, local("0900", "1000"))
    assert (hand.calendar(calendar_id).failures, hand.calendar(calendar_id).error) == (0, None)


def test_a_calendar_that_rests_keeps_its_times_and_is_not_written(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"))
    with transaction():
        service.pause(hand.who(), calendar_id, own=False, now=NOW)
    assert hand.again(calendar_id) == 0 and hand.taken() == ["09:00-10:00"]
    assert queries.due(NOW + 9 * DAY, 9) == []


def test_what_is_looked_at_is_its_makers_alone_and_goes_after_an_hour(context: Flask, hand: Hand) -> None:
    draft_id = hand.draft(local("0900", "1000"), space=hand.small.a1)
    assert hand.taken() == [] and db.session.scalars(select(ExternalCalendar)).all() == []
    found, file = hand.read(local("0900", "1000")), packed(local("0900", "1000"), words=False)
    with pytest.raises(NotFound, match="external-draft-gone"), transaction():
        service.take(hand.who("admin"), draft_id, found, file, now=NOW, zone=ZONE)
    with pytest.raises(NotFound, match="external-draft-gone"), transaction():
        service.take(hand.who(), draft_id, found, file, now=NOW + rules.DRAFT_FOR, zone=ZONE)
    with transaction():
        service.take(hand.who(), draft_id, found, file, now=NOW, zone=ZONE)
    with pytest.raises(NotFound, match="external-draft-gone"), transaction():
        service.take(hand.who(), draft_id, found, file, now=NOW, zone=ZONE)
    assert len(db.session.scalars(select(ExternalCalendar)).all()) == 1
    hand.draft(local("0900", "1000"), space=hand.small.a1)
    with transaction():
        assert service.sweep(NOW + rules.DRAFT_FOR) == 1
    assert db.session.scalars(select(ExternalDraft)).all() == []


def test_an_unknown_zone_has_to_be_chosen_first(context: Flask, hand: Hand) -> None:
    part = "BEGIN:VEVENT\nUID:x\nDTSTART;TZID=Mars/Olympus:20261124T090000\nDURATION:PT1H\nEND:VEVENT\n"
    draft_id = hand.draft(part, space=hand.small.a1)
    with pytest.raises(Refused) as refused, transaction():
        service.take(hand.who(), draft_id, hand.read(part), None, now=NOW, zone=ZONE)
    assert refused.value.refusals == (Refusal("external-zone-asked", "zone", {"names": "Mars/Olympus"}),)
    with pytest.raises(Refused, match="external-zone"), transaction():
        service.rezone(hand.who(), draft_id, "Mars/Olympus", now=NOW)
    with transaction():
        service.rezone(hand.who(), draft_id, "Europe/London", now=NOW)
        found = hand.read(part, zone="Europe/London")
        service.take(hand.who(), draft_id, found, packed(part, words=False), now=NOW, zone=ZONE)
    assert hand.taken() == ["10:00-11:00"]


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb", "\u202egnisrever"])
def test_names_that_cannot_be_shown(context: Flask, hand: Hand, name: str) -> None:
    with pytest.raises(Refused, match="external-name"):
        hand.draft(local("0900", "1000"), space=hand.small.a1, name=name)


def test_a_space_has_only_so_many(context: Flask, hand: Hand) -> None:
    for number in range(rules.MOST_OF_ONE):
        hand.add(local("0900", "1000", str(number)))
    with pytest.raises(Refused, match="external-limit"):
        hand.add(local("0900", "1000", "more"))
    with pytest.raises(NotFound, match="space-unknown"):
        hand.draft(local("0900", "1000"), space=999)


def test_staff_acts_are_in_the_trail_without_the_address(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"), address="https://calendar.example.org/secret.ics")
    with transaction():
        service.pause(hand.who(), calendar_id, own=False, now=NOW)
        service.resume(hand.who(), calendar_id, own=False, now=NOW)
    hand.remove(calendar_id)
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert list(actions)[-4:] == ["external.added", "external.paused", "external.resumed", "external.removed"]
    said = "".join(part.content for part in db.session.scalars(select(AuditPart)))
    assert "calendar.example.org" in said and "secret.ics" not in said


def test_the_address_is_nowhere_in_the_database(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"), address="https://calendar.example.org/secret.ics")
    stored = hand.calendar(calendar_id)
    assert stored.host == "calendar.example.org" and b"secret" not in (stored.address or b"")
    assert safe.unlocked(stored.address or b"", hand.means.key) == "https://calendar.example.org/secret.ics"
    assert safe.unlocked(stored.address or b"", "another key of another house") is None
    with pytest.raises(Refused) as come:
        service.try_again(stored, service.Means(hand.means.reach, "other", ZONE), now=NOW)
    assert come.value.refusals[0].code == "address-lost"


def test_nothing_is_kept_of_what_events_are_called(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000", "mail@example.org", more="SUMMARY:Salary talk\nDESCRIPTION:Secret"))
    file = safe.unpacked(hand.calendar(calendar_id).file or b"")
    assert b"Salary" not in file and b"Secret" not in file
    assert db.session.scalars(select(SpaceBusy.source)).all() == ["TimeEdit"]
    assert "mail@example.org" not in str(db.session.scalars(select(ExternalEntry.key)).all())


# -- a member's own ---------------------------------------------------------------------------------------------------


def test_a_members_calendar_takes_nothing_and_is_the_members_alone(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"), own=True, who="alva", name="Jobbet")
    assert db.session.scalars(select(SpaceBusy)).all() == []
    [mine] = queries.busy_of(hand.small.people["alva"], at(TUESDAY, "09:30", "12:00"))
    assert (mine.span, mine.name) == (at(TUESDAY, "09:00", "10:00"), "Jobbet")
    assert queries.busy_of(hand.small.people["alva"], at(TUESDAY, "10:00", "12:00")) == []
    assert queries.busy_of(hand.small.people["bo"], at(TUESDAY, "09:30", "12:00")) == []
    hand.book("09:00", "10:00")
    for who, own in (("bo", True), ("host", False), ("admin", True)):
        with pytest.raises(NotFound, match="external-unknown"):
            hand.remove(calendar_id, who, own)
    hand.remove(calendar_id, "alva", own=True)
    assert queries.of_member(hand.small.people["alva"]) == []


def test_who_is_forgotten_leaves_no_calendar_and_what_they_added_for_places_stays(context: Flask, hand: Hand) -> None:
    hand.add(local("0900", "1000"), own=True, who="alva", name="Jobbet")
    hand.draft(local("0900", "1000"), who="alva")
    shared = hand.add(local("1300", "1400"), who="host")
    [data] = [one for one in personal.known(context).classes if one.name == "external-calendars"]
    alva, host = (hand.who(name) for name in ("alva", "host"))
    [record] = data.records(alva.id)
    assert record.title == "Jobbet" and len(record.fields["busy"]) == 1
    with transaction():
        assert data.erase(Subject(alva.id, alva.email, alva.name), NOW) == 1
        assert data.erase(Subject(host.id, host.email, host.name), NOW) == 0
    assert [row.id for row in db.session.scalars(select(ExternalCalendar))] == [shared]
    assert hand.calendar(shared).made_by_id is None and hand.taken() == ["13:00-14:00"]
    assert db.session.scalars(select(ExternalDraft)).all() == []


def test_times_that_are_over_go_where_nothing_is_read_any_more(context: Flask, hand: Hand) -> None:
    calendar_id = hand.add(local("0900", "1000"), own=True, who="alva")
    [data] = [one for one in personal.known(context).classes if one.name == "external-calendars"]
    later = NOW + timedelta(days=9)
    assert (data.expired(NOW, ()), data.expired(later, ()), data.expired(later, [hand.small.people["alva"]])) == (
        0,
        1,
        0,
    )
    with transaction():
        assert data.purge(later, ()) == 1
    assert hand.rows(calendar_id) == {}


# -- by the clock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def fetched(app: Flask, hand: Hand, site: Site, monkeypatch: pytest.MonkeyPatch) -> int:
    """Give a calendar of the test's own server, which has been read once."""
    monkeypatch.setitem(app.config, "EXTERNAL_REACH", site.reach())
    site.give("/a.ics?key=secret", calendar(local("0900", "1000")), ETag='"1"')
    return hand.add(local("0900", "1000"), address=site.at("/a.ics?key=secret"))


def test_what_the_house_has_closed_and_its_own_name_reach_the_guard(
    context: Flask, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = (ip_network("130.238.0.0/16"),)
    station = replace(context.config["STATION"], external_closed=closed, base_url="https://station.example.org:8443")
    monkeypatch.setitem(context.config, "STATION", station)
    reach = jobs.means().reach
    assert (reach.closed, reach.own, reach.ports) == (closed, "station.example.org", {80, 443})
    with pytest.raises(Refused, match="address-private"):
        service.gather("https://130.238.7.10/a.ics", jobs.means())
    monkeypatch.setitem(context.config, "STATION", replace(station, external_closed=None, base_url=None))
    assert (jobs.means().reach.closed, jobs.means().reach.own) == ((), None)


def test_due_calendars_are_fetched_and_read(context: Flask, hand: Hand, site: Site, fetched: int) -> None:
    assert "external-calendars" in tasks(context)
    assert jobs.fetch(NOW) == "0 read, 0 changed, 0 failed"
    site.give("/a.ics?key=secret", calendar(local("1300", "1400")), ETag='"2"')
    later = NOW + timedelta(hours=2)
    assert jobs.fetch(later) == "1 read, 1 changed, 0 failed"
    assert hand.taken() == ["13:00-14:00"]
    row = hand.calendar(fetched)
    assert (row.etag, row.succeeded_at) == ('"2"', later) and row.next_at > later + timedelta(minutes=50)


def test_what_is_not_new_is_not_read_but_once_a_day(context: Flask, hand: Hand, site: Site, fetched: int) -> None:
    site.give("/a.ics?key=secret", calendar(local("0900", "1000")), ETag='"2"')
    jobs.fetch(NOW + timedelta(hours=2))
    site.give("/a.ics?key=secret", b"", 304)
    later = NOW + timedelta(hours=4)
    assert jobs.fetch(later) == "1 read, 0 changed, 0 failed"
    assert site.asked[-1][1]["If-None-Match"] == '"2"'
    assert (hand.calendar(fetched).succeeded_at, hand.taken()) == (later, ["09:00-10:00"])
    site.give("/a.ics?key=secret", calendar(local("0900", "1000")))
    jobs.fetch(NOW + timedelta(hours=30))
    assert "If-None-Match" not in site.asked[-1][1]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<html>log in</html>", 200, "calendar-html"),
        (b"", 500, "fetch-status"),
        (b"BEGIN:VCALENDAR\r\n", 200, "calendar-truncated"),
    ],
)
def test_one_that_fails_keeps_what_it_had_and_holds_nobody_up(
    context: Flask, hand: Hand, site: Site, fetched: int, data: bytes, status: int, code: str
) -> None:
    other = hand.add(local("0900", "1000"), space=hand.small.a2, address=site.at("/b.ics"), name="B")
    site.give("/a.ics?key=secret", data, status)
    site.give("/b.ics", calendar(local("1500", "1600")))
    assert jobs.fetch(NOW + timedelta(hours=2)) == "2 read, 1 changed, 1 failed"
    assert hand.taken() == ["09:00-10:00"] and hand.taken(hand.small.a2) == ["15:00-16:00"]
    assert (hand.calendar(fetched).error or {})["code"] == code and hand.calendar(other).error is None


def test_an_uploaded_file_is_read_again_as_days_pass(context: Flask, hand: Hand) -> None:
    daily = local("0900", "1000", more="RRULE:FREQ=WEEKLY")
    calendar_id = hand.add(daily)
    before = len(hand.rows(calendar_id))
    later = NOW + timedelta(days=14)
    assert jobs.fetch(later).startswith("1 read, 4 changed")
    rows = hand.rows(calendar_id)
    assert len(rows) == before and "09:00-10:00" not in rows


def test_one_run_takes_so_many_and_the_next_goes_on(
    context: Flask, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST", 2)
    for space in (hand.small.a1, hand.small.a2, hand.small.a3):
        hand.add(local("0900", "1000"), space=space)
    later = NOW + timedelta(days=2)
    assert jobs.fetch(later).startswith("2 read")
    assert jobs.fetch(later).startswith("1 read")
    assert jobs.fetch(later).startswith("0 read")


def test_what_nobody_told_of_is_settled_by_the_job(context: Flask, hand: Hand) -> None:
    booking = hand.book("10:00", "11:00")
    hand.add(local("0900", "1200"))
    with transaction() as session:  # past the services, as a restored backup may
        session.execute(db.delete(Allocation).where(Allocation.booking_id == booking))
    jobs.fetch(NOW)
    assert hand.taken() == ["09:00-12:00"] and hand.clashes() == []


def test_a_calendar_of_thousands_costs_few_statements(context: Flask, hand: Hand, app: Flask) -> None:
    part = local("0900", "0930", more="RRULE:FREQ=DAILY")
    with statements(app) as few:
        hand.add(local("0900", "0930"), space=hand.small.a2)
    with statements(app) as many:
        calendar_id = hand.add(part)
    assert queries.coming([calendar_id], NOW) == {calendar_id: (398, 0)}
    assert len(many) < len(few) + 4
    assert wish_queries.held(at(TUESDAY, "09:00", "09:30"), [hand.small.a1])[0].busy_id is not None
    assert busy.contested(NOW) == 0
