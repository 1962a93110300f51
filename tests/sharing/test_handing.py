"""Handing a booking over: offered, taken or declined, by page and by link, measured for who gets it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import answers
from innovation_station.bookings import queries as booking_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.calendars import service as calendars
from innovation_station.calendars.rules import Setting, Today
from innovation_station.db import db, transaction
from innovation_station.deeds import links as deed_links
from innovation_station.deeds.registry import Deed
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.ledger.models import LedgerEntry
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices.models import Notice
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Quota
from innovation_station.plans.service import Contents
from innovation_station.series import service as series
from innovation_station.series.models import Occurrence
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Pattern
from innovation_station.sharing import guests, handing, jobs, personal, queries, rules
from innovation_station.sharing.models import Guest, Offer
from innovation_station.sharing.telling import ACCEPT, DECLINE
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at, browser, log_in, post, statements, token_in
from tests.sharing.conftest import AFTERNOON, MORNING, befriend, codes, member, newcomer, person, reserve

BO = "bo@example.org"
MINUTE = timedelta(minutes=1)
LATER = NOW + MINUTE
SENDER = Sender("Stationen <hej@station.example>", "https://station.example")


def offer(small: Small, booking: Booking, to: int | str = BO, who: str = "alva", now: datetime = NOW) -> Offer:
    with transaction():
        return handing.make(person(small, who), booking.id, to=to, now=now)


def accept(small: Small, found: Offer, who: str = "bo", now: datetime = LATER) -> Booking:
    with transaction():
        return handing.accept(person(small, who), found.id, now=now, zone=ZONE)


def told(small: Small, who: str) -> list[tuple[str, Any]]:
    rows = db.session.scalars(select(Notice).where(Notice.member_id == small.people[who]).order_by(Notice.id))
    return [(row.kind, row.content.get("answer")) for row in rows]


def mails(app: Flask, small: Small, who: str) -> list[EmailMessage]:
    rows = db.session.scalars(select(Mail).where(Mail.state == "queued", Mail.member_id == small.people[who]))
    return [compose(app, row, SENDER) for row in rows]


def entry(message: EmailMessage) -> tuple[str, Any]:
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    [event] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return str(part.get_param("method")), event


# -- offered -----------------------------------------------------------------------------------------------------------


def test_offer_changes_nothing_until_it_is_accepted(context: Flask, small: Small) -> None:
    booking = reserve(small)
    before = (booking.member_id, booking.sequence, booking.revision)
    found = offer(small, booking)
    db.session.refresh(booking)
    assert (booking.member_id, booking.sequence, booking.revision) == before
    assert (found.to_id, found.state, found.expires_at) == (small.people["bo"], "open", AFTERNOON.start)
    assert told(small, "bo") == [("booking-offered", None)]
    [again] = queries.offered_to(small.people["bo"], NOW)
    assert again.id == found.id


@pytest.mark.parametrize(
    ("to", "code"),
    [("alva@example.org", "offer-self"), ("bo", "email-malformed"), ("", "email-malformed"), (-1, "member-unknown")],
)
def test_offer_is_to_somebody_else(context: Flask, small: Small, to: int | str, code: str) -> None:
    with pytest.raises(Refused) as error:
        offer(small, reserve(small), to)
    assert codes(error) == [code]


def test_nobody_learns_whether_an_address_is_a_members(context: Flask, small: Small) -> None:
    found = [
        offer(small, reserve(small, span=span), to) for span, to in ((MORNING, BO), (AFTERNOON, "x@guest.example"))
    ]
    assert [row.to_id for row in found] == [small.people["bo"], None]
    assert {row.state for row in found} == {"open"}
    assert jobs.close(AFTERNOON.end) == "2 ended"
    assert told(small, "alva")[-2:] == [("offer-answered", "expired")] * 2


def test_colleagues_are_offered_by_name_and_nobody_else(context: Flask, small: Small) -> None:
    befriend(small, "alva", "bo")
    found = offer(small, reserve(small), small.people["bo"])
    assert (found.to_id, found.email) == (small.people["bo"], "")
    with pytest.raises(Refused):
        offer(small, reserve(small, span=MORNING), small.people["host"])


def test_one_offer_at_a_time_and_so_many_a_day(context: Flask, small: Small) -> None:
    booking = reserve(small)
    offer(small, booking)
    with pytest.raises(Refused) as error:
        offer(small, booking, "x@guest.example")
    assert codes(error) == ["offer-open"]
    for _ in range(rules.OFFERS_A_DAY - 1):
        with transaction():
            handing.take_back(person(small, "alva"), booking.id, now=NOW)
        offer(small, booking)
    with transaction():
        handing.take_back(person(small, "alva"), booking.id, now=NOW)
    with pytest.raises(Refused) as error:
        offer(small, booking)
    assert codes(error) == ["offers-many"]
    assert told(small, "bo") == []  # what is taken back is not told


def test_only_its_member_and_staff_give_a_booking_away(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with pytest.raises(NotFound):
        offer(small, booking, "x@guest.example", who="bo")
    assert offer(small, booking, who="host").from_id == small.people["alva"]


def test_what_has_begun_or_is_cancelled_is_not_offered(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with pytest.raises(Refused) as error:
        offer(small, booking, now=AFTERNOON.start)
    assert codes(error) == ["already-begun"]
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=NOW)
    with pytest.raises(Refused) as error:
        offer(small, booking)
    assert codes(error) == ["already-cancelled"]


# -- accepted ----------------------------------------------------------------------------------------------------------


def test_accepted_it_is_the_receivers(context: Flask, small: Small) -> None:
    booking = reserve(small, title="Planering")
    uid, found = booking.uid, offer(small, booking)
    taken = accept(small, found)
    assert (taken.id, taken.member_id, taken.uid, taken.state) == (booking.id, small.people["bo"], uid, "confirmed")
    assert (taken.sequence, taken.booked_by_id, taken.public) == (1, None, member(small, "bo").visible)
    spans = db.session.execute(select(Allocation.space_id, Allocation.start, Allocation.end)).all()
    assert [tuple(row) for row in spans] == [(small.room, AFTERNOON.start, AFTERNOON.end)]
    last = booking_queries.history(booking.id)[-1]
    assert (last.action, last.actor_id) == ("handed", small.people["bo"])
    assert "member" not in (last.before or {})
    assert db.session.get_one(Offer, found.id).state == "accepted"
    assert accept(small, found).id == booking.id  # twice is once
    with pytest.raises(NotFound), transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=LATER)
    [trail] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "booking.handed"))
    assert (trail.subject_id, trail.member_id) == (booking.id, small.people["alva"])


def test_each_hears_of_it_once_with_the_entry(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with transaction():
        db.session.execute(delete(Mail))
    accept(small, offer(small, booking))
    assert told(small, "alva")[-1] == ("offer-answered", "accepted")
    [giver] = mails(context, small, "alva")
    assert "Bo" in giver["Subject"] and "tagit över" in giver["Subject"]
    method, event = entry(giver)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)
    [receiver] = mails(context, small, "bo")  # what was asked is recalled
    method, event = entry(receiver)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 1) and booking.uid in str(event["UID"])


def test_their_rules_and_quota_are_measured(context: Flask, small: Small) -> None:
    with transaction():
        narrow = plans.add_plan(
            Contents(names=("Liten", "Small"), quotas=(Quota("room", "day", "hours", 1),)), actor=None
        )
        wide = plans.add_plan(Contents(names=("Stor", "Big")), actor=None)
        for who, number in (("alva", wide.id), ("bo", narrow.id)):
            plans.give(number, member_id=small.people[who], starts=MONDAY, now=NOW, actor=None)
    booking = reserve(small)
    found = offer(small, booking)
    with pytest.raises(DomainError) as error:
        accept(small, found)
    assert codes(error) == ["quota-hours"]
    db.session.expire_all()
    assert db.session.get_one(Booking, booking.id).member_id == small.people["alva"]
    assert db.session.get_one(Offer, found.id).state == "open"


def test_ledger_takes_it_from_one_and_enters_it_for_the_other(context: Flask, small: Small) -> None:
    with transaction():
        for who, rate in (("alva", 10000), ("bo", 500)):
            plan = plans.add_plan(Contents(names=(who, who), rates={"room": rate}), actor=None)
            plans.give(plan.id, member_id=small.people[who], starts=MONDAY, now=NOW, actor=None)
    accept(small, offer(small, reserve(small)))
    rows = db.session.scalars(select(LedgerEntry)).all()
    of = {who: [row for row in rows if row.member_id == small.people[who]] for who in ("alva", "bo")}
    assert {who: sum(row.minutes for row in found) for who, found in of.items()} == {"alva": 0, "bo": 120}
    assert sum(row.amount for row in of["alva"]) == 0 and [row.rate for row in of["bo"]] == [500]


def test_granted_anew_it_is_priced_by_the_plan_of_who_has_it(context: Flask, small: Small) -> None:
    with transaction():
        hall = db.session.get_one(Space, small.hall)
        spaces.set_policy(space=hall, approval=2880)
        for who, rate in (("alva", 10000), ("bo", 500)):
            plan = plans.add_plan(Contents(names=(who, who), rates={hall.kind: rate}), actor=None)
            plans.give(plan.id, member_id=small.people[who], starts=MONDAY, now=NOW, actor=None)
    booking = reserve(small, space=small.hall)
    for turn in ("first", "handed"):
        with transaction():
            answers.approve(member(small, "host"), booking.id, now=LATER)
        if turn == "first":
            accept(small, offer(small, booking))
    [*_gone, last] = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))
    assert (last.member_id, last.rate, last.action) == (small.people["bo"], 500, "approved")


@pytest.mark.parametrize("shown", [True, False])
def test_what_one_has_hidden_stays_hidden(context: Flask, small: Small, shown: bool) -> None:
    with transaction():
        member(small, "bo").visible = True
    booking = reserve(small, title="Hemligt", public=shown)
    assert accept(small, offer(small, booking)).public is shown


def test_what_staff_had_granted_one_is_asked_for_anew(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880)
    booking = reserve(small, space=small.hall)
    with transaction():
        answers.approve(member(small, "host"), booking.id, now=NOW)
    taken = accept(small, offer(small, booking))
    assert (taken.state, taken.member_id) == ("requested", small.people["bo"])
    assert ("booking-asked", None) in told(small, "host")
    assert taken.takes  # it holds the place meanwhile


def test_receiver_with_another_booking_at_that_time_hears_why_not(context: Flask, small: Small) -> None:
    with transaction():
        bookings.reserve(member(small, "bo"), small.a1, AFTERNOON, now=NOW, zone=ZONE)
    booking = reserve(small, space=small.a3)
    with pytest.raises(DomainError) as error:
        accept(small, offer(small, booking))
    assert codes(error) == ["own-desk"]


def test_guests_come_along_and_hear_who_their_host_is(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with transaction():
        guests.invite(person(small, "alva"), booking.id, [("Karin", "karin@guest.example")], language="sv", now=NOW)
    accept(small, offer(small, booking))
    [guest] = db.session.scalars(select(Guest))
    assert guest.knew and guest.knew["host"] == small.people["bo"]


def test_a_date_of_a_series_leaves_it(context: Flask, small: Small) -> None:
    with transaction():
        pattern = Pattern(Rule("daily", count=3), TUESDAY, Times(13 * 60, 15 * 60), small.room)
        made = series.begin(person(small, "alva"), pattern, {}, now=NOW, zone=ZONE)
        [first, *_rest] = db.session.scalars(select(Booking).order_by(Booking.start))
    accept(small, offer(small, first))
    rows = db.session.scalars(select(Occurrence).where(Occurrence.series_id == made.id).order_by(Occurrence.original))
    assert [(row.state, row.booking_id is None) for row in rows] == [
        ("skipped", True),
        ("confirmed", False),
        ("confirmed", False),
    ]
    assert log_in(browser(context), "alva").get(f"/series/{made.id}").status_code == 200


def test_feeds_follow_on_both_sides(app: Flask, small: Small) -> None:
    paths = {}
    with app.app_context():
        key = str(app.config["SECRET_KEY"])
        today = Today.at(NOW, Setting(ZONE, "http://localhost"), 12)
        for who in ("alva", "bo"):
            with transaction():
                feed = calendars.create_feed(member(small, who), name="Min", language="sv", secret_key=key, today=today)
                paths[who] = f"/feeds/{calendars.rules.feed_token(key, small.people[who], feed.nonce)}.ics"
        booking = reserve(small)
        uid = booking.uid
    client = browser(app)
    assert uid in client.get(paths["alva"]).text
    with app.app_context():
        accept(small, offer(small, db.session.get_one(Booking, booking.id)))
    assert uid not in client.get(paths["alva"]).text and uid in client.get(paths["bo"]).text


# -- declined, taken back, over ----------------------------------------------------------------------------------------


def test_declined_it_stays(context: Flask, small: Small) -> None:
    booking = reserve(small)
    found = offer(small, booking)
    for _ in range(2):
        with transaction():
            handing.decline(person(small, "bo"), found.id, now=LATER)
    assert told(small, "alva")[-1] == ("offer-answered", "declined")
    assert [kind for kind, _ in told(small, "bo")] == []
    with pytest.raises(Conflict) as error:
        accept(small, found)
    assert codes(error) == ["offer-closed"]
    assert db.session.get_one(Booking, booking.id).member_id == small.people["alva"]


def test_nobody_else_may_answer(context: Flask, small: Small) -> None:
    found = offer(small, reserve(small))
    for who in ("alva", "host"):
        with pytest.raises(NotFound):
            accept(small, found, who)
        with pytest.raises(NotFound), transaction():
            handing.decline(person(small, who), found.id, now=LATER)


@pytest.mark.parametrize("change", ["move", "cancel", "take back", "time"])
def test_an_offer_is_of_what_was_offered(context: Flask, small: Small, change: str) -> None:
    booking = reserve(small)
    found, alva, now = offer(small, booking), member(small, "alva"), LATER
    with transaction():
        if change == "move":
            bookings.move(alva, booking.id, space_id=small.room, span=MORNING, now=now, zone=ZONE)
        elif change == "cancel":
            bookings.cancel(alva, booking.id, now=now)
        elif change == "take back":
            handing.take_back(alva, booking.id, now=now)
        else:
            now = AFTERNOON.start
    with pytest.raises(Conflict) as error:
        accept(small, found, now=now)
    assert codes(error) == ["offer-closed"]
    jobs.close(now)
    state = {"time": "expired"}.get(change, "withdrawn")
    assert db.session.get_one(Offer, found.id).state == state
    assert told(small, "bo") == []


# -- pages and links ---------------------------------------------------------------------------------------------------


def test_pages_offer_take_back_and_accept(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    with app.app_context():
        booking_id = reserve(small, title="Planering").id
    path = f"/bookings/{booking_id}"
    assert "Erbjud den till någon" in alva.get(path).text
    wrong = post(alva, f"{path}/hand-over", {"to": "", "email": "bo"})
    assert wrong.status_code == 422 and 'class="err"' in wrong.text and 'value="bo"' in wrong.text
    assert post(bo, f"{path}/hand-over", {"to": "", "email": BO}).status_code == 404
    assert post(alva, f"{path}/hand-over", {"to": "", "email": BO}).status_code == 303
    assert "Erbjuden till bo@example.org" in alva.get(path).text
    assert post(alva, f"{path}/hand-over/withdraw").status_code == 303
    assert post(alva, f"{path}/hand-over", {"to": "", "email": BO}).status_code == 303
    with app.app_context():
        number = db.session.scalars(select(Offer.id).where(Offer.state == "open")).one()
    assert f"/offers/{number}" in bo.get("/bookings").text
    page = bo.get(f"/offers/{number}").text
    assert "Alva Lindqvist erbjuder dig den" in page and "Planering" in page
    assert alva.get(f"/offers/{number}").status_code == 404
    answer = post(bo, f"/offers/{number}", {"act": "accept"})
    assert answer.status_code == 303 and answer.location == path
    assert "Övertagen" in bo.get(path).text and "Bokad:" not in bo.get(path).text
    assert alva.get(path).status_code == 404
    assert "Den är din nu" in bo.get(f"/offers/{number}").text


def test_page_says_why_it_cannot_be_had(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        with transaction():
            small_plan = Contents(names=("Liten", "Small"), standard=True, quotas=(Quota("room", "day", "hours", 1),))
            plans.add_plan(small_plan, actor=None)
        with transaction():
            booking = bookings.reserve(member(small, "host"), small.room, AFTERNOON, now=NOW, zone=ZONE)
        number = offer(small, booking, who="host").id
    assert "Du får inte den som det är nu" in bo.get(f"/offers/{number}").text
    refused = post(bo, f"/offers/{number}", {"act": "accept"})
    assert refused.status_code == 422 and "Ta över den" in refused.text


def test_links_of_the_mail_ask_first_and_work_once(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context():
        found = offer(small, reserve(small))
        given = (small.people["bo"], found.id, str(found.sequence), found.expires_at)
        yes, no = (deed_links.path(Deed(act, *given)) for act in (ACCEPT, DECLINE))
        booking_id = found.booking_id
    for _ in range(2):
        assert "Inget har hänt än" in client.get(yes).text
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).member_id == small.people["alva"]
    assert client.post(yes, data={"csrf_token": token_in(client.get(yes).text)}).status_code == 303
    assert "är din" in client.get(yes).text and client.get(no).status_code == 410
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).member_id == small.people["bo"]


def test_an_offer_that_is_over_shows_no_more_of_the_booking(
    app: Flask, small: Small, bo: FlaskClient, client: FlaskClient
) -> None:
    """Where it is moved to, and who has it after oneself, is theirs to know."""
    with app.app_context():
        moved, handed = reserve(small), reserve(small, space=small.booth, span=MORNING)
        first, second = offer(small, moved), offer(small, handed)
        with transaction():
            alva = member(small, "alva")
            bookings.move(alva, moved.id, space_id=small.hall, span=MORNING, now=LATER, zone=ZONE)
        accept(small, second)
        link = deed_links.path(
            Deed(ACCEPT, small.people["bo"], second.id, str(second.sequence), second.expires_at)
        )  # fmt: skip
        paths = [f"/offers/{one.id}" for one in (first, second)]
    assert "är din" in client.get(link).text and "tisdag 24 november" in bo.get(paths[1]).text
    with app.app_context():
        accept(small, offer(small, handed, "host@example.org", "bo"), "host")
        with pytest.raises(Conflict):
            accept(small, db.session.get_one(Offer, second.id))
    for path in paths:
        page = bo.get(path).text.partition("<main")[2]
        assert "Erbjudandet gäller inte längre" in page and "tisdag" not in page and "24 nov" not in page, path
    assert client.get(link).status_code == 410


def test_staff_read_no_list_of_a_members_colleagues(app: Flask, small: Small, alva: FlaskClient) -> None:
    with app.app_context():
        befriend(small, "alva", "bo")
        path = f"/bookings/{reserve(small).id}/hand-over"
    assert "Bo Ek" in alva.get(path).text
    host = log_in(browser(app), "host")
    assert host.get(path).status_code == 200 and "Bo Ek" not in host.get(path).text
    assert post(host, path, {"to": small.people["bo"]}).status_code == 422
    assert post(host, path, {"to": "", "email": BO}).status_code == 303


def test_offers_stand_in_the_trail(context: Flask, small: Small) -> None:
    booking = reserve(small)
    found = offer(small, booking)
    with transaction():
        handing.take_back(person(small, "alva"), booking.id, now=NOW)
    again = offer(small, booking, who="host")
    with transaction():
        handing.decline(person(small, "bo"), again.id, now=LATER)
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.like("offer.%")).order_by(AuditEntry.id)
    )  # fmt: skip
    alva, bo, host = (small.people[who] for who in ("alva", "bo", "host"))
    assert [(row.action, row.subject_id, row.actor_id, row.member_id) for row in rows] == [
        ("offer.made", found.id, alva, alva), ("offer.withdrawn", found.id, alva, alva),
        ("offer.made", again.id, host, alva), ("offer.declined", again.id, bo, alva),
    ]  # fmt: skip


def test_link_declines(app: Flask, small: Small, client: FlaskClient) -> None:
    with app.app_context():
        found = offer(small, reserve(small))
        no = deed_links.path(Deed(DECLINE, small.people["bo"], found.id, str(found.sequence), found.expires_at))
    assert client.post(no, data={"csrf_token": token_in(client.get(no).text)}).status_code == 303
    assert "Du har tackat nej" in client.get(no).text


def test_list_costs_the_same_for_one_and_for_many(app: Flask, small: Small, bo: FlaskClient) -> None:
    def look() -> int:
        with statements(app) as ran:
            bo.get("/bookings")
        return len(ran)

    with app.app_context():
        offer(small, reserve(small, span=at(TUESDAY, "08:00", "09:00")))
    bo.get("/bookings")
    one = look()
    with app.app_context():
        for hour in range(10, 15):
            offer(small, reserve(small, span=at(TUESDAY, f"{hour}:00", f"{hour}:30")))
    assert look() == one


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_offers_are_forgotten_thirty_days_after(context: Flask, small: Small) -> None:
    found = offer(small, reserve(small))
    with transaction():
        handing.decline(person(small, "bo"), found.id, now=LATER)
    [data] = [one for one in personal.personal.classes if one.name == "booking-offers"]
    late = LATER + rules.KEPT_FOR
    assert data.expired(late, ()) == 0 and data.expired(late + MINUTE, ()) == 1
    assert data.expired(late + MINUTE, {small.people["bo"]}) == 0
    with transaction():
        assert data.purge(late + MINUTE, ()) == 1
    assert db.session.scalar(select(func.count()).select_from(Offer)) == 0


# -- exactly one wins --------------------------------------------------------------------------------------------------


def race(app: Flask, acts: dict[str, Callable[[], object]]) -> dict[str, str]:
    """Do some acts at once, each in a transaction of its own; give what each came to: "done" or why not."""
    ready, results = threading.Barrier(len(acts)), dict[str, str]()

    def run(name: str) -> None:
        with app.app_context():
            try:
                ready.wait(10)
                with transaction():
                    acts[name]()
                results[name] = "done"
            except (NotFound, Conflict, Refused) as error:
                results[name] = error.refusals[0].code if error.refusals else "not-found"
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(name,)) for name in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


@pytest.mark.parametrize("rival", ["cancel", "take back", "decline", "accept"])
def test_of_accepting_and_another_act_one_comes_first(app: Flask, small: Small, rival: str) -> None:
    """On either database, whatever comes first: the booking has one holder, and its allocations are what it takes."""
    for turn in range(4):
        with app.app_context():
            booking = reserve(small, span=at(TUESDAY, f"{9 + turn:02}:00", f"{9 + turn:02}:30"))
            found = offer(small, booking)
            booking_id, offer_id = booking.id, found.id
            alva, bo = person(small, "alva"), person(small, "bo")
        yes = partial(handing.accept, bo, offer_id, now=LATER, zone=ZONE)
        rivals = {
            "accept": yes,
            "cancel": partial(bookings.cancel, alva, booking_id, now=LATER),
            "take back": partial(handing.take_back, alva, booking_id, now=LATER),
            "decline": partial(handing.decline, bo, offer_id, now=LATER),
        }
        results = race(app, {"yes": yes, "rival": rivals[rival]})
        with app.app_context():
            now_is = db.session.get_one(Booking, booking_id)
            taken = db.session.scalars(select(Allocation).where(Allocation.booking_id == booking_id)).all()
            if results["yes"] == "done":
                assert (now_is.member_id, now_is.state) == (small.people["bo"], "confirmed")
                assert (results["rival"] == "done") == (rival == "accept")
            else:
                assert results["rival"] == "done" and now_is.member_id == small.people["alva"]
            assert bool(taken) == (now_is.state == "confirmed")
            db.session.remove()


def test_names_of_newcomers_are_not_needed(context: Flask, small: Small) -> None:
    """An address that becomes a member's later is no offer to them: it was to nobody."""
    found = offer(small, reserve(small), "cia@example.org")
    newcomer(small, "Cia Ny")
    assert db.session.scalars(select(Member).where(Member.email == "cia@example.org")).one()
    with pytest.raises(NotFound):
        accept(small, found, "cia")
    assert db.session.scalars(select(Space.id)).all()
