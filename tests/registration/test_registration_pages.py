"""The pages of registration: the box on an event, the link of a mail, one's own events, and what staff see."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from innovation_station.calendars import service as calendars
from innovation_station.calendars.rules import Setting, Today, feed_token
from innovation_station.db import db, transaction
from innovation_station.deeds.links import path as deed_path
from innovation_station.events import service as events
from innovation_station.events.models import Event
from innovation_station.events.service import Details
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.notices.models import NoticeChoice
from innovation_station.personal import Subject, known
from innovation_station.registration import jobs, links, queries, telling
from innovation_station.registration.models import Registration
from innovation_station.registration.rules import Question
from innovation_station.spaces.models import Floor
from tests.conftest import TUESDAY, ZONE, Clock, at, browser, log_in, statements, token_in
from tests.events.conftest import WEDNESDAY, two_days
from tests.registration.conftest import Desk, desk, move, stage

__all__ = ["desk", "stage", "two_days"]
SENDER = Sender("Teststationen <station@example.org>", "https://station.example")


def anew() -> None:
    """Forget what the test's own context keeps of the request before: who asked, and the form's token."""
    vars(g._get_current_object()).clear()  # type: ignore[attr-defined]


def get(client: FlaskClient, path: str) -> str:
    anew()
    return client.get(path).text


def page(client: FlaskClient, desk: Desk) -> str:
    return get(client, f"/events/{desk.event.slug}")


def send(client: FlaskClient, path: str, **data: object) -> tuple[int, str]:
    token = token_in(get(client, "/accessibility"))
    anew()
    answer = client.post(path, data={"csrf_token": token, **data})
    return answer.status_code, answer.text


def box(text: str) -> str:
    found = re.search(r'<section class="card pad ev-reg".*?</section>', text, re.DOTALL)
    return found[0] if found else ""


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return browser(app, "sv")


def test_a_member_registers_with_one_tap_and_cancels_on_the_same_page(app: Flask, desk: Desk) -> None:
    slug, alva = desk.event.slug, log_in(browser(app, "sv"), "alva")
    shown = box(page(alva, desk))
    assert "2 platser kvar av 2" in shown and 'name="email"' not in shown and "Anmäl mig" in shown
    assert send(alva, f"/events/{slug}/register")[0] == 303
    assert "Du har en plats." in box(page(alva, desk)) and "1 plats kvar av 2" in box(page(alva, desk))
    assert "Du har en plats." in get(alva, "/events/mine")
    assert send(alva, f"/events/{slug}/registration", act="cancel")[0] == 303
    assert "Anmäl mig" in box(page(alva, desk)) and "Avbokad" in get(alva, "/events/mine")
    assert send(alva, f"/events/{slug}/registration", act="cancel")[0] == 404


def test_a_place_is_given_back_where_the_event_is_by_link_or_no_longer_for_oneself(app: Flask, desk: Desk) -> None:
    desk.join("alva")
    client = browser(app)
    log_in(client, "alva")
    for visibility in ("link", "partners"):
        with transaction() as session:
            event = session.get_one(Event, desk.event.id)
            event.visibility, key = visibility, event.link_key
        mine = html.unescape(get(client, "/events/mine"))
        act = re.search(r'action="(/events/[^"]*/registration[^"]*)"', mine)
        href = re.search(r'href="(/events/[^"]*)"><b class="said"', mine)
        assert act is not None and href is not None
        if visibility == "link":
            assert f"?key={key}" in href[1]
            anew()
            assert client.get(href[1]).status_code == 200
            assert f"?key={key}" in act[1]
            assert send(client, act[1], act="change")[0] == 303
    assert send(client, act[1], act="cancel", back="mine")[0] == 303, "also of what they may not read any more"
    assert desk.sound().taken == 0
    assert send(client, act[1], act="cancel", back="mine")[0] == 404


def test_a_guest_confirms_by_the_link_and_nothing_happens_by_opening_it(
    app: Flask, desk: Desk, visitor: FlaskClient
) -> None:
    slug = desk.event.slug
    desk.settle(
        questions=(Question("food", "diet", ("Mat", "Food")), Question("why", "text", ("Varför?", ""), required=True))
    )
    shown = box(page(visitor, desk))
    assert "Raderas 14 dagar efter evenemanget." in shown and 'name="q-why"' in shown
    status, text = send(
        visitor, f"/events/{slug}/register", name="Gina Gäst", email="inte en adress", **{"q-food": "Vegan"}
    )
    assert (
        status == 422 and "Gina Gäst" in box(text) and 'value="Vegan"' in box(text) and "reg-email-error" in box(text)
    )
    given = {"name": "Gina Gäst", "email": "gina@example.org", "q-why": "Nyfiken"}
    assert send(visitor, f"/events/{slug}/register", **given)[0] == 303
    assert "gina@example.org" in page(visitor, desk), "it says where the mail went"
    row = db.session.scalars(select(Registration)).one()
    with app.test_request_context():
        path = links.path(row)
    anew()
    opened = visitor.get(path)
    assert opened.headers["Referrer-Policy"] == "no-referrer" and "Bekräfta min anmälan" in opened.text
    assert desk.state(row) == "pending"
    assert send(visitor, path, act="confirm")[0] == 303
    assert "Du har en plats." in get(visitor, path) and desk.state(row) == "registered"
    assert send(visitor, path, act="change", **{"q-why": "", "q-food": "x"})[0] == 422
    assert send(visitor, path, act="change", **{"q-why": "Kunskap"})[0] == 303 and desk.of(row).answers == {
        "why": "Kunskap"
    }
    assert send(visitor, path, act="cancel")[0] == 303 and desk.state(row) == "cancelled"
    assert visitor.get(path + "x").status_code == visitor.get("/registrations/x").status_code == 410


def test_the_same_is_said_whether_an_address_is_known(app: Flask, desk: Desk) -> None:
    desk.join("alva")
    said = []
    for email in ("alva@example.org", "ingen@example.org"):
        client = browser(app, "sv")
        status, _text = send(client, f"/events/{desk.event.slug}/register", name="Gina Gäst", email=email)
        shown = re.sub(r'value="[^"]{40,}"', "", box(page(client, desk)))
        said.append((status, shown, re.findall(r'role="status".*?</', get(client, "/events"))))
    assert said[0] == said[1]
    for _try in range(10):
        status, _text = send(browser(app), f"/events/{desk.event.slug}/register", name="G", email="ingen@example.org")
    assert status == 429, "nobody's inbox is filled"


def test_a_full_event_offers_the_line_and_the_list_says_so(app: Flask, desk: Desk, visitor: FlaskClient) -> None:
    for name in ("alva", "bo"):
        desk.join(name)
    host = log_in(browser(app, "sv"), "host")
    assert "Ställ mig i kön" in box(page(host, desk)) and "Fullt, med kö" in get(visitor, "/events")
    send(host, f"/events/{desk.event.slug}/register")
    assert "Du är först i kön." in box(page(host, desk))
    desk.cancel(queries.of_member(desk.stage.small.people["bo"], desk.event.id))  # type: ignore[arg-type]
    assert "En plats är ledig för dig." in box(page(host, desk))
    assert send(host, f"/events/{desk.event.slug}/registration", act="take", back="mine")[0] == 303
    assert "Du har en plats." in get(host, "/events/mine")
    desk.settle(waitlist=False)
    admin = log_in(browser(app, "sv"), "admin")
    assert "<form" not in box(page(admin, desk))
    status, text = send(admin, f"/events/{desk.event.slug}/register")
    assert status == 409 and "Alla 2 platser är tagna. Se de andra evenemangen framöver." in text
    assert "Kom till ett annat" not in text, "there is none"
    other = desk.stage.event(at(WEDNESDAY, "09:00", "11:00"))
    desk.stage.publish(other)
    Desk(desk.stage, other).settle(capacity=9)
    found = box(page(admin, desk))
    assert "Kom till ett annat" in found and f"/events/{other.slug}" in found and "9 platser kvar" in found


def test_mails_say_what_is_new_and_carry_the_calendar(app: Flask, desk: Desk, clock: Clock) -> None:
    gina = desk.come("gina@example.org", language="en")
    desk.wait(minutes=1).work()
    move(desk, 1)
    desk.wait(minutes=1).work()
    desk.wait(minutes=1).work()
    desk.cancel(desk.of(gina))
    rows = db.session.scalars(select(Mail).where(Mail.receiver == "gina@example.org").order_by(Mail.id)).all()
    with app.test_request_context():
        said = [compose(app, row, SENDER) for row in rows]
    subjects = [message["Subject"] for message in said]
    assert [subject.split(":")[0] for subject in subjects] == [
        "Confirm your registration", "You have a place", "Changed", "You do not come",
    ]  # fmt: skip
    parts = [
        part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for message in said for part in message.walk() if part.get_content_type() == "text/calendar"
    ]  # fmt: skip
    methods = [re.search(r"METHOD:(\w+)", part)[1] for part in parts]  # type: ignore[index]
    assert methods == ["REQUEST", "REQUEST", "CANCEL"]
    sequences = [int(re.search(r"SEQUENCE:(\d+)", part)[1]) for part in parts]  # type: ignore[index]
    assert sequences == sorted(set(sequences)) and len({re.search(r"UID:(.*)", part)[1] for part in parts}) == 1  # type: ignore[index]
    assert "20261125T130000" in parts[1] and "20261125T130000" in parts[2] and "STATUS:CANCELLED" in parts[2]
    text = said[0].get_body(("plain",))
    assert text and "https://station.example/registrations/" in text.get_content()


def test_an_event_of_two_days_is_one_file_and_a_day_that_goes_is_taken_out(
    app: Flask, two_days: object, stage: object
) -> None:
    desk = Desk(stage, two_days)  # type: ignore[arg-type]
    desk.stage.publish(desk.event)
    desk.settle(capacity=5)
    gina = desk.come("gina@example.org")
    row = db.session.scalars(select(Mail).where(Mail.receiver == gina.email).order_by(Mail.id.desc())).first()
    with app.test_request_context():
        message = compose(app, row, SENDER)  # type: ignore[arg-type]
    (part,) = [one for one in message.walk() if one.get_content_type() == "application/ics"]
    text = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "METHOD:PUBLISH" in text and text.count("BEGIN:VEVENT") == 2
    assert "DTSTART;TZID=Europe/Stockholm:20261124T090000" in text and "20261125T090000" in text
    desk.wait(minutes=1).work()
    was = desk.of(gina).sequence
    move(desk, 1)
    desk.wait(minutes=1).work()
    desk.wait(minutes=1).work()
    assert desk.news(gina.email).count("changed") == 1, "both days in one mail"
    row = db.session.scalars(select(Mail).where(Mail.receiver == gina.email).order_by(Mail.id.desc())).first()
    with app.test_request_context():
        message = compose(app, row, SENDER)  # type: ignore[arg-type]
    (part,) = [one for one in message.walk() if one.get_content_type() == "application/ics"]
    told = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert re.findall(r"UID:(.*)", told) == re.findall(r"UID:(.*)", text)
    assert re.findall(r"SEQUENCE:(\d+)", told) == [str(was + 1)] * 2 and "20261126T090000" in told


def test_members_are_told_in_the_ways_they_chose(app: Flask, desk: Desk) -> None:
    with transaction() as session:
        for name, way in (("alva", "off"), ("bo", "now")):
            member_id = desk.stage.small.people[name]
            session.add(NoticeChoice(member_id=member_id, kind="event-registration", mail=way, in_app=name == "alva"))
    for name in ("alva", "bo"):
        desk.join(name)
    rows = db.session.scalars(select(Mail).where(Mail.kind == "notice")).all()
    assert [row.receiver for row in rows] == ["bo@example.org"] and desk.notices("alva") == ["registered"]
    with app.test_request_context():
        message = compose(app, rows[0], SENDER)
    assert message["Subject"].startswith("Du har en plats: Samverkansdagarna")
    assert "METHOD:REQUEST" in next(
        part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for part in message.walk() if part.get_content_type() == "text/calendar"
    )  # fmt: skip


def test_a_reminder_comes_the_day_before_and_once(desk: Desk) -> None:
    gina, alva = desk.come("gina@example.org"), desk.join("alva")
    desk.now = desk.event.start - timedelta(hours=20)
    jobs.remind(desk.now)
    assert desk.news("gina@example.org")[-1] == "registered", "who registered in the last day needs none"
    for row in (gina, alva):
        desk.of(row).made_at = desk.now - timedelta(days=3)
    db.session.commit()
    jobs.remind(desk.now)
    jobs.remind(desk.now)
    assert desk.news("gina@example.org").count("soon") == 1 and desk.notices("alva").count("soon") == 1
    move(desk, 7)
    desk.wait(minutes=1).work()
    jobs.remind(desk.now)
    assert desk.news("gina@example.org").count("soon") == 1, "it is a week away again"
    desk.wait(days=7)
    jobs.remind(desk.now)
    jobs.remind(desk.now)
    assert desk.news("gina@example.org").count("soon") == 2 and desk.notices("alva").count("soon") == 2


def test_staff_settle_ask_add_and_take_off(app: Flask, desk: Desk) -> None:
    host, base = log_in(browser(app, "sv"), "host"), f"/staff/events/{desk.event.id}"
    session = desk.stage.whole(desk.event).sessions[0].id
    fields = {"capacity": "3", "closes_date": "2026-11-24", "closes_time": "10:00", "guests": "y", "answer_hours": "5",
              "diet_days": "7", "chosen": str(session), f"places-{session}": "2"}  # fmt: skip
    assert send(host, f"{base}/signup", **fields)[0] == 303
    signup = desk.sound()
    assert (signup.capacity, signup.waitlist, signup.terms.answer_hours, signup.diet_days) == (3, False, 5, 7)
    assert [row.capacity for row in queries.session_places(desk.event.id)] == [2]
    assert send(host, f"{base}/signup", **fields | {"answer_hours": "0"})[0] == 422
    asked = {
        "sv-0": "Ät?",
        "kind-0": "diet",
        "sv-1": "Dag",
        "kind-1": "choice",
        "choices-1": "Ett | One\nTvå",
        "required-1": "1",
    }
    assert send(host, f"{base}/signup/questions", **asked)[0] == 303
    questions = desk.sound().terms.questions
    assert [(one.kind, one.choices, one.required) for one in questions] == [
        ("diet", (), False), ("choice", (("Ett", "One"), ("Två", "Två")), True),
    ]  # fmt: skip
    assert send(host, f"{base}/signup/questions", **{"sv-0": "Dag", "kind-0": "choice", "choices-0": "Ett"})[0] == 422
    assert send(host, f"{base}/registrations", name="Gina Gäst", email="gina@example.org", language="sv")[0] == 303
    row = db.session.scalars(select(Registration)).one()
    found = get(host, f"{base}/registrations?q=gin")
    assert "Gina Gäst" in found and "Gina Gäst" not in get(host, f"{base}/registrations?q=nobody")
    assert send(host, f"{base}/registrations/{row.id}/cancel")[0] == 303 and desk.state(row) == "cancelled"
    status, text = send(host, f"{base}/signup/links", name="Botkyrka", quota="2")
    via = re.search(r"via=([\w-]+)", text)
    assert status == 200 and via
    assert via[1] not in get(host, f"{base}/signup"), "it is shown this once"
    guest = browser(app, "sv")
    assert f'value="{via[1]}"' in get(guest, f"/events/{desk.event.slug}?via={via[1]}")
    assert send(host, f"{base}/signup/links", name="Huddinge", quota="9")[0] == 409


def test_numbers_that_no_row_can_have_are_answered_like_any_other(app: Flask, desk: Desk) -> None:
    host, base = log_in(browser(app, "sv"), "host"), f"/staff/events/{desk.event.id}"
    for number in ("9" * 30, "9" * 5000):
        assert send(host, f"{base}/speakers", remove=number)[0] == 404
        assert send(host, f"{base}/rooms", remove=number)[0] == 303
        assert send(host, f"{base}/parties", organisation=number, role="host")[0] == 422
        session = {"kind": "talk", "title_sv": "x", "date": f"{TUESDAY}", "start": "14:00", "end": "15:00"}
        said = {"space": "0", "layout": "", f"role-{number}": "speaker"}
        assert send(host, f"{base}/sessions", **session, **said)[0] == 303
    asked = {"sv-0": "Mat", "kind-0": "choice", "choices-0": "|\n | "}
    assert send(host, f"{base}/signup/questions", **asked)[0] == 422, "nothing to choose from"


def test_administrators_say_how_many_a_floor_may_hold(app: Flask, desk: Desk) -> None:
    admin, floor = log_in(browser(app, "sv"), "admin"), db.session.scalars(select(Floor.id)).one()
    assert send(admin, f"/staff/spaces/floors/{floor}", fire_limit="5")[0] == 303
    assert 'value="5"' in get(admin, "/staff/spaces")
    assert send(admin, f"/staff/spaces/floors/{floor}", fire_limit="0")[0] == 422
    assert "Enligt planets brandgräns kan 5 till komma." in get(admin, f"/staff/events/{desk.event.id}/signup")
    assert send(admin, f"/staff/spaces/floors/{floor}", fire_limit="")[0] == 303


def test_lists_cost_the_same_however_long_they_are(app: Flask, desk: Desk) -> None:
    desk.settle(capacity=20)
    host, alva = log_in(browser(app), "host"), log_in(browser(app), "alva")
    paths = ((host, f"/staff/events/{desk.event.id}/registrations"), (alva, "/events/mine"), (alva, "/events"))
    desk.join("alva")
    counted = []
    for _round in range(2):
        for client, path in paths:
            client.get(path)
            with statements(app) as found:
                client.get(path)
            counted.append(len(found))
        for number in range(5):
            desk.come(f"gast{number}@example.org")
    assert counted[:3] == counted[3:]


def test_own_feed_holds_the_events_one_goes_to_and_speaks_at(app: Flask, desk: Desk, clock: Clock) -> None:
    alva = desk.stage.small.people["alva"]
    with transaction():
        key = str(app.config["SECRET_KEY"])
        today = Today.at(desk.now, Setting(ZONE, "https://station.example"), 12)
        feed = calendars.create_feed(desk.stage.who("alva"), name="Min", language="sv", secret_key=key, today=today)
        events.add_speaker(
            desk.stage.who(), desk.event.id, name="Alva Lindqvist", title="", affiliation="", email="alva@example.org",
            now=desk.now,
        )  # fmt: skip
    address, client = f"/feeds/{feed_token(key, alva, feed.nonce)}.ics", app.test_client()
    assert "BEGIN:VEVENT" not in get(client, address), "who is named speaks in no session yet"

    def polled() -> tuple[str, str]:
        anew()
        answer = client.get(address)
        tag = answer.headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        return answer.text.replace("\r\n ", ""), tag

    row = desk.join("alva")
    joined, first = polled()
    assert f"UID:registration-{row.uid}@" in joined and "SUMMARY:Samverkansdagarna" in joined
    assert "DTSTART;TZID=Europe/Stockholm:20261124T130000" in joined and "STATUS:CONFIRMED" in joined
    desk.wait(minutes=1).work()
    clock.now = desk.now
    move(desk, 1)
    desk.wait(minutes=1).work()
    clock.now = desk.now
    moved, second = polled()
    assert second != first and "20261125T130000" in moved and f"SEQUENCE:{desk.of(row).sequence}" in moved
    desk.wait(minutes=5)
    desk.cancel(row)
    clock.now = desk.now
    gone, third = polled()
    assert third != second and "STATUS:CANCELLED" in gone and "Återlämnad: Samverkansdagarna" in gone
    speaker = next(iter(desk.stage.whole(desk.event).speakers))
    item = desk.stage.whole(desk.event).programme.items[0]
    with transaction():
        details = Details(item.id, roles={speaker: "speaker"})
        events.carry_out(
            desk.stage.who(), desk.event.id, lambda p: p.with_item(item), now=desk.now, zone=ZONE, details=details
        )  # fmt: skip
    spoken, _tag = polled()
    assert "UID:speaking-" in spoken and "SUMMARY:Tal" in spoken
    assert "registration-" not in get(app.test_client(), "/calendar/events.ics"), "nobody else reads who goes where"


def test_an_offer_is_taken_by_one_press_from_the_mail(app: Flask, desk: Desk) -> None:
    desk.settle(capacity=1)
    alva, bo, host = (desk.join(name) for name in ("alva", "bo", "host"))
    desk.cancel(alva)
    until = desk.of(bo).offer_until
    assert until
    with app.test_request_context():
        take = deed_path(telling.answering(telling.TAKE, desk.stage.small.people["bo"], bo.id, until))
        other = deed_path(telling.answering(telling.TAKE, desk.stage.small.people["host"], bo.id, until))
        passing = deed_path(telling.answering(telling.PASS, desk.stage.small.people["bo"], bo.id, until))
    client = browser(app, "sv")
    assert "Ta platsen på Samverkansdagarna?" in get(client, take) and desk.state(bo) == "offered"
    assert "Lämna platsen på Samverkansdagarna vidare?" in get(client, passing)
    assert send(client, other)[0] == 410
    assert send(client, take)[0] == 303 and desk.state(bo) == "registered"
    assert send(client, passing)[0] == 410 and desk.state(bo) == "registered"
    assert desk.state(host) == "waiting" and "offered" not in desk.notices("bo")


def test_what_people_eat_goes_first_and_the_rest_later(app: Flask, desk: Desk) -> None:
    desk.settle(questions=(Question("food", "diet", ("Mat", "Food")),), diet_days=3)
    data = next(one for one in known(app).classes if one.name == "registrations")
    row, again = (desk.join(name, typed={"food": "Vegan"}) for name in ("alva", "bo"))
    (told,) = data.records(desk.stage.small.people["alva"])
    assert told.fields["diet"] == "Vegan" and told.fields["state"] == "registered"
    waits, bo = desk.join("host"), desk.stage.who("bo")
    with transaction():
        assert data.erase(Subject(bo.id, bo.email, bo.name), desk.now) == 1
    assert db.session.get(Registration, again.id, populate_existing=True) is None
    assert desk.state(waits) == "offered"
    desk.sound()
    for days, diet, there in ((2, "Vegan", True), (4, "", True), (91, "", False)):
        with transaction():
            while data.purge(desk.event.end + timedelta(days=days), set()):
                pass
        found = db.session.get(Registration, row.id, populate_existing=True)
        assert (found is not None) is there and (found is None or found.diet == diet), days
