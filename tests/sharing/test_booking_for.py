"""Booking for somebody else: who lets whom, whose booking it is, and who may do what with it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.audit import queries as audit
from innovation_station.bookings import own_pages
from innovation_station.bookings import queries as booking_queries
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refusal, Refused
from innovation_station.ledger.models import LedgerEntry
from innovation_station.mail.compose import Sender, write
from innovation_station.mail.models import Mail
from innovation_station.notices.models import Notice
from innovation_station.plans import service as plans
from innovation_station.plans.rules import Quota
from innovation_station.plans.service import Contents
from innovation_station.policies import queries as policies
from innovation_station.sharing import queries, service
from innovation_station.sharing.models import Absence
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.rules import Scope
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, browser, log_in, post, statements
from tests.sharing.conftest import (
    AFTERNOON,
    MORNING,
    allow,
    befriend,
    codes,
    friends,
    member,
    newcomer,
    person,
    reserve,
    school,
)

TAP = {"date": str(TUESDAY), "start": "08:00", "end": "12:00"}


def book(small: Small, booker: str = "bo", holder: str = "alva", span: Span = MORNING, **more: Any) -> Booking:
    space = more.pop("space", small.a1)
    with transaction():
        return service.book_for(
            person(small, booker), small.people[holder], space, span, now=NOW, zone=ZONE, **more
        )  # fmt: skip


def refused(small: Small, booker: str = "bo", holder: str = "alva") -> list[str]:
    with pytest.raises(NotAllowed) as error:
        book(small, booker, holder)
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0
    return codes(error)


# -- who may ----------------------------------------------------------------------------------------------------------


def test_nobody_may_until_one_says_so(context: Flask, small: Small) -> None:
    befriend(small, "alva", "bo")
    school(small, "alva", "bo")
    assert queries.consent(small.people["alva"]) is None
    assert refused(small) == ["no-consent"]
    assert queries.bookable_for(person(small, "bo"), limit=9) == []


@pytest.mark.parametrize(
    ("consent", "related", "may"),
    [
        ({"colleagues": True}, "colleagues", True),
        ({"colleagues": True}, "organisation", False),
        ({"colleagues": True}, "asked", False),
        ({"organisation": True}, "organisation", True),
        ({"organisation": True}, "colleagues", False),
        ({"organisation": True}, "", False),
        ({"organisation": True, "colleagues": True}, "organisation", True),
        ({"organisation": True, "colleagues": True}, "colleagues", True),
        ({}, "organisation", False),
    ],
)
def test_consent_is_for_those_it_names(
    context: Flask, small: Small, consent: dict[str, bool], related: str, may: bool
) -> None:
    allow(small, "alva", **consent)
    if related == "organisation":
        school(small, "alva", "bo")
    elif related:
        befriend(small, "alva", "bo", "accepted" if related == "colleagues" else "asked")
    named = [one.name for one in queries.bookable_for(person(small, "bo"), limit=9)]
    assert named == (["Alva Lindqvist"] if may else [])
    assert queries.may_book_for(person(small, "bo"), small.people["alva"]) is may
    assert not queries.may_book_for(person(small, "alva"), small.people["bo"])  # it is no promise of the other


def test_staff_always_may_and_nobody_for_who_has_left(context: Flask, small: Small) -> None:
    assert book(small, "host").member_id == small.people["alva"]
    with transaction():
        member(small, "alva").state = "paused"
    for who in ("host", "admin"):
        with pytest.raises(NotAllowed):
            book(small, who, span=AFTERNOON)


def test_unknown_and_unwilling_are_refused_alike(context: Flask, small: Small) -> None:
    found = []
    for number in (small.people["alva"], 999_999, small.people["bo"]):
        with pytest.raises(NotAllowed) as error, transaction():
            service.book_for(person(small, "bo"), number, small.a1, MORNING, now=NOW, zone=ZONE)
        found.append((codes(error), error.value.refusals[0].values))
    assert found == [(["no-consent"], {})] * 3


def test_taking_consent_back_ends_it_at_once(context: Flask, small: Small) -> None:
    friends(small)
    book(small)
    allow(small, "alva")
    assert queries.consent(small.people["alva"]) is None
    with pytest.raises(NotAllowed):
        book(small, span=AFTERNOON)


def test_consent_taken_back_shuts_what_was_booked_too(app: Flask, small: Small, bo: FlaskClient) -> None:
    """Neither is it seen any more, given back, nor taken anew in the holder's name."""
    with app.app_context():
        friends(small)
        gone, stays = book(small).id, book(small, span=AFTERNOON).id
        with transaction():
            bookings.cancel(member(small, "bo"), gone, now=NOW)
        assert bo.get(f"/bookings/{stays}").status_code == 200 and "Bokat åt andra" in bo.get("/bookings").text
        allow(small, "alva")
        with pytest.raises(NotFound), transaction():
            bookings.restore(member(small, "bo"), gone, now=NOW, zone=ZONE)
        with pytest.raises(NotFound), transaction():
            bookings.cancel(member(small, "bo"), stays, now=NOW)
        assert [db.session.get_one(Booking, number).state for number in (gone, stays)] == ["cancelled", "confirmed"]
    for number in (gone, stays):
        assert bo.get(f"/bookings/{number}").status_code == 404
    assert "Bokat åt andra" not in bo.get("/bookings").text


def test_nothing_is_taken_back_for_who_is_away(context: Flask, small: Small) -> None:
    friends(small)
    booking = book(small)
    with transaction():
        bookings.cancel(member(small, "bo"), booking.id, now=NOW)
    with transaction() as session:
        session.add(Absence(member_id=small.people["alva"], first=TUESDAY, last=TUESDAY, made_at=NOW))
    with pytest.raises(Refused) as error, transaction():
        bookings.restore(member(small, "bo"), booking.id, now=NOW, zone=ZONE)
    assert codes(error) == ["holder-away"]
    with transaction():
        bookings.restore(member(small, "alva"), booking.id, now=NOW, zone=ZONE)  # their own word


def test_consent_given_and_taken_back_stands_in_the_trail(context: Flask, small: Small) -> None:
    friends(small)
    allow(small, "alva", colleagues=True)  # nothing new
    allow(small, "alva")
    alva = small.people["alva"]
    told = audit.about("member", alva, limit=9)
    assert [(one.action, one.actor_id, one.before, one.after) for one in reversed(told)] == [
        ("consent.changed", alva, {"colleagues": False}, {"colleagues": True}),
        ("consent.changed", alva, {"colleagues": True}, {"colleagues": False}),
    ]


def test_names_are_found_by_their_parts(context: Flask, small: Small) -> None:
    for name in ("Åsa Öberg", "Per 100%", "Örjan Ek"):
        newcomer(small, name)
    host = person(small, "host")

    def found(words: str) -> list[str]:
        return [one.name for one in queries.bookable_for(host, words, limit=9)]

    assert found("åsa") == found("öb") == found("Åsa ÖBERG"[:6]) == ["Åsa Öberg"]
    assert found("100%") == ["Per 100%"] and found("%") == ["Per 100%"] and found("_") == []
    assert found("nobody") == [] and "Bo Ek" in found("ek")


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_it_is_the_holders_and_says_who_made_it(context: Flask, small: Small) -> None:
    friends(small)
    booking = book(small, title="Handledning")
    assert (booking.member_id, booking.booked_by_id) == (small.people["alva"], small.people["bo"])
    [row] = booking_queries.history(booking.id)
    assert (row.action, row.actor_id) == ("reserved", small.people["bo"])
    [told] = db.session.scalars(select(Notice))
    assert (told.member_id, told.kind, told.content["people"]) == (
        small.people["alva"], "booked-for-me", [small.people["bo"]],
    )  # fmt: skip
    assert told.content["booking"] == booking.id and "Bo" not in str(told.content)


def test_shown_as_the_holder_chose_and_hidden_where_the_booker_says(context: Flask, small: Small) -> None:
    friends(small)
    assert book(small, public=True).public is False  # Alva shows nothing
    with transaction():
        member(small, "alva").visible = True
    assert book(small, span=AFTERNOON, space=small.room, public=True).public is True
    assert book(small, span=at(TUESDAY, "16:00", "17:00"), public=False).public is False


def test_rules_are_those_of_the_holder(context: Flask, small: Small) -> None:
    """Desk, quota and house rules: whoever presses the button, it is the member's membership."""
    friends(small)
    reserve(small, "alva", small.a2, MORNING)
    with pytest.raises(Refused) as error:
        book(small)
    assert codes(error) == ["own-desk"]
    reserve(small, "bo", small.a3, MORNING)  # the booker's own desk is no matter
    assert book(small, space=small.room).booked_by_id == small.people["bo"]


def test_quota_and_ledger_are_the_holders(context: Flask, small: Small) -> None:
    friends(small)
    with transaction():
        one = Contents(names=("Ett", "One"), quotas=(Quota("desk", "week", "bookings", 1),), rates={"desk": 1000})
        plan = plans.add_plan(one, actor=None)
        free = plans.add_plan(Contents(names=("Fri", "Free")), actor=None)
        for who, number in (("alva", plan.id), ("bo", free.id)):
            plans.give(number, member_id=small.people[who], starts=MONDAY, now=NOW, actor=None)
    booking = book(small)
    [entry] = db.session.scalars(select(LedgerEntry))
    assert (entry.member_id, entry.plan_id, entry.booking_id) == (small.people["alva"], plan.id, booking.id)
    for booker in ("bo", "host"):
        with pytest.raises(Refused) as error:
            book(small, booker, span=AFTERNOON)
        assert codes(error) == ["quota-bookings"], booker
    assert reserve(small, "bo", small.a2, AFTERNOON).id  # the booker's own quota is untouched


def test_staff_need_no_answer_and_members_do(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), approval=2880)
    friends(small)
    assert book(small, "host", space=small.hall).state == "confirmed"
    assert book(small, "bo", space=small.hall, span=AFTERNOON).state == "requested"
    allow(small, "host", colleagues=True)
    befriend(small, "host", "bo")
    later = at(TUESDAY, "16:00", "17:00")
    assert book(small, "bo", "host", later, space=small.hall).state == "requested"  # a host's name opens no door


def test_staff_book_for_a_member_what_is_for_staff(context: Flask, small: Small) -> None:
    """`booked_by` asks for the role of who books; plan and quotas are the member's, also where a rule is tried."""
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.hall), booked_by="host")
        one = Contents(names=("Ett", "One"), standard=True, quotas=(Quota("hall", "week", "bookings", 9),))
        plans.add_plan(one, actor=None)
    friends(small)
    booking = book(small, "host", space=small.hall)
    assert (booking.member_id, booking.state) == (small.people["alva"], "confirmed")
    with pytest.raises(Refused) as error:
        book(small, "bo", space=small.hall, span=AFTERNOON)
    assert codes(error) == ["not-your-role"]
    befriend(small, "host", "bo")
    allow(small, "host", colleagues=True)
    with pytest.raises(Refused) as error:
        book(small, "bo", "host", space=small.hall, span=AFTERNOON)
    assert codes(error) == ["not-your-role"]
    [coming], _more = policies.coming(Scope(space=small.hall), NOW)
    assert (coming.role, coming.holder) == ("host", "member")


def test_new_house_rules_are_the_bookers_to_accept(context: Flask, small: Small) -> None:
    friends(small)
    booker = person(small, "bo")
    due = type(booker)(booker.id, booker.role, booker.name, booker.email, booker.visible, 0, True)
    with pytest.raises(Refused) as error, transaction():
        service.book_for(due, small.people["alva"], small.a1, MORNING, now=NOW, zone=ZONE)
    assert codes(error) == ["rules-new"]


def test_same_tap_is_one_booking_and_what_they_have_is_not_reworded(context: Flask, small: Small) -> None:
    friends(small)
    first = book(small, title="Ett", request_key="tap")
    assert book(small, title="Två", request_key="tap").id == first.id
    assert book(small, title="Två").id == first.id and first.title == "Ett"
    own = reserve(small, "alva", small.room, AFTERNOON, title="Mitt")
    with pytest.raises(Conflict) as error:
        book(small, space=small.room, span=AFTERNOON, title="Ditt")
    assert codes(error) == ["holder-has-it"]
    assert db.session.get_one(Booking, own.id).title == "Mitt"
    assert len(db.session.scalars(select(Notice)).all()) == 1


def test_nobody_books_for_who_is_away(context: Flask, small: Small) -> None:
    friends(small)
    with transaction() as session:
        session.add(Absence(member_id=small.people["alva"], first=TUESDAY, last=TUESDAY, made_at=NOW))
    with pytest.raises(Refused) as error:
        book(small)
    assert codes(error) == ["holder-away"]
    assert book(small, span=MORNING.shifted(timedelta(days=1))).id


def test_an_own_booking_costs_no_statement_more(app: Flask, context: Flask, small: Small) -> None:
    """Who books for nobody else pays nothing: no statement names a table of sharing."""
    with statements(app) as seen:
        reserve(small)
    tables = ("booking_consent", "guest", "booking_offer", "absence")
    assert [sql for sql in seen if any(table in sql for table in tables)] == []


# -- who may do what --------------------------------------------------------------------------------------------------


def test_booker_may_give_it_back_and_no_more(context: Flask, small: Small) -> None:
    friends(small)
    booking = book(small)
    bo = member(small, "bo")
    with pytest.raises(NotFound), transaction():
        bookings.move(bo, booking.id, space_id=small.a2, span=MORNING, now=NOW, zone=ZONE)
    with transaction():
        assert bookings.cancel(bo, booking.id, now=NOW).state == "cancelled"
        assert bookings.restore(bo, booking.id, now=NOW, zone=ZONE).state == "confirmed"
    with transaction():
        bookings.cancel(member(small, "alva"), booking.id, now=NOW)
    with pytest.raises(NotFound), transaction():
        bookings.restore(bo, booking.id, now=NOW, zone=ZONE)  # it was the holder's own word


def test_what_is_undone_at_once_is_not_told(context: Flask, small: Small) -> None:
    friends(small)
    booking = book(small)
    with transaction():
        bookings.cancel(member(small, "bo"), booking.id, now=NOW + timedelta(seconds=5))
    assert db.session.scalars(select(Notice)).all() == [] and db.session.scalars(select(Mail)).all() == []


def test_later_the_holder_hears_who_cancelled(context: Flask, small: Small) -> None:
    friends(small)
    booking = book(small)
    with transaction():
        bookings.cancel(member(small, "bo"), booking.id, now=NOW + timedelta(hours=1))
    told = db.session.scalars(select(Notice).order_by(Notice.id)).all()
    assert [row.kind for row in told] == ["booked-for-me", "booking-changed"]
    mail = db.session.scalars(select(Mail).order_by(Mail.id.desc())).first()
    assert mail
    letter = write(context, mail, Sender("station@example.org", "https://station.example"))
    said = f"{letter.title} {letter.lead} {letter.paragraphs}"
    assert "Bo E" in said and "på stationen" not in said


def test_mail_leads_to_it_and_cancels_it_without_a_login(
    app: Flask, small: Small, clock: Clock, client: FlaskClient
) -> None:
    with app.app_context():
        friends(small)
        booking_id = book(small).id
        [mail] = db.session.scalars(select(Mail))
        assert mail.receiver == "alva@example.org"
        letter = write(app, mail, Sender("station@example.org", "http://localhost"))
    assert letter.subject == "Bo E. har bokat A1, tis 24 nov 08–12 åt dig"
    assert letter.action == ("Visa bokningen", f"http://localhost/bookings/{booking_id}")
    assert letter.other
    link = letter.other[1].removeprefix("http://localhost")
    page = client.get(link)
    assert page.status_code == 200 and "Avboka A1" in page.text
    token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert client.post(link, data={"csrf_token": token}).status_code == 303
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).state == "cancelled"


# -- pages ------------------------------------------------------------------------------------------------------------


def test_sheet_offers_those_who_let_one_and_nobody_else(app: Flask, small: Small, bo: FlaskClient) -> None:
    path = f"/book/{small.a1}?date={TUESDAY}"
    assert "Åt någon annan" not in bo.get(path).text
    with app.app_context():
        friends(small)
    page = bo.get(path).text
    assert "Åt någon annan" in page and f'<option value="{small.people["alva"]}">Alva Lindqvist</option>' in page
    assert "Hanna Lund" not in page and "alva@example.org" not in page


def test_page_books_for_somebody_else_without_script(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
    alva = small.people["alva"]
    answer = post(bo, "/bookings", {**TAP, "space": small.a1, "for": alva, "title": "Möte"})
    assert answer.status_code == 303
    page = bo.get(answer.location).text
    assert "A1 är bokad för Alva Lindqvist" in page and "Bokad åt" in page and "Ändra</a>" not in page
    assert "Avboka" in page
    assert "Bokat åt andra" in bo.get("/bookings").text and "Alva Lindqvist" in bo.get("/bookings").text
    assert bo.get(f"{answer.location}/edit").status_code == 404
    own = log_in(browser(app), "alva")
    mine = own.get(answer.location).text
    assert "Bokad av" in mine and "Bo Ek" in mine and "Ändra</a>" in mine
    assert own.get(f"{answer.location}/edit").status_code == 200
    assert "har bokat" in own.get("/notifications").text
    assert post(bo, f"{answer.location}/cancel").status_code == 303
    assert "Ångra avbokningen" in bo.get(answer.location).text
    assert post(bo, f"{answer.location}/restore").status_code == 303
    assert post(own, f"{answer.location}/cancel").status_code == 303
    assert "Ångra avbokningen" not in bo.get(answer.location).text
    assert post(bo, f"{answer.location}/restore").status_code == 404


def test_page_says_why_not_and_offers_what_the_holder_may_have(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
        reserve(small, "alva", small.a2, MORNING)
        reserve(small, "host", small.a1, AFTERNOON)
    alva = small.people["alva"]
    answer = post(bo, "/bookings", {**TAP, "space": small.a1, "for": alva})
    assert answer.status_code == 422 and "Alva Lindqvist har ett annat skrivbord då" in answer.text
    assert "har redan" not in answer.text
    said = post(log_in(browser(app), "host"), "/bookings", {**TAP, "space": small.a1, "for": alva}).text
    assert "Alva Lindqvist har redan A2" in said
    assert f'<option value="{alva}" selected>' in answer.text
    taken = {**TAP, "start": "13:00", "end": "15:00", "space": small.a1, "for": alva}
    answer = post(bo, "/bookings", taken)
    assert answer.status_code == 409
    assert answer.text.count(f'name="for" value="{alva}"') == answer.text.count('class="alts"') * 3


def test_page_tells_nothing_of_the_holders_membership(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
        with transaction():
            one = Contents(names=("Ett", "One"), quotas=(Quota("desk", "week", "bookings", 1),))
            plan = plans.add_plan(one, actor=None)
            plans.give(plan.id, member_id=small.people["alva"], starts=MONDAY, now=NOW, actor=None)
        reserve(small, "alva", small.a2, AFTERNOON)
    wish = {**TAP, "space": small.a1, "for": small.people["alva"]}
    answer = post(bo, "/bookings", wish)
    assert answer.status_code == 422 and "Alva Lindqvist får inte den enligt sitt medlemskap" in answer.text
    assert "bokningar av" not in answer.text and "Ett" not in answer.text.partition("<main")[2]
    staff = post(log_in(browser(app), "host"), "/bookings", wish)
    assert staff.status_code == 422 and "Alva Lindqvist skulle läsa: Ett rymmer 1 bokningar" in staff.text


def test_one_press_on_what_is_offered_loses_nothing_that_was_typed(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
        reserve(small, "host", small.room, AFTERNOON)
        with transaction():
            member(small, "alva").visible = True
    wish = {
        "space": small.room, "date": str(TUESDAY), "preset": "own", "start": "13:00", "end": "15:00",
        "for": small.people["alva"], "title": "Möte <b>", "guests": "Karin Ek karin@guest.example\r\nOlle olle@guest.example",
    }  # fmt: skip
    answer = post(bo, "/bookings", wish)
    assert answer.status_code == 409
    form = answer.text.partition('class="alts"')[2].partition("</form>")[0]
    fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', form)}
    assert post(bo, "/bookings", fields).status_code == 303
    with app.app_context():
        [row] = db.session.scalars(select(Booking).where(Booking.member_id == small.people["alva"]))
        assert (row.title, row.public) == ("Möte <b>", False)
        assert [guest.name for guest in queries.guests(row.id)] == ["Karin Ek", "Olle"]
    shown = post(bo, "/bookings", {**wish, "visible": "1"}).text.partition('class="alts"')[2].partition("</form>")[0]
    assert 'name="visible" value="1"' in shown


def test_for_somebody_else_no_series_is_offered(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        friends(small)
    path = f"/book/{small.a1}?date={TUESDAY}"
    assert "/series/new" in bo.get(path).text
    assert "/series/new" not in bo.get(f"{path}&for={small.people['alva']}").text


def test_staff_read_what_the_holder_would(context: Flask) -> None:
    private = [
        Refusal("own-desk", "space", {"other": 2}),
        Refusal("no-plan"),
        Refusal("quota-bookings"),
        Refusal("past"),
    ]
    found = {staff: own_pages.for_holder(private[:2] + private[3:], "Alva", staff=staff) for staff in (True, False)}
    assert [one.code for one in found[True]] == ["own-desk", "holder-reads", "past"]
    assert [one.code for one in found[False]] == ["holder-desk", "holder-membership", "past"]
    assert own_pages.for_holder(private[1:3], "Alva", staff=False) == found[False][1:2]  # said once


@pytest.mark.parametrize("holder", ["host", "nobody", "999999", "x", "-1", "\0", "9" * 30])
def test_page_refuses_whom_one_may_not_book_for(app: Flask, small: Small, bo: FlaskClient, holder: str) -> None:
    with app.app_context():
        reserve(small, "host", small.a2, MORNING)
    number = small.people.get(holder, holder)
    answer = post(bo, "/bookings", {**TAP, "space": small.a1, "for": number})
    assert answer.status_code in (403, 422)
    assert "Hanna" not in answer.text and "A2" not in answer.text.partition("<main")[2].partition("</h2>")[0]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Booking)) == 1


def test_for_oneself_is_as_ever(app: Flask, small: Small, bo: FlaskClient) -> None:
    answer = post(bo, "/bookings", {**TAP, "space": small.a1, "for": small.people["bo"]})
    assert answer.status_code == 303
    with app.app_context():
        [row] = db.session.scalars(select(Booking))
        assert (row.member_id, row.booked_by_id) == (small.people["bo"], None)


def test_many_are_looked_for(app: Flask, small: Small, bo: FlaskClient) -> None:
    with app.app_context():
        names = [f"Vän{number:02} Larsson" for number in range(30)]
        for name in names:
            newcomer(small, name)
        school(small, "bo", *(name.split()[0].lower() for name in names))
        for name in names:
            allow(small, name.split()[0].lower(), organisation=True)
    page = bo.get(f"/book/{small.a1}?date={TUESDAY}&from=08:00&to=12:00").text
    assert page.count("Larsson</option>") == 25
    link = f"/book/for?space={small.a1}&amp;date={TUESDAY}&amp;from=08:00&amp;to=12:00"
    assert link in page
    with statements(app) as seen:
        found = bo.get(f"{link.replace('&amp;', '&')}&q=vän29").text
    assert found.count("Boka åt Vän") == 1 and len(seen) <= 4
    chosen = small.people["vän29"]
    assert f"/book/{small.a1}?date={TUESDAY}&amp;from=08:00&amp;to=12:00&amp;for={chosen}" in found
    sheet = bo.get(f"/book/{small.a1}?date={TUESDAY}&for={chosen}").text
    assert (
        f'<option value="{chosen}" selected>Vän29 Larsson</option>' in sheet and '<details class="more" open>' in sheet
    )


def test_staff_look_for_anybody_and_see_addresses(app: Flask, small: Small, bo: FlaskClient) -> None:
    host = log_in(browser(app), "host")
    assert "Leta efter någon" in host.get(f"/book/{small.a1}?date={TUESDAY}").text
    assert "alva@example.org" in host.get(f"/book/for?space={small.a1}&q=alva").text
    assert "example.org" not in bo.get(f"/book/for?space={small.a1}").text.partition("<main")[2]
    assert bo.get("/book/for").status_code == bo.get("/book/for?space=999").status_code == 404


def test_sheet_costs_one_statement_however_many(app: Flask, small: Small, bo: FlaskClient) -> None:
    def cost() -> int:
        bo.get(f"/book/{small.a1}?date={TUESDAY}", headers={"X-Part": "sheet"})
        with statements(app) as seen:
            bo.get(f"/book/{small.a1}?date={TUESDAY}", headers={"X-Part": "sheet"})
        return len(seen)

    nobody = cost()
    with app.app_context():
        friends(small)
    one = cost()
    with app.app_context():
        newcomer(small, "Siv Ek")
        befriend(small, "siv", "bo")
        allow(small, "siv", colleagues=True)
    assert cost() == one == nobody + 1  # where nobody lets anybody book for them, nobody is looked for


def test_consent_page_says_and_stores_it(app: Flask, small: Small, alva: FlaskClient) -> None:
    page = alva.get("/account/sharing").text
    assert "Du hör inte till någon just nu" in page and "checked" not in page.partition("<main")[2]
    assert post(alva, "/account/sharing", {"colleagues": "y"}).status_code == 303
    with app.app_context():
        row = queries.consent(small.people["alva"])
        assert row and (row.organisation, row.colleagues) == (False, True)
    assert post(alva, "/account/sharing", {}).status_code == 303
    with app.app_context():
        assert queries.consent(small.people["alva"]) is None
        school(small, "alva")
    assert "Det är Skolan." in alva.get("/account/sharing").text


def test_named_people_may_and_nobody_learns_who_is_a_member(
    app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient
) -> None:
    typed = {"people": "BO@example.org, nobody@guest.example\nbo@example.org"}
    assert post(alva, "/account/sharing", typed).status_code == 303
    assert "\nbo@example.org\nnobody@guest.example</textarea>" in alva.get("/account/sharing").text.replace("\r", "")
    with app.app_context():
        assert queries.may_book_for(person(small, "bo"), small.people["alva"])
        assert not queries.may_book_for(person(small, "alva"), small.people["bo"])
        assert book(small).member_id == small.people["alva"]
    for wrong in ("bo", " ".join(f"x{number}@guest.example" for number in range(21))):
        answer = post(alva, "/account/sharing", {"people": wrong})
        assert answer.status_code == 422 and 'class="err"' in answer.text and wrong[:9] in answer.text
    assert post(alva, "/account/sharing", {"people": ""}).status_code == 303
    with app.app_context():
        assert queries.consent(small.people["alva"]) is None and queries.named(small.people["alva"]) == []
        with pytest.raises(NotAllowed):
            book(small, span=AFTERNOON)
