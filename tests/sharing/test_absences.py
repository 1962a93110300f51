"""Being away: what it releases is shown first, series go on, and what is free still comes back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotFound, Refused
from innovation_station.mail.models import Mail
from innovation_station.series import looking
from innovation_station.series import service as series
from innovation_station.series.models import Occurrence, Series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Answer, Pattern
from innovation_station.sharing import absences, personal, queries, rules
from innovation_station.sharing.models import Absence, Released
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house as read_house
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, Small, at, post, statements
from tests.sharing.conftest import AFTERNOON, MORNING, codes, member, person, reserve

DAY = timedelta(days=1)
LATER = NOW + timedelta(minutes=1)
THURSDAY = TUESDAY + 2 * DAY


def leave(small: Small, first: date = TUESDAY, last: date = TUESDAY, now: datetime = NOW) -> Absence:
    with transaction():
        return absences.leave(person(small, "alva"), first, last, now=now, zone=ZONE)


def come_back(small: Small, absence: Absence, now: datetime = LATER) -> absences.Back:
    with transaction():
        return absences.come_back(person(small, "alva"), absence.id, now=now, zone=ZONE)


def states(*found: Booking) -> list[str]:
    db.session.expire_all()
    return [db.session.get_one(Booking, one.id).state for one in found]


def daily(small: Small, count: int = 4) -> Series:
    with transaction():
        pattern = Pattern(Rule("daily", count=count), TUESDAY, Times(9 * 60, 10 * 60), small.room)
        return series.begin(person(small, "alva"), pattern, {}, now=NOW, zone=ZONE)


def dates(made: Series) -> list[tuple[str, str]]:
    rows = db.session.execute(
        select(Occurrence.state, Booking.state)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Occurrence.series_id == made.id)
        .order_by(Occurrence.original)
    )
    return [tuple(row) for row in rows]


# -- released ----------------------------------------------------------------------------------------------------------


def test_what_is_booked_on_these_days_is_released_and_nothing_else(context: Flask, small: Small) -> None:
    before = reserve(small, span=at(MONDAY, "13:00", "15:00"))
    within = [reserve(small), reserve(small, space=small.a1, span=MORNING)]
    after = reserve(small, span=at(THURSDAY, "13:00", "15:00"))
    others = reserve(small, "bo", small.a2, AFTERNOON)
    leave(small, TUESDAY, TUESDAY + DAY)
    assert states(*within) == ["cancelled"] * 2
    assert states(before, after, others) == ["confirmed"] * 3
    held = {row.booking_id for row in db.session.scalars(select(Allocation))}
    assert held == {before.id, after.id, others.id}


def test_look_says_the_same_and_changes_nothing(context: Flask, small: Small) -> None:
    within = reserve(small)
    found = absences.look(person(small, "alva"), TUESDAY, TUESDAY, now=NOW, zone=ZONE)
    assert [one.id for one in found.goes] == [within.id] and found.stays == []
    assert states(within) == ["confirmed"] and db.session.scalar(select(func.count()).select_from(Absence)) == 0


def test_what_may_not_be_cancelled_any_more_stays_and_says_why(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), cancel_by=2880)
    late, other = reserve(small), reserve(small, space=small.a1, span=MORNING)
    now = NOW + timedelta(hours=1)
    found = absences.look(person(small, "alva"), TUESDAY, TUESDAY, now=now, zone=ZONE)
    assert [(one.id, why.code) for one, why in found.stays] == [(late.id, "cancel-late")]
    leave(small, now=now)
    assert states(late, other) == ["confirmed", "cancelled"]


def test_what_has_begun_stays(context: Flask, small: Small) -> None:
    running, later = reserve(small, span=MORNING, space=small.a1), reserve(small)
    leave(small, now=MORNING.start + timedelta(minutes=5))
    assert states(running, later) == ["confirmed", "cancelled"]


def test_series_go_on_afterwards(context: Flask, small: Small) -> None:
    made = daily(small)
    absence = leave(small, TUESDAY, TUESDAY + DAY)
    found = dates(made)
    assert [state for _, state in found] == ["cancelled", "cancelled", "confirmed", "confirmed"]
    assert not db.session.get_one(Series, made.id).ended
    come_back(small, absence)
    assert [state for _, state in dates(made)] == ["confirmed"] * 4
    rows = db.session.scalars(select(Occurrence).where(Occurrence.series_id == made.id)).all()
    assert not any(row.moved or row.retitled for row in rows)


def test_one_mail_tells_of_all_of_it(context: Flask, small: Small) -> None:
    daily(small)
    reserve(small)
    for mail in db.session.scalars(select(Mail)).all():
        mail.state = "sent"
    db.session.commit()
    leave(small, TUESDAY, THURSDAY, now=LATER)
    [mail] = db.session.scalars(select(Mail).where(Mail.state == "queued"))
    told = (mail.content or {})["notice"]["values"]
    assert len(told["more"]) == 3 and told["action"] == "cancelled"


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (MONDAY - DAY, TUESDAY, "absence-past"),
        (TUESDAY, MONDAY, "absence-order"),
        (TUESDAY, TUESDAY + 367 * DAY, "absence-long"),
    ],
)
def test_days_are_checked(context: Flask, small: Small, first: date, last: date, code: str) -> None:
    with pytest.raises(Refused) as error:
        leave(small, first, last)
    assert codes(error) == [code]


def test_one_absence_at_a_time(context: Flask, small: Small) -> None:
    leave(small, TUESDAY, THURSDAY)
    with pytest.raises(Refused) as error:
        leave(small, THURSDAY, THURSDAY + DAY)
    assert codes(error) == ["absence-twice"]
    leave(small, THURSDAY + DAY, THURSDAY + DAY)


def test_only_so_many(context: Flask, small: Small) -> None:
    for number in range(rules.ABSENCES_MOST):
        leave(small, TUESDAY + number * DAY, TUESDAY + number * DAY)
    with pytest.raises(Refused) as error:
        leave(small, TUESDAY + 60 * DAY, TUESDAY + 60 * DAY)
    assert codes(error) == ["absences-many"]


def test_a_new_series_books_nothing_on_these_days(context: Flask, small: Small) -> None:
    leave(small, TUESDAY + DAY, TUESDAY + DAY)
    with pytest.raises(Conflict) as error:
        daily(small)
    assert codes(error) == ["series-dates"]
    pattern = Pattern(Rule("daily", count=4), TUESDAY, Times(9 * 60, 10 * 60), small.room)
    alva, answers = person(small, "alva"), {TUESDAY + DAY: Answer(skip=True)}
    change = looking.beginning(pattern, {}, now=NOW, zone=ZONE)
    found = looking.look(alva, alva.id, change, house=read_house(), now=NOW, zone=ZONE)
    assert [[one.code for one in verdict.refusals] for verdict in found] == [[], ["away"], [], []]
    assert not found[1].offers
    with transaction():
        made = series.begin(alva, pattern, answers, now=NOW, zone=ZONE)
    assert [state for _, state in dates(made)] == ["confirmed"] * 3


# -- back --------------------------------------------------------------------------------------------------------------


def test_back_takes_what_is_free_and_names_what_is_not(context: Flask, small: Small) -> None:
    lost, kept = reserve(small, space=small.a1, span=MORNING), reserve(small)
    absence = leave(small)
    with transaction():
        bookings.reserve(member(small, "bo"), small.a1, MORNING, now=NOW, zone=ZONE)
    back = come_back(small, absence)
    assert back.restored == 1 and [(one.id, why.code) for one, why in back.lost] == [(lost.id, "taken")]
    assert states(lost, kept) == ["cancelled", "confirmed"]
    assert come_back(small, absence) == (0, ())  # twice is once
    assert queries.away(small.people["alva"], TUESDAY, TUESDAY) == frozenset()


def test_what_was_had_back_and_given_up_again_by_hand_stays_given_up(context: Flask, small: Small) -> None:
    one, other = reserve(small, space=small.a1, span=MORNING), reserve(small)
    absence = leave(small)
    with transaction():
        bookings.restore(person(small, "alva"), one.id, now=LATER, zone=ZONE)
    with transaction():
        bookings.cancel(person(small, "alva"), one.id, now=LATER + timedelta(minutes=1))
    assert queries.released_counts([absence.id], LATER) == {absence.id: 1}
    assert come_back(small, absence, LATER + timedelta(minutes=2)) == (1, [])
    assert states(one, other) == ["cancelled", "confirmed"]


def test_undone_at_once_nobody_hears_of_it(context: Flask, small: Small) -> None:
    booking = reserve(small, span=at(THURSDAY, "13:00", "15:00"))
    for mail in db.session.scalars(select(Mail)).all():
        mail.state = "sent"
    db.session.commit()
    moment = NOW + timedelta(hours=1)
    absence = leave(small, THURSDAY, THURSDAY, now=moment)
    come_back(small, absence, now=moment + timedelta(seconds=5))
    assert states(booking) == ["confirmed"]
    assert db.session.scalar(select(func.count()).select_from(Mail).where(Mail.state == "queued")) == 0


def test_nobody_ends_the_absence_of_another(context: Flask, small: Small) -> None:
    absence = leave(small)
    with pytest.raises(NotFound), transaction():
        absences.come_back(person(small, "bo"), absence.id, now=LATER, zone=ZONE)


# -- pages -------------------------------------------------------------------------------------------------------------


def test_pages_show_first_and_release_then(app: Flask, small: Small, alva: FlaskClient, bo: FlaskClient) -> None:
    with app.app_context():
        booking = reserve(small, title="Planering <i>")
        booking_id = booking.id
    days: dict[str, Any] = {"first": str(TUESDAY), "last": str(THURSDAY)}
    page = alva.get("/account/away", query_string=days).text
    assert "1 bokning skulle släppas" in page and "Planering &lt;i&gt;" in page and f"/bookings/{booking_id}" in page
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).state == "confirmed"
    assert post(alva, "/account/away", days).status_code == 303
    page = alva.get("/account/away").text
    assert "1 bokning är släppt" in page and "tisdag 24 november – torsdag 26 november 2026" in page
    assert "1 bokning släpptes" in page
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).state == "cancelled"
        number = db.session.scalars(select(Absence.id)).one()
    assert post(bo, f"/account/away/{number}/end").status_code == 404
    assert post(alva, f"/account/away/{number}/end").status_code == 303
    page = alva.get("/account/away").text
    assert "1 bokning är din igen" in page and "Jag är här ändå" not in page
    with app.app_context():
        assert db.session.get_one(Booking, booking_id).state == "confirmed"


@pytest.mark.parametrize(
    "days", ["first=&last=", "first=x&last=2026-11-24", "first=2026-11-24&last=2026-11-20", "first="]
)
def test_page_says_what_is_wrong_with_the_days(alva: FlaskClient, days: str) -> None:
    answer = alva.get(f"/account/away?{days}")
    assert answer.status_code == 422 and 'class="err"' in answer.text


def test_post_without_days_asks_for_them(alva: FlaskClient) -> None:
    answer = post(alva, "/account/away", {"first": "x"})
    assert answer.status_code == 303 and alva.get(answer.location).status_code == 422


def test_preview_costs_the_same_for_one_and_for_many(app: Flask, small: Small, alva: FlaskClient) -> None:
    def look_at() -> int:
        with statements(app) as ran:
            alva.get("/account/away", query_string={"first": str(TUESDAY), "last": str(TUESDAY + 9 * DAY)})
        return len(ran)

    with app.app_context():
        reserve(small)
    look_at()
    one = look_at()
    with app.app_context():
        daily(small)
    assert look_at() == one <= 6


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_absences_are_forgotten_thirty_days_after(context: Flask, small: Small, clock: Clock) -> None:
    reserve(small)
    leave(small)
    [data] = [one for one in personal.personal.classes if one.name == "absences"]
    late = NOW + rules.KEPT_FOR
    assert data.expired(late, ()) == 0 and data.expired(late + 3 * DAY, ()) == 1
    with transaction():
        assert data.purge(late + 3 * DAY, ()) == 1
    assert db.session.scalar(select(func.count()).select_from(Released)) == 0
