"""What members are told of their own bookings: one mail for what happened, nothing for what was undone, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from innovation_station.bookings import answers, presence, service, telling
from innovation_station.bookings.models import Booking
from innovation_station.bookings.telling import BOOKED, CANCELLED, KINDS, MOVED, UNDO, news
from innovation_station.db import db, transaction
from innovation_station.mail import service as outbox
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices import service as notices
from innovation_station.notices.models import Notice
from innovation_station.notices.rules import Choice, MailWay, Quiet
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, statements, token_in

SPAN, LATER = at(TUESDAY, "13:00", "17:00"), at(TUESDAY, "08:00", "11:30")
SENDER = Sender("Stationen <hej@station.example>", "https://station.example")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


class House:
    """The small house with Alva in it, who books; what she is told."""

    def __init__(self, app: Flask, small: Small) -> None:
        self.app, self.small, self.now = app, small, NOW

    def who(self, name: str = "alva") -> Member:
        return db.session.get_one(Member, self.small.people[name])

    def book(self, span: Any = SPAN, space: int = 0, **more: Any) -> int:
        with transaction():
            return service.reserve(self.who(), space or self.small.a1, span, now=self.now, zone=ZONE, **more).id

    def move(self, made: int, span: Any = LATER, space: int = 0, by: str = "alva", **more: Any) -> None:
        with transaction():
            service.move(
                self.who(by), made, space_id=space or self.small.a1, span=span, now=self.now, zone=ZONE, **more
            )

    def cancel(self, made: int, by: str = "alva") -> None:
        with transaction():
            service.cancel(self.who(by), made, now=self.now)

    def restore(self, made: int, by: str = "alva") -> None:
        with transaction():
            service.restore(self.who(by), made, now=self.now, zone=ZONE)

    def mails(self) -> list[Mail]:
        """Give what waits to be sent to Alva."""
        hers = (Mail.state == "queued", Mail.member_id == self.small.people["alva"])
        found = list(db.session.scalars(select(Mail).where(*hers).order_by(Mail.id)))
        db.session.rollback()
        return found

    def subjects(self) -> list[str]:
        return [str(self.letter(mail)["Subject"]) for mail in self.mails()]

    def letter(self, mail: Mail | None = None) -> EmailMessage:
        found = compose(self.app, mail or self.mails()[-1], SENDER)
        db.session.rollback()
        return found

    def leave(self) -> None:
        """Let all that waits leave, and a minute pass."""
        with transaction():
            for mail in db.session.scalars(select(Mail).where(Mail.state == "queued")).all():
                mail.state, mail.content = "sent", None
        self.now += timedelta(minutes=1)

    def choose(self, mail: MailWay = "now", in_app: bool = False, quiet: Quiet | None = None) -> None:
        with transaction():
            wishes = {kind.name: Choice(mail, in_app) for kind in KINDS}
            notices.choose(self.small.people["alva"], wishes, digest="daily", quiet=quiet)

    def listed(self) -> list[str]:
        found = [notice.content["action"] for notice in db.session.scalars(select(Notice).order_by(Notice.id))]
        db.session.rollback()
        return found


@pytest.fixture
def house(app: Flask, small: Small) -> Iterator[House]:
    with app.app_context():
        yield House(app, small)


def calendar_in(message: EmailMessage) -> icalendar.Calendar:
    [file] = [part for part in message.walk() if part.get_content_type() == "application/ics"]
    return icalendar.Calendar.from_ical(file.get_content())


def told(message: EmailMessage) -> list[Any]:
    """Give method, status, sequence and start of what a mail tells calendar programs."""
    found = calendar_in(message)
    return [(str(found["METHOD"]), str(e["STATUS"]), e["SEQUENCE"], e.start) for e in found.walk("VEVENT")]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


# -- one thing, one mail -----------------------------------------------------------------------------------------------


def test_booking_is_told_after_the_time_of_the_undo(house: House) -> None:
    house.book()
    [mail] = house.mails()
    assert (mail.due_at, mail.member_id, mail.receiver) == (NOW + UNDO, house.small.people["alva"], "alva@example.org")
    message = house.letter(mail)
    assert message["Subject"] == "A1 är din, tisdag 24 november 13–17"
    assert told(message) == [("REQUEST", "CONFIRMED", 0, SPAN.start)]


def test_each_step_has_its_mail_with_the_next_number(house: House) -> None:
    made = house.book()
    house.leave()
    house.move(made)
    assert house.subjects() == ["Din bokning är nu A1, tisdag 24 november 08–11.30"]
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 1, LATER.start)]
    assert "Förut var den A1, tisdag 24 november 13–17." in text_of(house.letter())
    house.leave()
    house.cancel(made)
    assert house.subjects() == ["A1 är avbokad, tisdag 24 november 08–11.30"]
    assert told(house.letter()) == [("CANCEL", "CANCELLED", 2, LATER.start)]
    house.leave()
    house.restore(made)
    assert house.subjects() == ["A1 är din igen, tisdag 24 november 08–11.30"]
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 3, LATER.start)]


def test_what_is_undone_is_not_told(house: House) -> None:
    made = house.book()
    house.now += 9 * SECOND
    house.cancel(made)
    assert house.mails() == []
    again = house.book()
    house.leave()
    house.cancel(again)
    house.now += 9 * SECOND
    house.restore(again)
    assert house.mails() == []
    house.move(again, LATER)
    house.now += 9 * SECOND
    house.move(again, SPAN)
    assert house.mails() == []


def test_what_has_not_left_is_put_together(house: House) -> None:
    made = house.book()
    house.now += 5 * SECOND
    house.move(made)
    assert (
        house.subjects() == ["A1 är din, tisdag 24 november 08–11.30"] and house.mails()[0].due_at == house.now + UNDO
    )
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 1, LATER.start)]
    house.leave()
    house.move(made, SPAN, house.small.a2)
    house.move(made, SPAN, house.small.a3)
    assert house.subjects() == ["Din bokning är nu A3, tisdag 24 november 13–17"]
    assert "Förut var den A1, tisdag 24 november 08–11.30." in text_of(house.letter())
    house.cancel(made)
    assert house.subjects() == ["A3 är avbokad, tisdag 24 november 13–17"]


def test_evening_in_quiet_hours_is_one_mail_in_the_morning(house: House) -> None:
    house.choose(quiet=Quiet(20 * 60, 7 * 60))
    house.now = at(MONDAY, "21:00", "22:00").start
    gone, kept = house.book(), house.book(at(TUESDAY, "13:00", "14:00"), house.small.room)
    assert {mail.due_at for mail in house.mails()} == {at(TUESDAY, "07:00", "08:00").start}
    house.now += HOUR
    house.cancel(gone)
    house.move(kept, at(TUESDAY, "15:00", "16:00"), house.small.room)
    assert house.subjects() == ["Hågelby är din, tisdag 24 november 15–16"]


def test_mail_that_is_leaving_is_not_taken_back(house: House) -> None:
    made = house.book()
    with transaction():
        db.session.execute(update(Mail).values(due_at=NOW))
        assert outbox.claim("worker", now=NOW)
    house.cancel(made)
    assert house.subjects() == ["A1 är avbokad, tisdag 24 november 13–17"]


def test_new_title_is_no_news_but_stands_in_what_has_not_left(house: House) -> None:
    made = house.book(title="Möte")
    house.move(made, SPAN, title="Rådslag")
    assert "Rådslag" in text_of(house.letter()) and len(house.mails()) == 1
    assert str(calendar_in(house.letter()).walk("VEVENT")[0]["SUMMARY"]) == "Rådslag (Skrivbord A1)"
    house.leave()
    house.move(made, SPAN, title="Samråd")
    assert house.mails() == []


def test_who_comes_is_told_nothing_and_who_leaves_early_or_stays_has_it_in_the_calendar(house: House) -> None:
    made = house.book(at(MONDAY, "08:00", "12:00"))
    house.leave()
    with transaction():
        presence.check_in(house.who(), made, now=house.now)
    assert house.mails() == []
    longer = at(MONDAY, "08:00", "13:00").end
    with transaction():
        presence.extend(house.who(), made, longer, now=house.now, zone=ZONE)
    assert house.subjects() == ["Din bokning är nu A1, måndag 23 november 08–13"]
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 1, at(MONDAY, "08:00", "13:00").start)]
    house.leave()
    with transaction():
        presence.end_now(house.who(), made, now=house.now + HOUR, zone=ZONE)
    [entry] = calendar_in(house.letter()).walk("VEVENT")
    assert (entry["SEQUENCE"], entry.end) == (2, house.now + HOUR)


def test_who_did_not_come_has_what_is_left_in_the_calendar(house: House) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, house.small.a1), check_in=15)
    made = house.book(at(MONDAY, "09:00", "12:00"))
    house.leave()
    with transaction():
        assert presence.remind(made, now=at(MONDAY, "09:10", "12:00").start)
    house.leave()
    house.now = at(MONDAY, "09:15", "12:00").start
    with transaction():
        assert presence.release(made, now=house.now, zone=ZONE)
    [entry] = calendar_in(house.letter()).walk("VEVENT")
    assert (entry["SEQUENCE"], entry.end, str(entry["SUMMARY"])[:6]) == (1, house.now, "Släppt")


def test_what_is_rolled_back_is_not_told(house: House) -> None:
    with pytest.raises(RuntimeError), transaction():
        service.reserve(house.who(), house.small.a1, SPAN, now=NOW, zone=ZONE)
        raise RuntimeError
    assert house.mails() == []


def test_repeated_submit_is_one_mail(house: House) -> None:
    assert house.book(request_key="k") == house.book(request_key="k") == house.book()
    assert len(house.mails()) == 1


def test_request_that_waits_for_an_answer_is_tentative(house: House) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, house.small.hall), approval=48 * 60)
    house.book(space=house.small.hall)
    message = house.letter()
    assert message["Subject"] == "Du har frågat efter Scenen, tisdag 24 november 13–17"
    assert told(message) == [("REQUEST", "TENTATIVE", 0, SPAN.start)]
    assert "Tiden hålls för dig tills stationen har svarat." in text_of(message)


@pytest.mark.parametrize(("answer", "told_of"), [
    (answers.approve, ("REQUEST", "CONFIRMED", 1)), (answers.decline, ("CANCEL", "CANCELLED", 1)),
])  # fmt: skip
def test_answer_reaches_the_calendar(house: House, answer: Any, told_of: tuple[str, str, int]) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, house.small.hall), approval=48 * 60)
    made = house.book(space=house.small.hall)
    house.leave()
    with transaction():
        answer(house.who("host"), made, now=house.now)
    [one] = told(house.letter())
    assert one[:3] == told_of and len(house.mails()) == 1


KNEW = {"space": 1, "start": "a", "end": "b", "state": "confirmed"}


@pytest.mark.parametrize(
    ("knew", "now", "expected"),
    [
        (None, {}, "reserved"), (None, {"state": "cancelled"}, None), ({}, {}, None), ({}, {"space": 2}, "moved"),
        ({}, {"start": "c"}, "moved"), ({}, {"end": "c"}, "moved"), ({}, {"state": "cancelled"}, "cancelled"),
        ({}, {"state": "cancelled", "start": "c"}, "cancelled"), ({"state": "cancelled"}, {}, "restored"),
        ({"state": "cancelled"}, {"state": "cancelled"}, None), ({"state": "requested"}, {}, None),
        ({"state": "no-show"}, {}, None), ({}, {"state": "requested", "end": "c"}, "moved"), ({"state": "cancelled"}, {"state": "requested"}, "restored"),
    ],
)  # fmt: skip
def test_news_are_what_one_did_not_know(knew: dict[str, Any] | None, now: dict[str, Any], expected: str | None) -> None:
    assert news(None if knew is None else {**KNEW, **knew}, {**KNEW, **now}) == expected


# -- as the member chose -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mail", "in_app", "mails", "listed"), [
    ("now", False, 1, 0), ("now", True, 1, 1), ("off", False, 0, 0), ("off", True, 0, 1), ("digest", False, 0, 1),
])  # fmt: skip
def test_ways_are_those_that_were_chosen(house: House, mail: MailWay, in_app: bool, mails: int, listed: int) -> None:
    house.choose(mail, in_app)
    made = house.book()
    assert (len(house.mails()), len(house.listed())) == (mails, listed)
    house.cancel(made)
    assert (house.mails(), house.listed()) == ([], []), "undone by every way"


def test_who_has_left_is_told_nothing(house: House) -> None:
    made = house.book()
    house.leave()
    with transaction():
        house.who().state = "paused"
    house.cancel(made, by="host")
    assert house.mails() == []


def test_mails_of_the_kind_end_by_one_press(app: Flask, house: House, client: FlaskClient) -> None:
    house.book()
    [mail] = house.mails()
    assert client.post(str(mail.unsubscribe_url)).status_code == 200
    house.book(at(TUESDAY, "08:00", "09:00"), house.small.room)
    assert len(house.mails()) == 1


# -- by the station ----------------------------------------------------------------------------------------------------


def test_what_staff_change_reaches_the_calendar_too(house: House) -> None:
    made = house.book()
    house.leave()
    house.move(made, by="host")
    assert house.subjects() == ["Din bokning är nu A1, tis 24 nov 08–11.30"]
    message = house.letter()
    assert told(message) == [("REQUEST", "CONFIRMED", 1, LATER.start)]
    assert "Någon på stationen har flyttat den." in text_of(message) and "/do/" in text_of(message)
    house.leave()
    house.cancel(made, by="host")
    assert told(house.letter()) == [("CANCEL", "CANCELLED", 2, LATER.start)]
    assert "/do/" not in text_of(house.letter()), "who cancels for the house is not overruled by a link"


def test_own_mail_and_the_stations_keep_their_order(house: House) -> None:
    made = house.book()
    house.now += SECOND
    house.cancel(made, by="host")
    first, second = house.mails()
    assert first.due_at < second.due_at
    assert [told(house.letter(mail))[0][:3] for mail in (first, second)] == [
        ("REQUEST", "CONFIRMED", 0), ("CANCEL", "CANCELLED", 1),
    ]  # fmt: skip


def test_what_staff_change_several_times_is_one_mail_or_none(house: House) -> None:
    made = house.book()
    house.leave()
    house.move(made, by="host")
    house.now += SECOND
    house.cancel(made, by="host")
    assert house.subjects() == ["A1 är avbokad, tis 24 nov 13–17"], "what the member knows of"
    assert told(house.letter())[0][:3] == ("CANCEL", "CANCELLED", 2)
    house.now += SECOND
    house.restore(made, by="host")
    assert house.subjects() == ["Din bokning är nu A1, tis 24 nov 08–11.30"]
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 3, LATER.start)]
    assert "13–17" in text_of(house.letter()) and house.listed() == ["moved"]
    house.now += SECOND
    house.move(made, SPAN, by="host")
    assert house.mails() == [] and house.listed() == []


def test_what_staff_change_after_the_mail_has_left_is_told_by_the_next(house: House) -> None:
    made = house.book()
    house.leave()
    house.move(made, by="host")
    house.leave()
    house.move(made, SPAN, by="host")
    assert house.subjects() == ["Din bokning är nu A1, tis 24 nov 13–17"]
    assert house.listed() == ["moved", "moved"]


# -- several at once ---------------------------------------------------------------------------------------------------


def spans(count: int) -> list[Any]:
    return [at(TUESDAY + timedelta(days=7 * week), "13:00", "17:00") for week in range(count)]


def book_series(house: House, count: int = 3) -> list[int]:
    with transaction(), telling.gathered(now=house.now):
        return [
            service.reserve(house.who(), house.small.a1, span, now=house.now, zone=ZONE).id for span in spans(count)
        ]


def test_series_is_one_mail_with_one_file(house: House) -> None:
    book_series(house)
    assert house.subjects() == ["3 bokningar är dina"]
    message = house.letter()
    assert told(message) == [("PUBLISH", "CONFIRMED", 0, span.start) for span in spans(3)]
    text = text_of(message)
    assert all(
        line in text for line in ("A1:       tisdag 24 november 13–17", "tisdag 1 december 13–17", "/bookings\n")
    )
    assert "/do/" not in text


def test_several_that_were_asked_for_are_not_said_to_be_ones_own(house: House) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, house.small.a1), approval=2880)
    book_series(house)
    assert house.subjects() == ["Du har frågat efter 3 platser"]
    assert "Tiden hålls för dig tills stationen har svarat." in text_of(house.letter())


def test_one_of_a_series_is_taken_out_of_the_mail_that_has_not_left(house: House) -> None:
    first, second, third = book_series(house)
    house.cancel(first)
    assert house.subjects() == ["2 bokningar är dina"]
    assert [start for *_more, start in told(house.letter())] == [span.start for span in spans(3)[1:]]
    house.cancel(third)
    assert house.subjects() == ["A1 är din, tisdag 1 december 13–17"]
    assert told(house.letter()) == [("REQUEST", "CONFIRMED", 0, spans(2)[1].start)]
    house.cancel(second)
    assert house.mails() == []


def test_series_that_is_cancelled_is_one_mail(house: House) -> None:
    made = book_series(house)
    house.leave()
    with transaction(), telling.gathered(now=house.now):
        for one in made:
            service.cancel(house.who(), one, now=house.now)
    assert house.subjects() == ["3 bokningar är avbokade"]
    assert {entry[:3] for entry in told(house.letter())} == {("PUBLISH", "CANCELLED", 1)}


def test_gathering_of_one_is_like_none(house: House) -> None:
    book_series(house, 1)
    assert house.subjects() == ["A1 är din, tisdag 24 november 13–17"]
    assert told(house.letter())[0][0] == "REQUEST"


def test_gathering_tells_nothing_of_what_failed(house: House) -> None:
    with pytest.raises(RuntimeError), transaction(), telling.gathered(now=NOW):
        service.reserve(house.who(), house.small.a1, SPAN, now=NOW, zone=ZONE)
        raise RuntimeError
    with transaction(), telling.gathered(now=NOW):
        with pytest.raises(RuntimeError), telling.gathered(now=NOW), db.session.begin_nested():
            service.reserve(house.who(), house.small.a1, SPAN, now=NOW, zone=ZONE)
            raise RuntimeError
        with telling.gathered(now=NOW):
            service.reserve(house.who(), house.small.room, SPAN, now=NOW, zone=ZONE)
    assert house.subjects() == ["Hågelby är din, tisdag 24 november 13–17"]
    house.book(LATER)
    assert len(house.mails()) == 2, "and it is over"


def test_long_list_says_how_many_more(house: House) -> None:
    with transaction(), telling.gathered(now=NOW):
        for hour in range(36):
            day = TUESDAY + timedelta(days=hour // 9)
            span = at(day, f"{8 + hour % 9:02}:00", f"{9 + hour % 9:02}:00")
            service.reserve(house.who(), house.small.room, span, now=NOW, zone=ZONE)
    assert house.subjects() == ["36 bokningar är dina"]
    assert "6 till står i listan." in text_of(house.letter()) and len(told(house.letter())) == 36


def test_staff_who_end_a_membership_write_one_mail(house: House) -> None:
    made = book_series(house)
    house.leave()
    with transaction(), telling.gathered(now=house.now):
        for one in made:
            service.cancel(house.who("host"), one, now=house.now)
    assert house.subjects() == ["3 bokningar är avbokade"] and house.listed() == ["cancelled"]


# -- what it says ------------------------------------------------------------------------------------------------------

GOLDEN = """A1 är din

Tisdag 24 november 2026, 13.00–17.00

Plats:    Skrivbord A1, Perrongen
Rubrik:   Möte
Kalender: Filen är bifogad. Prenumererar du sköts det åt dig.

Visa bokningen:
https://station.example/bookings/1

Avboka:
https://station.example/do/TOKEN

”Avboka” öppnar en sida där du bekräftar. Inget händer av att länken
öppnas.

--\x20
Du får det här mejlet för att bokningen är din. Välj vad du får veta
under Mitt konto, Notiser.
Teststationen

Sluta få sådana mejl:
https://station.example/notifications/end/TOKEN
"""


def plain(message: EmailMessage) -> str:
    return re.sub(r"(/do/|/end/)\S+", r"\1TOKEN", text_of(message))


def test_letter_reads_well(house: House) -> None:
    house.book(title="Möte")
    assert plain(compose(house.app, house.mails()[-1], Sender("a@b.example", "https://station.example", house="Teststationen"))) == GOLDEN  # fmt: skip


def test_letter_in_english(house: House) -> None:
    with transaction():
        house.who().language = "en"
    house.book()
    message = house.letter()
    assert message["Subject"] == "A1 is yours, Tuesday 24 November 13–17"
    text = text_of(message)
    for line in (
        "A1 is yours\n",
        "Tuesday 24 November 2026, 13:00–17:00",
        "Desk A1, The Platform",
        "Cancel the booking:",
    ):
        assert line in text
    assert str(calendar_in(message).walk("VEVENT")[0]["SUMMARY"]) == "Desk A1"


def test_html_has_one_button_and_one_small_link(house: House) -> None:
    house.book(title="<b>http://evil.example</b>")
    body = house.letter().get_body(("html",))
    assert body
    html = body.get_content()
    links = re.findall(r'href="([^"]*)"', html)
    assert [re.sub(r"[^/]*$", "", link) for link in links] == [
        "https://station.example/bookings/", "https://station.example/do/", "https://station.example/notifications/end/",
    ]  # fmt: skip
    assert html.count("background:#0a6a4f") == 1 and "<b>" not in html and "evil.example" not in html


def test_names_of_places_are_texts(house: House) -> None:
    with transaction():
        db.session.get_one(Space, house.small.room).name = "<i>evil.example\r\nBcc: x</i>"
        spaces.changed()
    house.book(space=house.small.room)
    message = house.letter()
    html = message.get_body(("html",))
    assert html and "<i>" not in html.get_content()
    assert "evil.example" not in html.get_content().partition("<body")[2] + text_of(message)
    assert "Bcc" not in message and len(str(message["Subject"]).splitlines()) == 1


def test_link_of_the_mail_cancels_and_that_of_the_next_takes_it_back(
    house: House, client: FlaskClient, clock: Clock
) -> None:
    made = house.book()
    [cancel] = re.findall(r"/do/\S+", text_of(house.letter()))
    house.leave()
    clock.now = house.now
    page = client.get(cancel).text
    assert client.post(cancel, data={"csrf_token": token_in(page)}).status_code == 303
    assert house.subjects() == ["A1 är avbokad, tisdag 24 november 13–17"]
    [back] = re.findall(r"/do/\S+", text_of(house.letter()))
    assert "Ångra avbokningen:" in text_of(house.letter())
    assert client.post(back, data={"csrf_token": token_in(client.get(back).text)}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Booking, made).state == "confirmed" and house.mails() == [], "within the time of the undo"


def test_booking_of_several_days_says_both(house: House) -> None:
    values = {"start": SPAN.start.isoformat(), "end": (SPAN.end + timedelta(days=1)).isoformat()}
    assert telling.when_of(values) == "tisdag 24 november 13 – onsdag 25 november 17"
    assert (
        telling.when_of({**values, "end": at(TUESDAY, "13:00", "23:59").end.isoformat()}, short=True)
        == "tis 24 nov 13–23.59"
    )


def test_mail_queued_by_the_version_before_is_still_written(house: House) -> None:
    old = {
        "action": "cancelled",
        "booking": 1,
        "place": "A1",
        "start": SPAN.start.isoformat(),
        "end": SPAN.end.isoformat(),
    }
    with transaction():
        notices.notify(telling.CHANGED, house.small.people["alva"], old, now=NOW)
    assert house.subjects() == ["A1 är avbokad, tis 24 nov 13–17"] and "Plats: A1" in text_of(house.letter())


# -- what it costs -----------------------------------------------------------------------------------------------------


def test_mail_of_a_booking_is_one_statement(
    app: Flask, house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost() -> list[str]:
        with statements(app) as seen:
            made = house.book(at(TUESDAY, f"{8 + len(counts):02}:00", f"{9 + len(counts):02}:00"))
        assert made
        return seen

    counts: list[int] = []
    cost()  # the house is read
    counts.append(0)
    with_mail = cost()
    counts.append(len(with_mail))
    with monkeypatch.context() as patch:
        patch.setattr(telling, "booked", lambda *_: None)
        counts.append(len(cost()))
    assert counts[1] - counts[2] == 1
    assert len([statement for statement in with_mail if statement.startswith("INSERT INTO mail ")]) == 1


def test_bell_is_not_rung_for_what_is_held(house: House) -> None:
    with transaction():
        service.reserve(house.who(), house.small.a1, SPAN, now=NOW, zone=ZONE)
        assert "mail_queued" not in db.session.info


def test_pages_book_and_undo_without_a_word(app: Flask, small: Small, alva: FlaskClient, house: House) -> None:
    data = {"csrf_token": token_in(alva.get("/book").text), "space": small.a1, "date": str(TUESDAY), "start": "13:00", "end": "17:00"}  # fmt: skip
    made = alva.post("/bookings", data=data).location
    assert house.subjects() == ["A1 är din, tisdag 24 november 13–17"]
    alva.post(f"{made}/cancel", data=data)
    assert house.mails() == []


def test_settings_offer_the_kinds(app: Flask, alva: FlaskClient) -> None:
    page = alva.get("/account/notifications").text
    for words in ("Jag bokar", "Jag ändrar en bokning", "Jag avbokar", "Stationen ändrar min bokning"):
        assert words in page
    assert {BOOKED.default, MOVED.default, CANCELLED.default} == {Choice("now", False)}
