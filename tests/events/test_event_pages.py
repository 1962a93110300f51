"""The pages of events: what readers and staff see, what machines read, and what it costs."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from icalendar import Calendar
from PIL import Image

from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.events import queries, service
from innovation_station.events.models import Event
from innovation_station.events.rules import Facts
from innovation_station.events.service import Details
from innovation_station.members.models import Member, Organisation
from innovation_station.organisations import service as organisations
from innovation_station.organisations.service import Particulars
from innovation_station.spaces import queries as space_queries
from tests.conftest import NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements, token_in
from tests.events.conftest import FACTS, THURSDAY, WEDNESDAY, Stage, talk

LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def main(page: str) -> str:
    """Give what stands in the page itself, tags out and characters as they are."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main", 1)[0])))


@pytest.fixture(autouse=True)
def each_request_by_itself(app: Flask) -> None:
    """Forget between requests what the context that the tests hold open would keep: who asked, in what language."""

    def forget() -> None:
        for name in list(g):
            g.pop(name)

    app.before_request_funcs.setdefault(None, []).insert(0, forget)


@pytest.fixture
def host(app: Flask) -> FlaskClient:
    return log_in(browser(app), "host")


@pytest.fixture
def shown(stage: Stage, two_days: Event) -> Event:
    """Publish the event of two days, with a speaker, hosts, and a link."""
    who = stage.who()
    with transaction():
        school = organisations.create(Particulars(("Skolan", "The School"), "university"), actor=stage.who("admin"))
        town = organisations.create(Particulars(("Staden", "The Town"), "municipality"), actor=stage.who("admin"))
        service.set_party(who, two_days.id, school.id, "host", now=NOW)
        service.set_party(who, two_days.id, town.id, "partner", now=NOW)
        speaker = service.add_speaker(
            who, two_days.id, name="Ida Alm", title="Professor", affiliation="Skolan", now=NOW
        )
        item = next(one for one in queries.whole(two_days).programme.items if one.kind == "keynote")
        details = Details(
            item.id,
            ("Om **talet**", ""),
            "Forskning",
            "",
            (("Bilder", "https://example.org/b"),),
            {speaker.id: "speaker"},
        )
        service.carry_out(who, two_days.id, lambda p: p.with_item(item), now=NOW, zone=ZONE, details=details)
    return stage.publish(two_days)


def linked(page: str) -> dict[str, Any]:
    (found,) = LD.findall(page)
    return json.loads(found)  # type: ignore[no-any-return]


# -- what everybody reads ----------------------------------------------------------------------------------------------


def test_the_page_tells_what_when_where_and_who(client: FlaskClient, shown: Event) -> None:
    page = client.get(f"/events/{shown.slug}").text
    text = main(page)
    for said in ("Samverkansdagarna", "Tisdag 24 november – onsdag 25 november", "Tisdag 24 november", "Onsdag 25 november",
                 "Huvudtal", "09.00–12.00, Scenen", "Ida Alm , Professor, Skolan", "Om talet", "Forskning", "Bilder", "Invigning",
                 "Medverkande", "Bra att veta", "Hiss finns.", "Staden", "Partner", "Hanna Lund", "host@example.org"):  # fmt: skip
        assert said in text, said
    assert '<a href="https://example.org/b" rel="noopener nofollow">Bilder</a>' in page
    assert "Alby" not in text, "what is held beside the programme is nobody's business"
    assert "Planera" not in text


def test_the_other_language_shows_what_there_is(app: Flask, stage: Stage) -> None:
    event = stage.publish(stage.event(at(TUESDAY, "09:00", "10:00"), Facts(("Bara svenska", ""), ("Kort", "Short"))))
    page = browser(app, "en").get(f"/events/{event.slug}").text
    assert '<h1 class="said" lang="sv">Bara svenska</h1>' in page and '<p class="lead said">Short</p>' in page


def test_the_head_is_for_machines(client: FlaskClient, shown: Event) -> None:
    page = client.get(f"/events/{shown.slug}").text
    base = f"http://localhost/events/{shown.slug}"
    for line in (
        f'<link rel="canonical" href="{base}?lang=sv">', f'<link rel="alternate" hreflang="en" href="{base}?lang=en">',
        f'<link rel="alternate" hreflang="sv" href="{base}?lang=sv">', f'<link rel="alternate" hreflang="x-default" href="{base}">',
        '<meta property="og:title" content="Samverkansdagarna">', '<meta property="og:description" content="Två dagar.">',
        f'<meta property="og:url" content="{base}?lang=sv">', '<meta property="og:locale" content="sv_SE">',
    ):  # fmt: skip
        assert line in page, line
    english = client.get(f"/events/{shown.slug}?lang=en").text
    assert f'<link rel="canonical" href="{base}?lang=en">' in english and "Collaboration Days" in english


def test_linked_data_says_what_the_page_says(client: FlaskClient, shown: Event) -> None:
    data = linked(client.get(f"/events/{shown.slug}").text)
    assert data["@context"] == "https://schema.org" and data["@type"] == "Event"
    assert data["startDate"] == "2026-11-24T09:00:00+01:00" and data["endDate"] == "2026-11-25T16:00:00+01:00"
    assert data["eventStatus"] == "https://schema.org/EventScheduled" and "previousStartDate" not in data
    assert data["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert data["location"]["@type"] == "Place" and data["location"]["name"] == "Scenen, Teststationen"
    assert data["organizer"] == [
        {"@type": "Organization", "name": "Skolan", "url": "http://localhost/organisations/skolan"}
    ]
    assert data["performer"] == [
        {
            "@type": "Person",
            "name": "Ida Alm",
            "jobTitle": "Professor",
            "affiliation": {"@type": "Organization", "name": "Skolan"},
        }
    ]
    assert (
        data["offers"]["price"] == "0"
        and data["offers"]["priceCurrency"] == "SEK"
        and data["isAccessibleForFree"] is True
    )
    assert data["inLanguage"] == ["sv", "en"]


def test_linked_data_tells_of_moves_and_cancellations(client: FlaskClient, stage: Stage, shown: Event) -> None:
    stage.change(shown, lambda p: p.moved(1, 0, ZONE))
    page = client.get(f"/events/{shown.slug}").text
    data = linked(page)
    assert data["eventStatus"].endswith("EventRescheduled") and data["previousStartDate"] == "2026-11-24T09:00:00+01:00"
    assert "Det här evenemanget är flyttat." in page and "Tisdag 24 november" in page
    with transaction():
        service.cancel(stage.who(), shown.id, ("Talaren är sjuk.", ""), now=NOW, zone=ZONE)
    page = client.get(f"/events/{shown.slug}").text
    assert linked(page)["eventStatus"].endswith("EventCancelled") and "Talaren är sjuk." in page


def test_linked_data_cannot_be_broken_out_of(client: FlaskClient, stage: Stage) -> None:
    evil = "</script><script>alert(1)</script>\u2028<!--"
    with transaction():
        event = service.create(stage.who(), Facts((evil, evil), (evil, evil)), at(TUESDAY, "09:00", "10:00"), now=NOW)
    page = client_page(client, stage.publish(event))
    (raw,) = LD.findall(page)
    assert "<" not in raw and "\u2028" not in raw and json.loads(raw)["name"] == evil.strip()
    assert "<script>alert" not in page


def client_page(client: FlaskClient, event: Event) -> str:
    return client.get(f"/events/{event.slug}").text


def test_an_online_event_is_somewhere_else(client: FlaskClient, stage: Stage) -> None:
    facts = Facts(("Nät", "Net"), format="online", online_url="https://meet.example.org/x")
    data = linked(client_page(client, stage.publish(stage.event(at(TUESDAY, "09:00", "10:00"), facts))))
    assert data["location"] == {"@type": "VirtualLocation", "url": "https://meet.example.org/x"}
    assert data["organizer"][0]["name"] == "Skolan"


@pytest.mark.parametrize(("visibility", "codes"), [
    ("public", (200, 200, 200)), ("members", (404, 200, 200)), ("partners", (404, 404, 200)), ("link", (404, 404, 200)),
])  # fmt: skip
def test_who_reads_it(
    app: Flask,
    client: FlaskClient,
    stage: Stage,
    alva: FlaskClient,
    host: FlaskClient,
    visibility: str,
    codes: tuple[int, ...],
) -> None:
    event = stage.publish(stage.event(at(TUESDAY, "09:00", "10:00"), Facts(("Hemligt", ""), visibility=visibility)))
    found = tuple(who.get(f"/events/{event.slug}").status_code for who in (client, alva, host))
    assert found == codes
    listed = "Hemligt" in client.get("/events").text, "Hemligt" in alva.get("/events").text
    assert listed == (visibility == "public", visibility in ("public", "members"))
    for path in ("/calendar/events.ics", "/sitemap.xml"):
        assert (event.slug in client.get(path).text) is (visibility == "public")
    assert (client.get(f"/events/{event.slug}.ics").status_code == 200) is (visibility == "public")
    if visibility == "link":
        key = f"?key={event.link_key}"
        page = client.get(f"/events/{event.slug}{key}")
        assert (
            page.status_code == 200
            and '<meta name="robots" content="noindex">' in page.text
            and not LD.search(page.text)
        )
        assert f"/events/{event.slug}.ics{key}" in page.text
        assert client.get(f"/events/{event.slug}.ics{key}").status_code == 200
        assert client.get(f"/events/{event.slug}?key=x").status_code == 404


def test_partners_and_those_who_look_after_it(app: Flask, stage: Stage) -> None:
    with transaction():
        school = organisations.create(
            Particulars(("Skolan", "The School"), "university", partner=(date(2026, 1, 1), None)),
            actor=stage.who("admin"),
        )
        organisations.join(stage.small.people["alva"], school.id, actor=stage.who("admin"))
        organisations.grant("bo@example.org", "contact", school.id, actor=stage.who("admin"), now=NOW)
    secret = stage.publish(stage.event(at(TUESDAY, "09:00", "10:00"), Facts(("Partner", ""), visibility="partners")))
    draft = stage.event(at(THURSDAY, "09:00", "10:00"), Facts(("Utkastet", "")))
    with transaction():
        service.set_party(stage.who(), draft.id, school.id, "host", now=NOW)
    alva, bo = log_in(browser(app), "alva"), log_in(browser(app), "bo")
    assert [who.get(f"/events/{secret.slug}").status_code for who in (alva, bo)] == [200, 404]
    assert [who.get(f"/events/{draft.slug}").status_code for who in (alva, bo)] == [404, 200]
    assert "Partner" in main(alva.get("/events").text) and bo.get(f"/staff/events/{draft.id}").status_code == 403


def test_an_unchanged_page_is_not_sent_again(client: FlaskClient, stage: Stage, shown: Event, clock: Clock) -> None:
    client.get("/events")
    for path in (f"/events/{shown.slug}", "/events", "/events?month=2026-11"):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and not again.data, path
    first = client.get(f"/events/{shown.slug}").headers["ETag"]
    assert client.get(f"/events/{shown.slug}?lang=en", headers={"If-None-Match": first}).status_code == 200
    with transaction():
        service.say(stage.who(), shown.id, Facts(("Nytt", "")), now=NOW, zone=ZONE)
    assert client.get(f"/events/{shown.slug}", headers={"If-None-Match": first}).status_code == 200


def test_while_it_runs_the_page_says_what_is_on_and_what_is_next(
    client: FlaskClient, shown: Event, clock: Clock
) -> None:
    path = f"/events/{shown.slug}"
    before = client.get(path)
    assert "Nu och härnäst" not in before.text
    clock.now = at(TUESDAY, "09:30", "10:00").start
    running = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (
        running.status_code == 200
        and "Nu Huvudtal 09.00–12.00" in main(running.text)
        and "Nästa Tal 13.00–15.00" in main(running.text)
    )
    assert 'class="stop is-now"' in running.text
    clock.now = at(TUESDAY, "12:30", "13:00").start
    assert 'class="stop is-now"' not in client.get(path).text


def test_the_list_and_its_filters(client: FlaskClient, stage: Stage, shown: Event, clock: Clock) -> None:
    stage.publish(
        stage.event(at(THURSDAY, "17:00", "19:00"), Facts(("Kväll", "Evening"), category="meeting", format="hybrid"))
    )
    stage.event(at(THURSDAY, "09:00", "10:00"), Facts(("Utkast här", "")))
    page = main(client.get("/events").text)
    assert page.index("Samverkansdagarna") < page.index("Kväll") and "Utkast här" not in page and "2 evenemang" in page
    assert "Kväll" not in client.get("/events?category=conference").text
    assert "Samverkansdagarna" not in client.get("/events?format=hybrid").text
    assert "Inget planerat här ännu" in client.get("/events?when=past").text
    for wrong in ("category=x", "format='", "month=2026-13", "month=99", "view=month", "when=x"):
        assert client.get(f"/events?{wrong}").status_code == 200
    clock.now = at(WEDNESDAY, "20:00", "21:00").start
    assert (
        "Samverkansdagarna" in client.get("/events?when=past").text
        and "Samverkansdagarna" not in client.get("/events").text
    )


def test_a_month_shows_an_event_on_each_of_its_days(client: FlaskClient, shown: Event) -> None:
    page = client.get("/events?month=2026-11").text
    cells = re.findall(r"<td class=\"[^\"]*\"[^>]*><time datetime=\"([\d-]+)\">\d+</time>(.*?)</td>", page)
    assert len(cells) % 7 == 0 and [day for day, inside in cells if "Samverkansdagarna" in inside] == [
        "2026-11-24",
        "2026-11-25",
    ]
    assert (
        'aria-current="date"><time datetime="2026-11-23">' in page
        and "month=2026-10" in page
        and "month=2026-12" in page
    )
    assert "Samverkansdagarna" not in client.get("/events?month=2026-12").text


def test_lists_and_pages_cost_the_same_however_much_they_hold(
    app: Flask, client: FlaskClient, stage: Stage, shown: Event
) -> None:
    def cost(path: str) -> int:
        client.get(path)
        with statements(app) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    one, one_page = cost("/events"), cost(f"/events/{shown.slug}")
    for number in range(3):
        event = stage.event(
            at(THURSDAY, f"{9 + number:02}:00", f"{10 + number:02}:00"), Facts((f"Nummer {number}", ""))
        )
        stage.add(event, talk(THURSDAY, f"{9 + number:02}:00", f"{10 + number:02}:00", stage.rooms["room"]))
        stage.publish(event)
    stage.add(shown, talk(WEDNESDAY, "11:00", "12:00"), talk(WEDNESDAY, "12:00", "13:00"))
    assert cost("/events") == one <= 5 and cost(f"/events/{shown.slug}") == one_page <= 10


def test_pages_are_light(client: FlaskClient, shown: Event) -> None:
    for path in ("/events", f"/events/{shown.slug}"):
        answer = client.get(path, headers={"Accept-Encoding": "br"})
        assert answer.headers["Content-Encoding"] == "br" and len(answer.data) < 8_000


# -- calendars ---------------------------------------------------------------------------------------------------------


def entries(client: FlaskClient, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content_type == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
    assert (
        b"METHOD" not in answer.data and b"ATTENDEE" not in answer.data and answer.data.endswith(b"END:VCALENDAR\r\n")
    )
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def test_an_event_of_two_days_is_an_entry_a_day(client: FlaskClient, shown: Event) -> None:
    first, second = entries(client, f"/events/{shown.slug}.ics")
    assert (first.decoded("DTSTART").isoformat(), first.decoded("DTEND").isoformat()) == (
        "2026-11-24T09:00:00+01:00",
        "2026-11-24T15:00:00+01:00",
    )
    assert (second.decoded("DTSTART").isoformat(), second.decoded("DTEND").isoformat()) == (
        "2026-11-25T09:00:00+01:00",
        "2026-11-25T16:00:00+01:00",
    )
    assert first["UID"] == f"event-{shown.uid}@innovation-station" and second["UID"].endswith("-2@innovation-station")
    assert first["URL"] == f"http://localhost/events/{shown.slug}" and "Scenen" in first["LOCATION"]
    assert "09:00 Huvudtal" in first["DESCRIPTION"] and "Ida" not in first["DESCRIPTION"]


def test_one_session_is_a_file_of_its_own(client: FlaskClient, stage: Stage, shown: Event) -> None:
    row = next(one for one in stage.whole(shown).sessions if one.kind == "keynote")
    (entry,) = entries(client, f"/events/{shown.slug}/sessions/{row.id}.ics")
    assert (
        entry["SUMMARY"] == "Huvudtal"
        and entry["LOCATION"] == "Scenen, Teststationen"
        and "Om talet" in entry["DESCRIPTION"]
    )
    assert client.get(f"/events/{shown.slug}/sessions/9999.ics").status_code == 404


def test_a_move_and_a_cancellation_reach_who_subscribes(
    client: FlaskClient, stage: Stage, shown: Event, clock: Clock
) -> None:
    before = entries(client, "/calendar/events.ics")[0]
    clock.now = NOW + timedelta(minutes=5)
    stage.change(shown, lambda p: p.moved(1, 0, ZONE))
    after = entries(client, "/calendar/events.ics")[0]
    assert after["UID"] == before["UID"] and after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("DTSTART") - before.decoded("DTSTART") == timedelta(days=1)
    with transaction():
        service.cancel(stage.who(), shown.id, ("", ""), now=clock.now, zone=ZONE)
    gone = entries(client, "/calendar/events.ics")[0]
    assert (
        gone["STATUS"] == "CANCELLED"
        and gone["SEQUENCE"] > after["SEQUENCE"]
        and gone["SUMMARY"].startswith("Inställt: ")
    )
    clock.now = at(THURSDAY, "18:00", "19:00").start
    answer = client.get("/calendar/events.ics")
    assert b"BEGIN:VEVENT" not in answer.data and b"BEGIN:VTIMEZONE" in answer.data


def test_a_calendar_that_has_not_changed_is_not_sent_again(client: FlaskClient, shown: Event) -> None:
    for path in ("/calendar/events.ics", f"/events/{shown.slug}.ics"):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=300" and first.headers["X-Robots-Tag"] == "noindex"
        assert client.get(path).data == first.data
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304 and not again.data
    assert client.head("/calendar/events.ics").status_code == 200


def test_over_a_change_of_the_clocks_calendars_show_the_wall_clock(client: FlaskClient, stage: Stage) -> None:
    day = date(2027, 3, 27)
    event = stage.event(at(day, "09:00", "10:00"))
    stage.publish(event)
    stage.change(event, lambda p: p.moved(1, 0, ZONE))
    (entry,) = entries(client, f"/events/{event.slug}.ics")
    assert entry.decoded("DTSTART").isoformat() == "2027-03-28T09:00:00+02:00"


# -- what staff do -----------------------------------------------------------------------------------------------------


def test_from_a_title_to_a_published_event_with_a_room(
    app: Flask, host: FlaskClient, client: FlaskClient, small: Small
) -> None:
    made = post(
        host,
        "/staff/events",
        {"title_sv": "Frukost", "category": "seminar", "date": str(TUESDAY), "start": "08:00", "end": "10:00"},
    )
    assert made.status_code == 303
    path = made.location
    session = {"kind": "talk", "title_sv": "Om stöd", "date": str(TUESDAY), "start": "08:30", "end": "09:30", "space": small.hall,
               "layout": "", "setup": "30 min", "people": "20", "materials": "Bilder https://example.org/b"}  # fmt: skip
    assert post(host, f"{path}/sessions", session).status_code == 303
    assert post(host, f"{path}/speakers", {"name": "Ida Alm", "affiliation": "Skolan"}).status_code == 303
    assert "Om stöd" in host.get(f"{path}/programme").text and "08.00–09.30" in main(host.get(f"{path}/rooms").text)
    assert client.get("/events/frukost").status_code == 404
    assert post(host, f"{path}/state", {"act": "publish"}).status_code == 303
    page = client.get("/events/frukost").text
    assert "Om stöd" in page and "Scenen" in page
    assert post(host, f"{path}/state", {"act": "cancel", "cancel_sv": "Snöstorm"}).status_code == 303
    assert "Snöstorm" in client.get("/events/frukost").text


def test_a_plan_is_shown_before_anything_moves(app: Flask, host: FlaskClient, stage: Stage, two_days: Event) -> None:
    booking = stage.book("alva", stage.rooms["room"], at(WEDNESDAY, "13:00", "14:00"), "Möte")
    other = stage.book("bo", stage.rooms["east"], at(WEDNESDAY, "10:00", "11:00"))
    path = f"/staff/events/{two_days.id}/move"
    wish = {"date": str(WEDNESDAY), "start": "09:00"}
    shown = post(host, path, wish)
    assert shown.status_code == 200
    text = main(shown.text)
    assert "2 bokningar drabbas" in text and "Alva L." in text and "Ingen likvärdig plats är ledig." in text
    assert "Scenen, ons 25 nov 09.00–12.00" in text
    token = re.search(r'name="token" value="([0-9a-f]+)"', shown.text)
    assert token
    undecided = post(host, path, {**wish, "token": token[1], f"hit-{booking.id}": "move"})
    assert undecided.status_code == 409 and "Välj vad som ska hända med var och en." in undecided.text
    done = post(host, path, {**wish, "token": token[1], f"hit-{booking.id}": "move", f"hit-{other.id}": "cancel"})
    assert done.status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Booking, other.id).state == "cancelled"
    moved = db.session.get_one(Booking, booking.id)
    assert moved.state == "confirmed" and moved.space_id != stage.rooms["room"]
    assert db.session.get_one(Event, two_days.id).start == at(WEDNESDAY, "09:00", "10:00").start


def test_a_plan_that_is_out_of_date_is_shown_anew(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    path, wish = f"/staff/events/{two_days.id}/move", {"date": str(WEDNESDAY), "start": "09:00"}
    token = re.search(r'name="token" value="([0-9a-f]+)"', post(host, path, wish).text)
    assert token
    stage.book("alva", stage.rooms["room"], at(WEDNESDAY, "13:00", "14:00"))
    again = post(host, path, {**wish, "token": token[1]})
    assert (
        again.status_code == 409
        and "Något har ändrats sedan det här visades." in again.text
        and "En bokning drabbas" in again.text
    )
    db.session.expire_all()
    assert db.session.get_one(Event, two_days.id).start == two_days.start


def test_a_session_in_a_taken_room_shows_whom_it_hits(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    booking = stage.book("alva", stage.rooms["Flottsbro"], at(WEDNESDAY, "13:00", "14:00"))
    session = {"kind": "workshop", "title_sv": "Nytt pass", "date": str(WEDNESDAY), "start": "13:00", "end": "15:00",
               "space": stage.rooms["Flottsbro"], "layout": ""}  # fmt: skip
    path = f"/staff/events/{two_days.id}/sessions"
    shown = post(host, path, session)
    assert shown.status_code == 409 and 'name="title_sv" value="Nytt pass"' in shown.text
    token = re.search(r'name="token" value="([0-9a-f]+)"', shown.text)
    assert token and post(host, path, {**session, "token": token[1], f"hit-{booking.id}": "cancel"}).status_code == 303
    assert "Nytt pass" in host.get(f"/staff/events/{two_days.id}/programme").text


def test_a_booking_is_taken_over_by_its_number(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    booking = stage.book("alva", stage.rooms["Alby"], at(TUESDAY, "15:00", "16:00"))
    path = f"/staff/events/{two_days.id}/rooms"
    shown = post(host, path, {"booking": str(booking.id)})
    token = re.search(r'name="token" value="([0-9a-f]+)"', shown.text)
    assert shown.status_code == 409 and token
    assert (
        post(host, path, {"booking": str(booking.id), "token": token[1], f"hit-{booking.id}": "cancel"}).status_code
        == 303
    )
    assert "Alby, tis 24 nov 15.00–16.00" in main(host.get(path).text)
    assert post(host, path, {"booking": "9999"}).status_code == 422
    room = {
        "purpose": "lunch",
        "space": stage.rooms["Visättra"],
        "date": str(TUESDAY),
        "start": "12:00",
        "end": "13:00",
    }
    assert post(host, path, room).status_code == 303
    assert post(host, path, {**room, "start": "14:00"}).status_code == 422
    number = re.findall(r'name="remove" value="(\d+)"', host.get(path).text)
    assert post(host, path, {"remove": number[-1]}).status_code == 303


def test_a_wall_is_named_and_cannot_be_decided_about(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    other = stage.event(at(WEDNESDAY, "09:00", "10:00"), Facts(("Grannen", "")))
    stage.add(other, talk(WEDNESDAY, "13:00", "14:00", stage.rooms["room"]))
    stage.publish(other)
    shown = post(host, f"/staff/events/{two_days.id}/move", {"date": str(WEDNESDAY), "start": "09:00"})
    assert "Det går inte så." in shown.text and "«Grannen»" in main(shown.text) and "Gör allt det här" not in shown.text


def test_copies_series_and_templates_are_made(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    path = f"/staff/events/{two_days.id}/copy"
    assert post(host, path, {"what": "weekly", "date": "2026-12-01", "count": "2"}).status_code == 303
    assert post(host, path, {"what": "monthly", "date": "2027-01-26", "count": "2"}).status_code == 303
    assert post(host, path, {"what": "template", "date": "2026-12-01"}).status_code == 303
    assert post(host, path, {"what": "copy", "date": "2026-12-01"}).status_code == 409
    late = post(host, path, {"what": "weekly", "date": "2027-03-01", "count": "25"})
    assert late.status_code == 422 and "En serie görs av 1 till 24 kopior åt gången." in late.text
    rows = db.session.scalars(db.select(Event).order_by(Event.id)).all()
    assert [f"{row.start.astimezone(ZONE):%m-%d}" for row in rows] == [
        "11-24",
        "12-01",
        "12-08",
        "01-26",
        "02-23",
        "12-01",
    ]
    assert len({row.group_uid for row in rows[:5]}) == 1 and rows[5].state == "template"


def test_a_series_names_its_other_days(client: FlaskClient, stage: Stage, shown: Event) -> None:
    with transaction():
        made = service.copy(stage.who(), shown.id, TUESDAY + timedelta(days=28), now=NOW, zone=ZONE, group=True)
    stage.publish(made)
    assert f"/events/{made.slug}" in client.get(f"/events/{shown.slug}").text


def test_a_picture_is_made_anew_and_shown(app: Flask, host: FlaskClient, client: FlaskClient, shown: Event) -> None:
    file = BytesIO()
    Image.new("RGB", (1600, 900), "green").save(file, "JPEG")
    token = token_in(host.get("/book").text)
    path = f"/staff/events/{shown.id}/cover"
    sent = host.post(path, data={"csrf_token": token, "cover": (BytesIO(file.getvalue()), "x.svg")})
    assert sent.status_code == 303
    page = client.get(f"/events/{shown.slug}").text
    found = re.search(r'src="(/events/[^"]+/cover\?v=\d+)"', page)
    assert found and f'<meta property="og:image" content="http://localhost{found[1]}">' in page
    answer = client.get(found[1])
    assert answer.mimetype == "image/webp" and "immutable" in answer.headers["Cache-Control"]
    assert Image.open(BytesIO(answer.data)).size == (1120, 630)
    with transaction():
        shown.visibility, shown.link_key = "link", "k3y"
    page = client.get(f"/events/{shown.slug}?key=k3y").text  # for who has the link, the picture too
    [whole] = re.findall(r'src="(/events/[^"]+/cover\?[^"]+)"', page)
    assert client.get(html.unescape(whole)).status_code == 200 and client.get(found[1]).status_code == 404
    with transaction():
        shown.visibility, shown.state = "public", "draft"
    assert [who.get(found[1]).status_code for who in (client, host)] == [404, 200]
    with transaction():
        shown.state = "published"
    assert host.post(path, data={"csrf_token": token, "cover": (BytesIO(b"<svg/>"), "x.png")}).status_code == 422
    assert post(host, path, {"remove": "1"}).status_code == 303 and client.get(found[1]).status_code == 404


def test_what_is_odd_stands_on_the_programme(host: FlaskClient, stage: Stage, two_days: Event) -> None:
    stage.add(two_days, talk(TUESDAY, "13:30", "14:30", stage.rooms["room"], people=30))
    text = main(host.get(f"/staff/events/{two_days.id}/programme").text)
    assert "har Hågelby samtidigt" in text and "Hågelby rymmer 8, och «Tal» är för 30." in text


def test_wrong_forms_keep_what_was_typed(host: FlaskClient, two_days: Event) -> None:
    path = f"/staff/events/{two_days.id}"
    answer = post(
        host, "/staff/events", {"title_sv": "Kvar", "category": "other", "date": "x", "start": "25:00", "end": "10:00"}
    )
    assert answer.status_code == 422 and 'value="Kvar"' in answer.text
    answer = post(
        host,
        f"{path}/sessions",
        {"kind": "talk", "title_sv": "Pass", "date": str(TUESDAY), "start": "10:00", "end": "09:00", "space": "0"},
    )
    assert answer.status_code == 422 and 'value="Pass"' in answer.text
    assert (
        post(
            host,
            path,
            {"title_sv": "", "title_en": "", "category": "other", "format": "on-site", "visibility": "public"},
        ).status_code
        == 422
    )
    assert post(host, f"{path}/times", {"date": str(TUESDAY), "start": "10:00", "end": "09:00"}).status_code == 422
    assert post(host, f"{path}/parties", {"organisation": "999", "role": "host"}).status_code == 422
    assert post(host, f"{path}/state", {"act": "x"}).status_code == 422


# -- the rest of the house ---------------------------------------------------------------------------------------------


def test_the_day_shows_an_event_in_blue_with_its_title(alva: FlaskClient, stage: Stage, shown: Event) -> None:
    page = alva.get(f"/book?date={TUESDAY}&kind=room&from=09:00&to=11:00").text
    assert 'class="tl-seg is-event"><span>Samverkansdagarna</span>' in page and 'data-state="event"' in page
    sheet = alva.get(
        f"/book/{stage.rooms['hall']}?date={TUESDAY}&from=09:00&to=11:00", headers={"X-Part": "sheet"}
    ).text
    assert "Samverkansdagarna" in sheet
    space_queries._kept.clear()
    refused = post(
        alva, "/bookings", {"space": stage.rooms["room"], "date": str(TUESDAY), "start": "13:00", "end": "14:00"}
    )
    assert refused.status_code == 409 and "Hågelby används av «Samverkansdagarna» 13.00–15.00." in html.unescape(
        refused.text
    )
    other = refused.text.split("Visa alla", 1)[0]
    assert any(
        f"Boka {name}" in other or f"Ta {name}" in other or name in main(other)
        for name in ("Visättra", "Björnkulla", "Alby")
    )


def test_a_draft_is_an_event_without_a_name(alva: FlaskClient, stage: Stage, two_days: Event) -> None:
    page = alva.get(f"/book?date={TUESDAY}&kind=room&from=09:00&to=11:00").text
    assert 'class="tl-seg is-event"><span>Evenemang</span>' in page and "Samverkansdagarna" not in page


def test_today_names_what_is_on(app: Flask, stage: Stage, shown: Event, clock: Clock) -> None:
    clock.now = at(TUESDAY, "08:10", "09:00").start
    text = main(log_in(browser(app), "alva").get("/").text)
    assert "Samverkansdagarna" in text and "Scenen, 09.00–12.00" in text


def test_a_search_and_a_series_go_round_events(alva: FlaskClient, stage: Stage, shown: Event) -> None:
    day = f"date={TUESDAY}&until={TUESDAY}&from=13:00&to=15:00&length=60&kind=room&people=6"
    found = alva.get(f"/find?{day}").text
    hours = r'name="space" value="(\d+)"><input type="hidden" name="date" value="2026-11-24"><input type="hidden" name="start" value="([\d:]+)"'
    offered = re.findall(hours, found)
    assert (str(stage.rooms["Visättra"]), "13:00") in offered
    assert not [
        start for space, start in offered if space == str(stage.rooms["Flottsbro"]) and "12:00" < start < "15:00"
    ]
    series = alva.get(
        f"/series/new?space={stage.rooms['room']}&date={TUESDAY}&start=13:00&end=14:00&repeat=daily&count=2&interval=1&ends=count"
    ).text
    assert "Samverkansdagarna" in html.unescape(series)


def test_leaving_takes_people_off_programmes(app: Flask, stage: Stage, shown: Event) -> None:
    from innovation_station.events import personal
    from innovation_station.personal import Subject

    with transaction():
        service.add_speaker(
            stage.who(), shown.id, name="Alva Lindqvist", title="", affiliation="", email="alva@example.org", now=NOW
        )
    alva = db.session.get_one(Member, stage.small.people["alva"])
    speaking, asked, *_files = personal.personal.classes
    assert speaking.records(alva.id)[0].fields["name"] == "Alva Lindqvist"
    host = db.session.get_one(Member, stage.small.people["host"])
    assert asked.records(host.id)[0].fields["email"] == "host@example.org"
    with transaction():
        assert speaking.erase(Subject(alva.id, alva.email, alva.name), NOW) == 1
        assert asked.erase(Subject(host.id, host.email, host.name), NOW) == 1
    assert [row.name for row in stage.whole(shown).speakers.values()] == ["Ida Alm"]
    assert db.session.get_one(Event, shown.id).contact_email == ""


def test_the_map_names_public_pages_in_both_languages(client: FlaskClient, shown: Event) -> None:
    answer = client.get("/sitemap.xml")
    assert answer.content_type == "application/xml; charset=utf-8" and "Set-Cookie" not in answer.headers
    assert f"<loc>http://localhost/events/{shown.slug}</loc>" in answer.text
    assert f'hreflang="en" href="http://localhost/events/{shown.slug}?lang=en"' in answer.text
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text


def test_facts_are_shown_with_their_meter(host: FlaskClient, shown: Event) -> None:
    page = html.unescape(host.get(f"/staff/events/{shown.id}").text)
    assert re.search(r'<meter min="0" max="9" value="8"', page) and "Saknas: en bild." in page
    assert FACTS.titles[0] in page and Organisation.__tablename__ == "organisation"
