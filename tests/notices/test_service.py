"""What reaches a member, by which way and when; taken back, gathered, ended, forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from innovation_station import personal
from innovation_station.bookings import service as bookings
from innovation_station.bookings.telling import CHANGED, UNDO
from innovation_station.db import db, transaction
from innovation_station.errors import NotFound, Refused
from innovation_station.mail.compose import Sender, compose
from innovation_station.mail.models import Mail
from innovation_station.members.models import Member
from innovation_station.notices import queries, schedule, service
from innovation_station.notices.models import Notice
from innovation_station.notices.rules import DIGEST, KEPT_FOR, Choice, Frequency, MailWay, Quiet
from innovation_station.personal import DataClass, Subject
from tests.conftest import MONDAY, NOW, PEOPLE, TUESDAY, ZONE, Clock, Small, at

pytestmark = pytest.mark.usefixtures("context")
SPAN = at(TUESDAY, "09:00", "11:00")
VALUES = {
    "action": "cancelled",
    "booking": 1,
    "place": "A1",
    "start": SPAN.start.isoformat(),
    "end": SPAN.end.isoformat(),
}


def tell(small: Small, *, now: datetime = NOW, **more: Any) -> Notice | None:
    with transaction():
        return service.notify(CHANGED, small.people["alva"], VALUES, now=now, **more)


def choose(
    small: Small, mail: MailWay, in_app: bool = True, digest: Frequency = "daily", quiet: Quiet | None = None
) -> None:
    with transaction():
        service.choose(small.people["alva"], {CHANGED.name: Choice(mail, in_app)}, digest=digest, quiet=quiet)


def mails() -> list[Mail]:
    found = list(db.session.scalars(select(Mail).order_by(Mail.id)))
    db.session.rollback()
    return found


def notices() -> list[Notice]:
    found = list(db.session.scalars(select(Notice).order_by(Notice.id)))
    db.session.rollback()
    return found


@pytest.mark.parametrize(
    ("mail", "in_app", "digest", "expected"),
    [
        ("now", True, "daily", (1, True, False)),
        ("now", False, "daily", (1, False, False)),
        ("digest", True, "daily", (0, True, True)),
        ("digest", False, "daily", (0, False, True)),
        ("digest", True, "off", (0, True, False)),
        ("off", True, "daily", (0, True, False)),
    ],
)
def test_each_way_is_what_was_chosen(
    small: Small, mail: MailWay, in_app: bool, digest: Frequency, expected: tuple[int, bool, bool]
) -> None:
    choose(small, mail, in_app, digest)
    assert tell(small)
    [notice] = notices()
    assert (len(mails()), notice.in_app, notice.digest) == expected
    assert (notice.read_at is None) == in_app


@pytest.mark.parametrize(("mail", "digest"), [("off", "daily"), ("digest", "off")])
def test_nothing_chosen_is_nothing_kept(small: Small, mail: MailWay, digest: Frequency) -> None:
    choose(small, mail, False, digest)
    assert tell(small) is None and notices() == [] and mails() == []


def test_who_has_left_is_told_nothing(small: Small) -> None:
    with transaction():
        db.session.get_one(Member, small.people["alva"]).state = "paused"
    assert tell(small) is None and notices() == [] and mails() == []


def test_mail_waits_for_the_undo_and_for_quiet_hours(small: Small) -> None:
    tell(small, hold_until=NOW + UNDO)
    assert mails()[-1].due_at == NOW + UNDO
    choose(small, "now", quiet=Quiet(22 * 60, 7 * 60))
    late = at(MONDAY, "22:30", "23:00").start
    tell(small, now=late, hold_until=late + UNDO)
    assert mails()[-1].due_at == at(TUESDAY, "07:00", "08:00").start
    just_before = at(MONDAY, "22:00", "23:00").start - timedelta(seconds=5)
    tell(small, now=just_before, hold_until=just_before + UNDO)  # the undo ends in the quiet
    assert mails()[-1].due_at == at(TUESDAY, "07:00", "08:00").start


def test_once_is_once_a_subject(small: Small) -> None:
    assert tell(small, subject="x", once=True) and tell(small, subject="x", once=True) is None
    assert tell(small, subject="y", once=True) and len(notices()) == 2


def test_who_is_told_anew_under_an_old_number_gets_the_mail(small: Small) -> None:
    """SQLite gives numbers of deleted rows again; the mail that has left under it must not stand for the new one."""
    tell(small, subject="x")
    with transaction():
        db.session.execute(update(Mail).values(state="sent", content=None))
        service.recall(CHANGED, small.people["alva"], "x")
    tell(small, now=NOW + timedelta(seconds=1), subject="y")
    assert [mail.state for mail in mails()] == ["sent", "queued"]


def test_letter_says_it_in_the_receivers_language_and_can_be_ended_by_one_press(app: Flask, small: Small) -> None:
    with transaction():
        db.session.get_one(Member, small.people["alva"]).language = "en"
    tell(small)
    [mail] = mails()
    message = compose(app, mail, Sender("Stationen <hej@station.example.org>", "https://station.example.org"))
    assert message["Subject"] == "A1 is cancelled, Tue 24 Nov 09–11"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Unsubscribe"]).startswith("<https://station.example.org/notifications/end/")
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (
        "Somebody at the station cancelled your booking." in text and "https://station.example.org/bookings/1" in text
    )


def test_digest_gathers_what_waits_once(app: Flask, small: Small) -> None:
    choose(small, "digest")
    for _ in range(23):
        tell(small)
    assert schedule.digest(at(TUESDAY, "07:30", "08:00").start) == "1 digests"
    assert schedule.digest(at(TUESDAY, "07:31", "08:00").start) == "0 digests"
    [mail] = mails()
    message = compose(app, mail, Sender("Stationen <hej@station.example.org>", "https://station.example.org"))
    assert "23 saker har hänt" in str(message["Subject"])
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("A1 är avbokad") == 20 and "3 till står i listan" in text and "/notifications\n" in text
    assert message["List-Unsubscribe"]


def test_weekly_digest_waits_for_monday_and_quiet_hours_hold_it(small: Small) -> None:
    choose(small, "digest", digest="weekly", quiet=Quiet(22 * 60, 9 * 60))
    tell(small)
    assert schedule.digest(at(TUESDAY, "07:30", "08:00").start) == "0 digests"
    monday = MONDAY + timedelta(days=7)
    assert schedule.digest(at(monday, "07:30", "08:00").start) == "1 digests"
    assert mails()[-1].due_at == at(monday, "09:00", "10:00").start


def test_what_is_no_longer_for_the_digest_leaves_it(small: Small) -> None:
    choose(small, "digest")
    tell(small)
    choose(small, "off")
    assert schedule.digest(at(TUESDAY, "07:30", "08:00").start) == "0 digests" and mails() == []


def test_ending_mails_keeps_the_list(small: Small) -> None:
    alva = small.people["alva"]
    for _ in range(2):
        with transaction():
            service.end_mail(CHANGED, alva)
    assert queries.choices(alva) == {CHANGED.name: Choice("off", True)}
    tell(small)
    assert len(notices()) == 1 and mails() == []


def test_ending_the_digest_keeps_quiet_hours(small: Small) -> None:
    alva = small.people["alva"]
    choose(small, "digest", quiet=Quiet(60, 120))
    tell(small)
    with transaction():
        service.end_mail(None, alva)
    assert queries.settings(alva) == ("off", Quiet(60, 120)) and not notices()[0].digest
    with transaction():
        assert service.send_digest(alva, now=NOW) is False


def test_reading_is_for_its_member_and_up_to_what_was_shown(small: Small) -> None:
    first, second = tell(small), tell(small)
    assert first and second
    with pytest.raises(NotFound), transaction():
        service.open_(small.people["bo"], first.id, now=NOW)
    with transaction():
        service.read_all(small.people["bo"], until=second.id, now=NOW)
        service.read_all(small.people["alva"], until=first.id, now=NOW)
    assert [notice.read_at is None for notice in notices()] == [False, True]


def test_quiet_all_day_is_refused(small: Small) -> None:
    with pytest.raises(Refused):
        choose(small, "now", quiet=Quiet(60, 60))


def known(app: Flask) -> DataClass:
    return next(data for data in personal.known(app).classes if data.name == "notices")


def test_what_is_ninety_days_old_goes_unless_the_law_holds_it(app: Flask, small: Small) -> None:
    data, alva = known(app), small.people["alva"]
    tell(small)
    late = NOW + KEPT_FOR + timedelta(seconds=1)
    with transaction():
        assert data.expired(NOW + KEPT_FOR, ()) == 0 and data.purge(NOW + KEPT_FOR, ()) == 0
        assert data.expired(late, {alva}) == 0 and data.purge(late, {alva}) == 0
        assert data.expired(late, ()) == 1 and data.purge(late, ()) == 1 and data.purge(late, ()) == 0
    assert notices() == []


def test_what_is_known_is_told_and_forgotten(app: Flask, small: Small) -> None:
    data, alva = known(app), small.people["alva"]
    choose(small, "digest", quiet=Quiet(60, 120))
    tell(small)
    wishes, told = data.records(alva)
    assert wishes.fields["quiet_minutes"] == [60, 120] and wishes.fields["kinds"][CHANGED.name]["mail"] == "digest"
    assert told.title.startswith("A1 är avbokad") and told.until == NOW + KEPT_FOR
    with transaction():
        assert data.erase(Subject(alva, *PEOPLE["alva"][:2]), NOW) == 3
    assert notices() == [] and queries.choices(alva) == {} and queries.settings(alva) == ("daily", None)


# -- bookings that staff change ---------------------------------------------------------------------------------------


def reserved(small: Small) -> int:
    """Book for Alva; the mail that says so has left (see tests/bookings/test_telling.py)."""
    with transaction():
        alva = db.session.get_one(Member, small.people["alva"])
        made = bookings.reserve(alva, small.a1, SPAN, now=NOW, zone=ZONE).id
        db.session.execute(delete(Mail))
        return made


def person(small: Small, who: str) -> Member:
    return db.session.get_one(Member, small.people[who])


def test_staff_moving_and_cancelling_tells_the_member(app: Flask, small: Small) -> None:
    booking = reserved(small)
    with transaction():
        bookings.move(person(small, "host"), booking, space_id=small.a2, span=SPAN, now=NOW, zone=ZONE)
    with transaction():
        bookings.cancel(person(small, "host"), booking, now=NOW + timedelta(minutes=1))
    said = [compose(app, mail, Sender("a@b.example", "https://s.example")) for mail in mails()]
    assert [str(message["Subject"]) for message in said] == [
        "Din bokning är nu A2, tis 24 nov 09–11",
        "A2 är avbokad, tis 24 nov 09–11",
    ]
    assert "Förut var den A1, tis 24 nov 09–11." in said[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Hanna" not in "".join(str(message) for message in said)  # who did it stands in the booking's history
    assert [notice.member_id for notice in notices()] == [small.people["alva"]] * 2


def test_what_staff_take_back_at_once_was_never_said(small: Small) -> None:
    booking = reserved(small)
    with transaction():
        bookings.cancel(person(small, "host"), booking, now=NOW)
    with transaction():
        bookings.restore(person(small, "host"), booking, now=NOW + timedelta(seconds=9), zone=ZONE)
    assert notices() == [] and mails() == []


def test_what_staff_take_back_later_is_said_too(small: Small) -> None:
    booking = reserved(small)
    with transaction():
        bookings.cancel(person(small, "host"), booking, now=NOW)
    with transaction():
        bookings.restore(person(small, "host"), booking, now=NOW + timedelta(minutes=5), zone=ZONE)
    assert [notice.content["action"] for notice in notices()] == ["cancelled", "restored"] and len(mails()) == 2


def test_what_is_rolled_back_is_not_said(small: Small, clock: Clock) -> None:
    booking = reserved(small)
    with pytest.raises(RuntimeError), transaction():
        bookings.cancel(person(small, "host"), booking, now=NOW)
        raise RuntimeError
    assert notices() == [] and mails() == []


def test_digest_is_no_kind(small: Small) -> None:
    assert queries.reader(small.people["alva"], DIGEST) is not None
