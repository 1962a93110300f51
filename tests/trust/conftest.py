"""What the tests of trust share: a house in which every text that people write is an attack, and a tour of its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from innovation_station.announcements import service as announcements
from innovation_station.announcements.rules import Facts as Said
from innovation_station.attendance import links as entrances
from innovation_station.bookings import service as bookings
from innovation_station.bookings.deeds import cancelling
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import CHANGED
from innovation_station.calendars import service as calendars
from innovation_station.calendars.rules import Setting, Today, feed_token
from innovation_station.db import db, transaction
from innovation_station.deeds.links import path as deed_path
from innovation_station.directory import service as directory
from innovation_station.directory.rules import FIELDS, MEMBERS
from innovation_station.displays import service as displays
from innovation_station.displays.rules import display_token
from innovation_station.events import queries as event_queries
from innovation_station.events import service as events
from innovation_station.events.rules import Facts, Item
from innovation_station.events.service import Details
from innovation_station.figures import sharing as figures
from innovation_station.figures.models import FigureReport
from innovation_station.hosting import service as hosting
from innovation_station.mail import service as outbox
from innovation_station.mail.rules import Receiver
from innovation_station.mailings import service as mailings
from innovation_station.mailings.rules import Facts as MailingFacts
from innovation_station.mailings.rules import Group
from innovation_station.members import joining, security, tickets
from innovation_station.members import service as members
from innovation_station.members.models import Member, Organisation
from innovation_station.news import service as news
from innovation_station.news.rules import Facts as NewsFacts
from innovation_station.notices import service as notices
from innovation_station.notices.links import end_path
from innovation_station.organisations import service as organisations
from innovation_station.organisations.models import Logo
from innovation_station.plans import service as plans
from innovation_station.plans.service import Contents
from innovation_station.privacy.models import Export, Hold
from innovation_station.registration import links as registrations
from innovation_station.registration import service as registering
from innovation_station.registration.rules import Question, Terms
from innovation_station.registration.service import Form as RegistrationForm
from innovation_station.repairs import service as repairs
from innovation_station.schedule import service as schedule
from innovation_station.series import rules as repeats
from innovation_station.series import service as series
from innovation_station.series.steps import Pattern
from innovation_station.sharing import absences, guests, handing
from innovation_station.sharing import links as visits
from innovation_station.sharing.models import Guest
from innovation_station.spaces import codes
from innovation_station.spaces import queries as spaces_queries
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure, Floor, Space, Zone
from innovation_station.waits import service as waits
from innovation_station.waits.rules import Wanted
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, token_of
from tests.external.conftest import Hand, local

ATTACKED = (
    "house", "hosts", "street", "floor", "label", "zone", "desk", "room", "booth", "member", "other", "partner", "title",
    "shown", "open", "feed", "reason", "rules", "receiver", "kind", "said", "event", "contact", "speaker", "title", "affiliation", "material", "track",
)  # fmt: skip


def attack(name: str) -> str:
    """Give a text that would be a tag, an attribute and a template where it is not written as text."""
    return f"<x-{name} \"onx=1 'onx=2>{{{{7*7}}}}"


@dataclass
class Visit:
    """One answer of the tour."""

    who: str
    what: str
    answer: TestResponse

    @property
    def is_page(self) -> bool:
        """Tell whether it is HTML."""
        return self.answer.mimetype == "text/html"

    def __str__(self) -> str:
        return f"{self.who} {self.what} ({self.answer.status_code})"


WEEK = timedelta(days=7)
WEDNESDAY = TUESDAY + timedelta(days=1)


@dataclass
class Station:
    """A furnished house: who is logged in, what they have, and where it all is."""

    app: Flask
    small: Small
    visitor: FlaskClient
    alva: FlaskClient
    bo: FlaskClient
    host: FlaskClient
    admin: FlaskClient
    ids: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    feed: str = ""
    end: str = ""
    slug: str = ""
    right: str | None = None
    event: str = ""
    news: str = ""

    def client(self, who: str) -> FlaskClient:
        """Give somebody's browser."""
        found: FlaskClient = getattr(self, who)
        return found

    def address(self, rule: Rule, **instead: Any) -> str:
        """Give a real address of a route; one that takes something new has to be told here."""
        known: dict[str, Any] = {
            "booking_id": self.ids["mine"], "feed_id": self.ids["feed"], "subscription_id": self.ids["feed"], "space_id": self.small.a2, "chosen": "en",
            "filename": "css/station.css", "revision": 1, "rest": self.feed.removeprefix("/feeds/"),
            "mail_id": self.ids["mail"], "session_id": self.ids["session"], "notice_id": self.ids["notice"], "name": f"{32 * '0'}-small.webp",
            "token": self.tokens.get(rule.endpoint, self.end), "month": "2026-11", "slug": self.slug, "of": "bookings", "step": 2, "kind": "rules", "plot_name": "organisations",
            "code": self.tokens["code"], "member_edit_id": 1, "event_slug": self.event, "news_slug": self.news, **self.ids, **instead,
        }  # fmt: skip
        if rule.endpoint.startswith("directory.") and "member_id" not in instead:
            known["member_id"] = self.small.people["bo"]  # Alva's own profile is no other member's
        if rule.endpoint == "bookings.answer":
            known["booking_id"] = self.ids["asked"]
        if rule.endpoint.startswith("staff_external."):
            known["draft_id"] = self.ids["staff_draft"]
        if "guest_id" in rule.arguments and "booking_id" not in instead:
            known["booking_id"] = self.ids["hosted"]
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments}, method=_one(rule))

    def rules(self, method: str | None = None) -> list[Rule]:
        """List the routes that take a method."""
        return [rule for rule in self.app.url_map.iter_rules() if method is None or method in (rule.methods or ())]

    def everything(self) -> dict[str, list[Any]]:
        """Give every row of every table: what must not change."""
        with self.app.app_context():
            tables = sorted(inspect(db.engine).get_table_names())
            rows = {t: [tuple(r) for r in db.session.execute(text(f'SELECT * FROM "{t}" ORDER BY 1'))] for t in tables}
            db.session.rollback()
            return rows


def _one(rule: Rule) -> str:
    return "GET" if "GET" in (rule.methods or ()) else "POST"


@pytest.fixture
def station(app: Flask, small: Small) -> Station:
    """Give a house full of attacks, with bookings of both members, a feed, a closure, and four browsers."""
    people = {who: log_in(browser(app), who) for who in ("alva", "bo", "host", "admin")}
    made = Station(app, small, browser(app), **people)
    with app.app_context(), transaction():
        _rename(small)
        made.ids = _book(small)
        made.feed, made.ids["feed"] = _feed(app, small)
        made.ids["mail"] = _mail()
        _say(small)
        made.ids["notice"], made.end = _told(small, made.ids["mine"])
        _doors(made)
        made.ids["closure_id"] = db.session.scalars(db.select(Closure.id)).first() or 0
        _belongings(made)
        _goes_on(made)
        _news(made)
    return made


def _news(made: Station) -> None:
    """Tell a news item of which every text is an attack."""
    host, both = member(made.small, "host"), (attack("event"), attack("event"))
    item = news.write(host, NewsFacts(both, both, both, both), now=NOW)
    news.publish(host, item.id, now=NOW)
    made.news, made.ids["news_id"] = item.slug, item.id
    letter = MailingFacts("news", both, both, Group())
    made.ids["mailing_id"] = mailings.write(host, letter, now=NOW).id
    said = Said(both, at(MONDAY, "08:00", "20:00"), pages=frozenset({"start", "today", "book"}))
    made.ids["announcement_id"] = announcements.announce(host, said, spaces_queries.house(), now=NOW).id


def _goes_on(made: Station) -> None:
    """Publish an event of which every text is an attack."""
    host, day = member(made.small, "host"), WEDNESDAY
    both = (attack("event"), attack("event"))
    facts = Facts(
        both,
        both,
        both,
        both,
        "kickoff",
        "hybrid",
        "public",
        "https://example.org/x",
        attack("contact"),
        "a@example.org",
    )
    event = events.create(host, facts, at(day, "09:00", "12:00"), now=NOW)
    speaker = events.add_speaker(
        host, event.id, name=attack("speaker"), title=attack("title"), affiliation=attack("affiliation"), now=NOW
    )
    item = Item(0, "talk", both, at(day, "09:00", "10:00"), made.small.hall)
    links = ((attack("material"), "https://example.org/y"),)
    details = Details(0, both, attack("track"), attack("elsewhere"), links, {speaker.id: "speaker"})
    events.carry_out(host, event.id, lambda programme: programme.with_item(item), now=NOW, zone=ZONE, details=details)
    events.set_party(host, event.id, db.session.scalars(select(Organisation)).one().id, "host", now=NOW)
    events.publish(host, event.id, now=NOW, zone=ZONE)
    questions = tuple(
        Question(kind, kind, (attack("question"), attack("question")), ((attack("choice"), ""), ("Två", "Two")))
        for kind in ("text", "choice", "check", "diet")
    )
    sessions = {row.id: 1 for row in event_queries.whole(event).sessions}
    terms = Terms(capacity=1, questions=questions)
    registering.settle(host, event.id, terms, now=NOW, zone=ZONE, sessions=sessions)
    given = RegistrationForm({"text": attack("answer"), "diet": attack("answer")}, list(sessions))
    comes = registering.register_guest(attack("name"), "gast@example.org", event.id, given, now=NOW, zone=ZONE)
    registering.confirm(comes.id, now=NOW, zone=ZONE)
    with made.app.test_request_context():
        made.tokens["registration.mine"] = registrations.token(comes)
        made.tokens["tickets.show"] = made.tokens["tickets.picture"] = entrances.token(comes)
    made.ids["registration_id"], made.ids["floor_id"] = comes.id, db.session.scalars(select(Floor)).one().id
    (row,) = event_queries.whole(event).sessions
    made.event = event.slug
    made.ids |= {"event_id": event.id, "event_session_id": row.id, "speaker_id": speaker.id}


def _belongings(made: Station) -> None:
    """Let Alva belong to a partner, be its contact, and have a plan, a desk and a room to look after."""
    admin, alva = member(made.small, "admin"), member(made.small, "alva")
    row = db.session.scalars(select(Organisation)).one()
    row.about_sv, row.about_en, row.cost_centre = attack("partner"), attack("partner"), "=1+1"
    db.session.add(Logo(organisation_id=row.id, body=b"picture"))
    organisations.join(alva.id, row.id, actor=admin)
    grants = [
        organisations.grant(alva.email, kind, of, actor=admin, now=NOW)
        for kind, of in (("contact", row.id), ("space", made.small.hall))
    ]
    names = (attack("partner"), attack("partner"))
    plan = plans.add_plan(Contents(names=names, texts=names, standard=True, rates={"desk": 1000}), actor=admin)
    made.slug = row.slug
    export = Export(
        member_id=alva.id, language="sv", asked_at=NOW, state="ready", expires_at=NOW + WEEK, size=1, body=b"z"
    )
    hold = Hold(member_id=made.small.people["bo"], reason="x", set_at=NOW)
    db.session.add_all([export, hold])
    db.session.flush()
    made.ids |= {
        "member_id": alva.id, "export_id": export.id, "hold_id": hold.id,
        "organisation_id": row.id, "grant_id": grants[0].id, "manager_id": grants[1].id, "plan_id": plan.id,
        "membership_id": plans.give(plan.id, starts=MONDAY, now=NOW, actor=admin, member_id=alva.id).id,
        "desk_id": plans.dedicate(made.small.a2, alva.id, starts=TUESDAY, actor=admin).id,
    }  # fmt: skip


def _doors(made: Station) -> None:
    """Give Alva a second browser and a begun second factor, and somebody else the links that mails carry."""
    alva = member(made.small, "alva")
    made.ids["session"] = members.log_in(members.Proof(alva, None), remember=False, agent="", now=NOW)[1].id
    security.begin_second_factor(alva, key=str(made.app.secret_key), now=NOW)
    made.tokens["members.confirm"] = tickets.issue(
        "join", email="vill@example.org", now=NOW, content={"name": attack("typed")}
    )
    joining.invite([("bjuden@example.org", attack("typed"))], actor=alva, now=NOW, language="sv")
    guest = db.session.scalars(select(Member).where(Member.state == "invited")).one()
    made.tokens["members.invitation"] = tickets.issue("invite", email=guest.email, now=NOW, member_id=guest.id)
    seat = db.session.get_one(Booking, made.ids["today"])
    with made.app.test_request_context():
        deed = cancelling(alva.id, seat.id, seat.sequence, seat.end)
        made.tokens["deeds.deed"] = deed_path(deed).removeprefix("/do/")
    made.tokens["code"] = codes.every()[made.small.room]
    _screen(made)
    visit = db.session.get_one(Guest, made.ids["visit"])
    with made.app.test_request_context():
        made.tokens["visits.visit"] = visits.token(visit)
        made.tokens["figures.shared"] = figures.links.token(db.session.get_one(FigureReport, made.ids["share_id"]))
    joining.publish_text("rules", attack("rules"), attack("rules"), actor=None, now=NOW)
    for known in db.session.scalars(select(Member)):
        joining.accept_texts(known, now=NOW)
    links = (("members.new_password", "reset", "eva@example.org"), ("members.new_email", "email", "ny@example.org"))
    for number, (endpoint, purpose, to) in enumerate(links):
        email = "eva@example.org" if purpose == "reset" else f"eva{number}@example.org"
        eva = members.create_member(email=email, name="Eva Strid", password="ordna-himlen-gul", now=NOW)
        made.tokens[endpoint] = tickets.issue(purpose, email=to, now=NOW, member_id=eva.id)


def _screen(made: Station) -> None:
    """Put up a screen in the foyer that has just asked: a look in the same minute writes nothing."""
    key = str(made.app.secret_key)
    wanted = displays.Settings("foyer", name=attack("screen"))
    screen = displays.add(member(made.small, "host"), wanted, secret_key=key, now=NOW)
    screen.last_seen_at, made.ids["display_id"] = NOW, screen.id
    made.tokens["displays.show"] = made.tokens["displays.act"] = display_token(key, screen.nonce)


def _rename(small: Small) -> None:
    address = (attack("street"), attack("street"))
    spaces.set_up_house(name=attack("house"), organisation=attack("hosts"), address=address, holidays="SE")
    for row in db.session.scalars(select(Floor)):
        row.name_sv = row.name_en = attack("floor")
        box = {"x": 1, "y": 1, "w": 9, "h": 9}
        row.labels = [{"text": {"sv": attack("label"), "en": attack("label")}, **box}]
    for zone in db.session.scalars(select(Zone)):
        zone.name_sv = zone.name_en = attack("zone")
    for space in db.session.scalars(select(Space).where(Space.id.in_([small.a1, small.room, small.booth]))):
        space.name = attack({small.a1: "desk", small.room: "room"}.get(space.id, "booth"))
    for who, name in (("alva", "member"), ("bo", "other")):
        member(small, who).name = attack(name)
    db.session.add(Organisation(name_sv=attack("partner"), name_en=attack("partner"), kind="company"))
    db.session.flush()
    spaces.changed()


def _book(small: Small) -> dict[str, int]:
    today = at(MONDAY, "08:00", "12:00")
    wishes = {
        "today": ("alva", small.a1, today, "title", True),
        "mine": ("alva", small.a1, at(TUESDAY, "09:00", "11:00"), "title", False),
        "gone": ("alva", small.room, at(TUESDAY, "15:00", "16:00"), "title", False),
        "hosted": ("alva", small.room, at(TUESDAY, "10:00", "11:00"), "title", False),
        "theirs": ("bo", small.room, at(TUESDAY, "13:00", "14:00"), "open", True),
        "now": ("bo", small.room, today, "shown", True),
        "asked": ("bo", small.hall, at(TUESDAY, "12:00", "13:00"), "open", True),
    }
    ids = {}
    for name, (who, space, span, title, public) in wishes.items():
        actor, more = member(small, who), {"now": NOW, "zone": ZONE, "title": attack(title), "public": public}
        ids[name] = bookings.reserve(actor, space, span, **more).id  # type: ignore[arg-type]
    bookings.cancel(member(small, "alva"), ids["gone"], now=NOW)
    asked = db.session.get_one(Booking, ids["asked"])
    asked.state, asked.answer_by = "requested", asked.start
    rule, times = repeats.Rule("daily", count=2), repeats.Times(16 * 60, 17 * 60)
    pattern = Pattern(rule, TUESDAY, times, small.hall, attack("title"))
    ids["series_id"] = series.begin(member(small, "alva"), pattern, {}, now=NOW, zone=ZONE).id
    wanted = Wanted(small.room)
    span = at(TUESDAY, "13:00", "14:00")
    ids["wait_id"] = waits.join(member(small, "alva"), wanted, span, now=NOW, zone=ZONE).id
    people = [(attack("guest"), f"{name}@example.org") for name in ("guest", "another")]
    first, second = guests.invite(member(small, "alva"), ids["hosted"], people, language="sv", now=NOW)
    ids["guest_id"], ids["visit"] = first.id, second.id  # the first is taken off again
    ids["offer_id"] = handing.make(member(small, "bo"), ids["theirs"], to="alva@example.org", now=NOW).id
    christmas = date(2026, 12, 21)
    ids["absence_id"] = absences.leave(member(small, "alva"), christmas, christmas, now=NOW, zone=ZONE).id
    said = {"sort": "light", "text": attack("said")}
    ids["report_id"] = repairs.report(member(small, "alva"), small.room, **said, now=NOW).id
    hand, name = Hand(current_app._get_current_object(), small), attack("feed")  # type: ignore[attr-defined]
    entry = local("1500", "1600", more=f"SUMMARY:{attack('title')}")
    ids["calendar_id"] = hand.add_within(entry, space=small.hall, name=name)
    ids["own_id"] = hand.add_within(entry, who="alva", own=True, name=name)
    ids["draft_id"] = hand.draft_within(entry, who="alva", name=name)
    ids["staff_draft"] = hand.draft_within(entry, who="admin", space=small.hall, name=name)
    reasons = (attack("reason"), attack("reason"))
    bookings.close(at(MONDAY, "08:00", "18:00"), reasons=reasons, now=NOW, zone=ZONE, space_id=small.booth)
    note = hosting.write(member(small, "host"), attack("said"), MONDAY, today=MONDAY, now=NOW)
    ids["note_id"] = note.id
    shared = figures.share(member(small, "host"), MONDAY, organisations=True, now=NOW)
    ids["share_id"] = shared.id
    shut = at(TUESDAY, "15:00", "16:00")
    act = schedule.close(member(small, "host"), small.a3, shut, (attack("reason"), ""), now=NOW, zone=ZONE)
    ids["act_id"], ids["shut_id"], ids["held_id"] = act.id, act.closure_id or 0, ids["mine"]
    return ids


def _say(small: Small) -> None:
    """Have both members say something of themselves, and one ask the other."""
    for who, name in (("alva", "member"), ("bo", "other")):
        texts = {"name": attack(name), **dict.fromkeys(FIELDS, "")} | {
            "field": attack("said"),
            "ask_about": attack("said"),
        }
        shown = dict.fromkeys((*FIELDS, "name", "photo"), MEMBERS)
        directory.write(member(small, who), texts, shown, visible=False, now=NOW)
    directory.ask(member(small, "bo"), small.people["alva"], now=NOW)


def _told(small: Small, booking: int) -> tuple[int, str]:
    span = at(TUESDAY, "09:00", "11:00")
    hours = {"start": span.start.isoformat(), "end": span.end.isoformat()}
    values = {"action": "cancelled", "booking": booking, "place": attack("desk"), **hours}
    notice = notices.notify(CHANGED, small.people["alva"], values, now=NOW)
    assert notice
    return notice.id, end_path(small.people["alva"], CHANGED.name).removeprefix("/notifications/end/")


def _feed(app: Flask, small: Small) -> tuple[str, int]:
    today = Today.at(NOW, Setting(ZONE, "http://localhost"), 12)
    feed = calendars.create_feed(
        member(small, "alva"), name=attack("feed"), language="sv", secret_key=app.config["SECRET_KEY"], today=today
    )
    return f"/feeds/{feed_token(app.config['SECRET_KEY'], feed.member_id, feed.nonce)}.ics", feed.id


def _mail() -> int:
    mail = outbox.queue(Receiver("x@example.org", attack("receiver"), "sv"), "test", {}, now=NOW, kind=attack("kind"))
    mail.state, mail.problem, mail.reason, mail.ended_at = "parked", "refused", attack("said"), NOW
    return mail.id


def member(small: Small, who: str) -> Member:
    """Give a person; only within an app context."""
    found = db.session.get(Member, small.people[who])
    assert found
    return found


# -- the tour ---------------------------------------------------------------------------------------------------------

Visitor = Callable[..., TestResponse]


def tour(station: Station) -> list[Visit]:
    """Ask for every kind of answer there is, as everybody."""
    visits: list[Visit] = []

    def see(who: str, method: str, path: str, data: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        client = station.client(who)
        if data is not None:
            data = {"csrf_token": token(client), **data}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.open(path, method=method, data=data, headers=names, buffered=True)
        visits.append(Visit(who, f"{method} {path} {names or ''}", answer))
        return answer

    for who in ("visitor", "alva", "bo", "host"):
        _look_round(station, who, see)
    _forms(station, see)
    return visits


def _look_round(station: Station, who: str, see: Visitor) -> None:
    small, ids = station.small, station.ids
    paths = ["/", "/login", f"/login?next={attack('next')}", "/accessibility", "/style", "/no/such/page", "/robots.txt",
             "/healthz", "/readyz", "/favicon.ico", "/feeds/wrong.ics", station.feed, "/bookings/99999", "/calendars",
             "/members", f"/members?q={attack('query')}", f"/members/{small.people['bo']}", "/account/profile",
             "/account/colleagues", "/account/access", f"/members/{small.people['alva']}?as=visitor",
             "/notifications", "/account/notifications", f"/notifications/end/{station.end}", f"/do/{station.tokens['deeds.deed']}", "/do/wrong", "/bookings", f"/bookings/{ids['mine']}", f"/bookings/{ids['gone']}", f"/bookings/{ids['theirs']}",
             "/join", "/rules", "/rules/accept", "/welcome/1", "/welcome/3", "/staff", "/staff/people", "/staff/invitations",
             f"/staff/members/{small.people['alva']}", "/staff/members/import", f"/staff/people?q={attack('path')}",
             "/account", "/account/security", "/account/security/second-factor", "/account/security/password",
             "/account/security/email", "/password/reset", "/login/code",
             "/bookings", f"/bookings/{ids['mine']}", f"/bookings/{ids['gone']}", f"/bookings/{ids['theirs']}",
             f"/bookings/{ids['mine']}/edit", f"/bookings/{ids['gone']}/edit", "/floors/plan-1.css", "/static/none",
             f"/spaces/{small.a1}/photo", "/static/css/station.css", "/static/js/toast.js", "/static/icons.svg",
             f"/no/{attack('path')}", f"/book?date={attack('date')}", "/logout", "/bookings?before=2026-11-24", "/staff/operations", "/door", f"/door/{station.tokens['displays.show']}", "/staff/displays", f"/staff/displays/{ids['display_id']}"]  # fmt: skip
    planned = f"/staff/events/{ids['event_id']}"
    paths += ["/events", "/events?month=2026-11", f"/events?category={attack('typed')}", f"/events/{station.event}",
              f"/events/{station.event}.ics", "/calendar/events.ics", "/sitemap.xml", "/events/mine", "/staff/events", "/staff/events/import",
              planned,
              *(f"{planned}/{part}" for part in ("programme", "sessions", "grid", "programme/file", "door", "badges", "attendance.csv", "after", "rooms", "move", "copy",
                                            "signup", "signup/questions", f"registrations?q={attack('typed')}")),
              f"{planned}/sessions/{ids['event_session_id']}", f"{planned}/speakers/{ids['speaker_id']}"]  # fmt: skip
    day = f"date={TUESDAY}&from=09:00&to=11:00"
    paths += [f"/book?{day}", f"/book?{day}&kind=room", f"/book?date={MONDAY}&kind=room", f"/book?{day}&lang=en"]
    paths += [f"/book/{space}?{day}" for space in (small.a1, small.a2, small.room, small.booth, small.hall)]
    for path in paths:
        see(who, "GET", path)
    see(who, "GET", f"/book?{day}", X_Part="day")
    for space in (small.a1, small.room):
        see(who, "GET", f"/book/{space}?{day}", X_Part="sheet")
    see(who, "GET", f"/book/{small.booth}?date={MONDAY}", X_Part="sheet")
    see(who, "GET", f"/bookings/{ids['mine']}", X_Part="sheet")
    see(who, "GET", "/", Host="evil.example")
    see(who, "HEAD", "/book")
    see(who, "OPTIONS", "/book")
    see(who, "PUT", "/book")
    see(who, "POST", "/feeds/wrong.ics")


def _forms(station: Station, see: Visitor) -> None:
    small, ids = station.small, station.ids
    wish = {"space": small.a1, "date": str(TUESDAY), "start": "10:00", "end": "12:00", "title": attack("typed")}
    mine = f"/bookings/{ids['mine']}"
    see("visitor", "POST", "/login", {"email": attack("typed"), "password": "x"})
    see("visitor", "POST", "/login", {"email": "", "password": "", "next": attack("typed")})
    for path in ("/account/security/password", "/account/security/email", "/account/security/second-factor/confirm"):
        see("alva", "POST", path, {"email": attack("typed"), "password": "x", "current": "x", "code": attack("typed")})
    see("visitor", "POST", "/password/reset", {"email": attack("typed")})
    see("visitor", "GET", f"/password/{station.tokens['members.new_password']}")
    see("visitor", "GET", f"/join/{station.tokens['members.confirm']}")
    see("visitor", "GET", f"/invitation/{station.tokens['members.invitation']}")
    see("visitor", "GET", f"/visit/{station.tokens['visits.visit']}")
    for who in ("visitor", "host"):
        see(who, "GET", f"/tickets/{station.tokens['tickets.show']}")
    see("host", "GET", "/staff/evacuation")
    see("visitor", "GET", f"/registrations/{station.tokens['registration.mine']}")
    for typed in ({}, dict.fromkeys(("people", "date", "space", "zone"), attack("typed"))):
        see("alva", "GET", f"/find?{urlencode({'kind': 'room', 'date': TUESDAY, 'length': 60, **typed})}")
    see("visitor", "POST", "/join", {"email": attack("typed"), "name": attack("typed") * 9})
    see("host", "POST", "/staff/invitations", {"people": attack("typed")})
    see("visitor", "GET", f"/email/{station.tokens['members.new_email']}")
    for part in ({}, {"X_Part": "sheet"}):
        see("bo", "POST", "/bookings", wish, **part)
        see("bo", "POST", "/bookings", {**wish, "title": attack("typed") * 9}, **part)
        see("bo", "POST", "/bookings", {name: attack("typed") for name in wish}, **part)
        see(
            "bo",
            "POST",
            "/bookings",
            {**wish, "space": "any", "zone": attack("typed"), "with": attack("typed")},
            **part,
        )
    see("alva", "POST", "/bookings", {**wish, "space": small.a2})
    see("alva", "POST", f"{mine}/edit", {**wish, "space": small.room, "start": "13:00", "end": "14:00"})
    see("alva", "POST", f"{mine}/edit", {name: attack("typed") for name in wish})
    see("alva", "POST", "/calendars", {"name": attack("typed") * 9, "language": attack("typed")})
    see("alva", "POST", f"/calendars/{ids['feed']}/name", {"name": attack("typed") * 9})
    see("bo", "POST", "/bookings", {**wish, "space": small.room, "start": "15:00", "end": "16:00"})
    see("bo", "GET", "/")
    see("alva", "POST", f"/bookings/{ids['gone']}/restore", {})
    see("alva", "POST", f"{mine}/edit", {**wish, "title": attack("title"), "visible": "1"})
    see("alva", "GET", mine)
    see("alva", "POST", f"{mine}/cancel", {})
    see("alva", "GET", "/bookings")
    see("alva", "POST", f"/calendars/{ids['feed']}/renew", {})
    see("alva", "GET", "/calendars")
    see("alva", "POST", "/lang/en", {"next": attack("typed")})
    see("alva", "POST", "/bookings", None)
    see("bo", "POST", "/logout", {})


def token(client: FlaskClient) -> str:
    """Give the form token of a browser, logged in or not."""
    return token_of(client)
