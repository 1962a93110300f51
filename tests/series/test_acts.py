"""Who acts on a series, twice, late, for others, and what stands beside it: holds, the house, its single dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from innovation_station import personal
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Booking, BookingHistory, SpaceHold
from innovation_station.bookings.rules import Furnished
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotFound, Refused
from innovation_station.notices.models import Notice
from innovation_station.organisations.models import Grant
from innovation_station.privacy import service as privacy
from innovation_station.privacy.service import Wish
from innovation_station.series import looking, queries, service
from innovation_station.series.models import Series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Answer, Edit, Pattern
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.spaces.queries import house as read_house
from innovation_station.spaces.rules import Layout
from innovation_station.timespan import Span
from tests.bookings.test_occupancy import divide
from tests.conftest import NOW, TUESDAY, ZONE, Small, at, browser, log_in, post
from tests.series.test_service import WEEK, begin, edit, expected, sound, spoken, weeks, who

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def cancel(small: Small, series: Series, scope: str = "all", name: str = "alva", **more: object) -> int:
    given = {"at": TUESDAY, "now": NOW} | more
    with transaction():
        done = service.cancel(who(small, name), series.id, scope, given["at"], now=given["now"], zone=ZONE)  # type: ignore[arg-type]
    return len(done.of("dropped")) + len(done.of("cancelled"))


def ids(series: Series) -> list[int]:
    return [row.id or 0 for row in queries.rows(series)]


def told() -> int:
    return db.session.scalar(select(func.count()).select_from(Notice)) or 0


# -- twice ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_cancelling_twice_is_the_same_as_once(context: None, small: Small, scope: str) -> None:
    series = begin(small)
    assert cancel(small, series, scope) > 0
    stood = told(), db.session.scalar(select(func.count()).select_from(BookingHistory))
    assert cancel(small, series, scope) == 0
    assert (told(), db.session.scalar(select(func.count()).select_from(BookingHistory))) == stood
    sound()


def test_dividing_twice_by_one_submit_is_one_division(app: Flask, small: Small) -> None:
    with app.app_context():
        series = begin(small).id
    client = log_in(browser(app))
    change = {
        "at": str(weeks(2)[0]), "scope": "following", "space": small.room, "start": "13:00", "end": "14:00", "title": "M",
        "repeat": "weekly", "interval": "1", "weekdays": "1", "ends": "until", "until": str(weeks(3)[0]), "key": "tap",
    }  # fmt: skip
    page = client.get(f"/series/{series}/edit", query_string=change)
    assert 'name="key" value="tap"' in page.text
    first, second = (post(client, f"/series/{series}/edit", change) for _twice in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location != f"/series/{series}"
    other = post(client, f"/series/{series}/edit", change | {"start": "12:00"})
    assert other.status_code == 404  # another wish under the same key is another wish, and that date went along
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Series)) == 2


def test_a_division_sent_twice_at_once_is_found_behind_the_lock(context: None, small: Small) -> None:
    series = begin(small)
    edited = Edit(times=Times(13 * 60, 14 * 60))
    twice = []
    for _twice in range(2):
        with transaction():
            twice.append(service.edit(
                who(small), series.id, edited, "following", weeks(2)[0], {}, now=NOW, zone=ZONE, request_key="tap"
            ).id)  # fmt: skip
    assert twice[0] == twice[1] != series.id
    sound()


def test_cancelling_twice_on_its_page_says_that_it_is_done(app: Flask, small: Small) -> None:
    with app.app_context():
        series = begin(small).id
    client = log_in(browser(app))
    for said in ("4 dagar är avbokade", "redan avbokat"):
        done = post(client, f"/series/{series}/cancel", {"at": str(TUESDAY), "scope": "all"})
        assert done.status_code == 303
        assert said in client.get(done.location).text


# -- single dates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["this", "all"])
def test_a_date_that_is_taken_back_is_one_of_the_series_again(context: None, small: Small, scope: str) -> None:
    series = begin(small)
    cancel(small, series, scope)
    with transaction():
        bookings.restore(who(small), ids(series)[0], now=NOW, zone=ZONE)
    assert queries.rows(series)[0].booked and not series.ended
    edit(small, series, Edit(times=Times(10 * 60, 12 * 60)), "all")
    assert spoken(series)[0] == expected(small, TUESDAY, hours="10:00-12:00")[0]
    sound()


def test_a_date_that_runs_may_be_made_shorter(context: None, small: Small) -> None:
    series = begin(small)
    during = at(TUESDAY, "10:00", "11:00").start
    edit(small, series, Edit(times=Times(9 * 60, 10 * 60 + 30)), "this", now=during)
    assert spoken(series)[0] == expected(small, TUESDAY, hours="09:00-10:30")[0]
    with pytest.raises(Conflict):
        edit(small, series, Edit(times=Times(9 * 60 + 15, 10 * 60 + 30)), "this", now=during)
    sound()


def test_a_place_that_was_let_go_is_not_changed_through_its_series(context: None, small: Small) -> None:
    series = begin(small)
    during = at(TUESDAY, "10:00", "11:00").start
    booking = db.session.get_one(Booking, ids(series)[0])
    with transaction():
        bookings.writes.free(booking)
        booking.state, booking.released_at = "no-show", booking.start
    for act in (
        lambda: edit(small, series, Edit(title="Sent"), "this", now=during),
        lambda: cancel(small, series, "this", now=during),
    ):
        with pytest.raises(Refused) as error:
            act()
        assert [r.code for r in error.value.refusals] == ["released"]


def test_who_is_late_gives_nothing_back_by_an_edit_either(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), cancel_by=48 * 60)
    series = begin(small)
    later = NOW + 60 * MINUTE
    for act in (
        lambda **by: cancel(small, series, now=later, **by),
        lambda **by: edit(
            small, series, Edit(rule=Rule("weekly", weekdays=frozenset({2}), count=3)), "all", now=later, **by
        ),
    ):
        with pytest.raises(Refused) as error:
            act()
        assert [r.code for r in error.value.refusals] == ["cancel-late"]
    assert len(spoken(series)) == 4
    edit(small, series, Edit(rule=Rule("weekly", weekdays=frozenset({2}), count=3)), "all", now=later, name="host")
    sound()


def test_what_is_over_is_no_running_series(context: None, small: Small) -> None:
    series = begin(small)
    alva = small.people["alva"]
    assert [one.id for one in queries.running(alva, NOW)] == [series.id]
    assert queries.running(alva, NOW + 5 * WEEK) == []
    for booking_id in ids(series):
        with transaction():
            bookings.cancel(who(small), booking_id, now=NOW)
    assert queries.running(alva, NOW) == []


def moved(small: Small, booking_id: int, span: Span, **more: object) -> None:
    given = {"space_id": small.room, "now": NOW, "zone": ZONE} | more
    with transaction():
        bookings.move(who(small), booking_id, span=span, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", ["this", "all"])
def test_edit_is_measured_for_the_people_a_date_has(context: None, small: Small, scope: str) -> None:
    series = begin(small)
    day = at(TUESDAY, "09:00", "11:00")
    moved(small, ids(series)[0], day, furnished=Furnished(6, None))
    with pytest.raises(Conflict) as error:
        edit(small, series, Edit(space_id=small.booth), scope)
    assert [refusal.values["count"] for refusal in error.value.refusals] == [1]
    assert [codes for codes in seen(small, series, Edit(space_id=small.booth), scope) if codes] == [["too-small"]]
    assert spoken(series) == expected(small, *weeks(0, 1, 2, 3))


def seen(small: Small, series: Series, edited: Edit, scope: str, *, day: date = TUESDAY) -> list[list[str]]:
    """Give what the preview of an edit has against each date."""
    change = looking.changing(series, edited, scope, day, {}, now=NOW, zone=ZONE)  # type: ignore[arg-type]
    verdicts = looking.look(who(small), series.member_id, change, house=read_house(), now=NOW, zone=ZONE)
    return [[refusal.code for refusal in verdict.refusals] for verdict in verdicts]


def test_edit_is_measured_for_the_layout_a_date_has(context: None, small: Small) -> None:
    with transaction():
        spaces.set_layouts(db.session.get_one(Space, small.hall), [Layout("theatre", 60, 60), Layout("standing", 90)])
    series = begin(
        small, Pattern(Rule("weekly", weekdays=frozenset({1}), count=2), TUESDAY, Times(540, 660), small.hall)
    )
    moved(
        small, ids(series)[0], at(TUESDAY, "09:00", "11:00"), space_id=small.hall, furnished=Furnished(None, "theatre")
    )
    with transaction():
        bookings.reserve(who(small, "bo"), small.hall, at(TUESDAY, "15:00", "15:30"), now=NOW, zone=ZONE)
    evening = Edit(times=Times(16 * 60, 17 * 60))
    assert seen(small, series, evening, "this") == [["too-close"]]
    with pytest.raises(Conflict) as error:
        edit(small, series, evening, "this")
    assert [refusal.code for refusal in error.value.refusals] == ["series-dates"]
    edit(small, series, Edit(times=Times(16 * 60 + 30, 17 * 60 + 30)), "this")
    sound()


def test_date_that_is_brought_back_to_the_pattern_is_none_of_its_own(context: None, small: Small) -> None:
    series = begin(small)
    first, second, third, _fourth = ids(series)
    for hours in (("10:00", "12:00"), ("09:00", "11:00")):  # moved, and taken back
        moved(small, first, at(TUESDAY, *hours))
    for title in ("Annat", "Teammöte"):
        moved(small, second, at(weeks(1)[0], "09:00", "11:00"), title=title)
    with transaction():
        spaces.set_layouts(db.session.get_one(Space, small.room), [Layout("theatre", 8)])
    moved(small, third, at(weeks(2)[0], "09:00", "11:00"), furnished=Furnished(None, "theatre"))
    db.session.expire_all()
    assert {(row.moved, row.retitled) for row in queries.rows(series)} == {(False, False)}
    edit(small, series, Edit(times=Times(15 * 60, 16 * 60), title="Sent"), "all")
    assert spoken(series) == expected(small, *weeks(0, 1, 2, 3), hours="15:00-16:00")
    assert {row.title for row in queries.rows(series)} == {"Sent"}
    sound()


@pytest.mark.parametrize("scope", ["this", "all"])
def test_all_dates_of_an_edit_may_be_given_up(context: None, small: Small, scope: str) -> None:
    series = begin(small)
    with transaction():
        for day in weeks(0, 1, 2, 3):
            bookings.reserve(who(small, "bo"), small.room, at(day, "14:00", "15:00"), now=NOW, zone=ZONE)
    answers = {day: Answer(skip=True) for day in (weeks(0) if scope == "this" else weeks(0, 1, 2, 3))}
    edit(small, series, Edit(times=Times(14 * 60, 16 * 60)), scope, answers=answers)
    assert spoken(series) == (expected(small, *weeks(1, 2, 3)) if scope == "this" else [])
    last = db.session.scalars(select(Notice).where(Notice.kind == "series").order_by(Notice.id.desc())).first()
    assert last and last.content["action"] == "cancelled"
    sound()


# -- for others -------------------------------------------------------------------------------------------------------


def test_staff_are_bound_by_the_member_and_the_member_is_told(context: None, small: Small) -> None:
    series = begin(small, Pattern(Rule("weekly", weekdays=frozenset({1}), count=2), TUESDAY, Times(540, 600), small.a1))
    with transaction():
        bookings.reserve(who(small), small.a2, at(TUESDAY + WEEK, "10:00", "11:00"), now=NOW, zone=ZONE)
    before = told()
    with pytest.raises(Conflict):  # the member would sit at two desks
        edit(small, series, Edit(times=Times(600, 660)), "all", name="host")
    edit(small, series, Edit(times=Times(660, 720)), "all", name="host")
    assert told() == before + 1
    notice = db.session.scalars(select(Notice).order_by(Notice.id.desc())).first()
    assert notice and notice.member_id == small.people["alva"] and notice.content["station"]
    sound()


def test_who_manages_the_space_may_change_its_series(context: None, small: Small) -> None:
    series = begin(small)
    with pytest.raises(NotFound):
        service.mine(who(small, "bo"), series.id)
    with transaction() as session:
        session.add(Grant(member_id=small.people["bo"], kind="space", subject_id=small.room, granted_at=NOW))
    edit(small, series, Edit(times=Times(13 * 60, 14 * 60)), "all", name="bo")
    with transaction():
        bookings.move(
            who(small), ids(series)[1], space_id=small.hall, span=at(weeks(1)[0], "13:00", "14:00"), now=NOW, zone=ZONE
        )
    with pytest.raises(NotFound):  # one of its dates is in a hall that others look after
        cancel(small, series, name="bo")
    assert len(spoken(series)) == 4


def test_staff_may_cancel_what_a_paused_member_has(context: None, small: Small) -> None:
    series = begin(small)
    with transaction():
        who(small).state = "paused"
    assert cancel(small, series, name="host") == 4
    with pytest.raises(NotFound):
        begin(small)
    sound()


@pytest.mark.parametrize("until", [None, weeks(2)[0]])
def test_who_leaves_hands_series_over_as_series(context: Flask, small: Small, until: date | None) -> None:
    """What the receiver may not have is given back, however late it is, and what is past stays where it was."""
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), cancel_by=24 * 60)
    series = begin(small, answers={weeks(2)[0]: Answer(space_id=small.a1)})
    now = NOW + DAY + 60 * MINUTE  # the first date runs
    wish = Wish("pause" if until else "end", until, "bo@example.org")
    with transaction():
        left = privacy.leave(
            who(small), small.people["alva"], wish, personal.known(current_app), now=now, zone=ZONE
        )  # fmt: skip
    db.session.expire_all()
    made = db.session.scalars(select(Series).where(Series.member_id == small.people["bo"])).one()
    handed = [1] if until else [1, 3]
    assert spoken(made) == expected(small, *weeks(*handed))
    assert {row.booking.member_id for row in queries.occurrences(made.id) if row.booking} == {small.people["bo"]}
    assert (made.pattern.first_day, made.title) == (weeks(1)[0], "Teammöte")
    stays = expected(small, weeks(2)[0], space=small.a1) + expected(small, weeks(3)[0]) if until else []
    assert spoken(series) == expected(small, TUESDAY) + stays
    assert left.released | {"handed-over:series": len(handed), "bookings": 0 if until else 1} == left.released
    assert queries.running(small.people["alva"], now + WEEK) == ([series] if until else [])
    edit(small, made, Edit(times=Times(600, 660)), "all", name="bo", now=now)
    sound()


# -- what stands beside it --------------------------------------------------------------------------------------------


def test_what_is_held_for_the_member_gives_way(context: None, small: Small) -> None:
    with transaction():
        bookings.hold(
            small.people["alva"], small.room, at(weeks(1)[0], "10:00", "12:00"), until=NOW + DAY, now=NOW, zone=ZONE
        )
        other = at(weeks(1)[0], "14:00", "15:00")
        bookings.hold(small.people["alva"], small.room, other, until=NOW + DAY, now=NOW, zone=ZONE)
    assert len(spoken(begin(small))) == 4
    assert [kept.span for kept in db.session.scalars(select(SpaceHold))] == [other]
    sound()


def test_taking_part_of_what_is_held_frees_the_rest_for_all_to_see(context: None, small: Small) -> None:
    part, other = divide(small)
    span = at(TUESDAY, "09:00", "10:00")
    with transaction():
        bookings.hold(small.people["alva"], small.hall, span, until=NOW + DAY, now=NOW, zone=ZONE)
    before = db.session.get_one(Space, other, populate_existing=True).revision
    with transaction():
        bookings.reserve(who(small), part, span, now=NOW, zone=ZONE)
    assert db.session.get_one(Space, other, populate_existing=True).revision > before
    with transaction():
        bookings.reserve(who(small, "bo"), other, span, now=NOW, zone=ZONE)
    sound()


def test_all_spaces_of_all_dates_are_stamped(context: None, small: Small) -> None:
    series = begin(small, answers={weeks(1)[0]: Answer(space_id=small.hall)})
    before = {space.id: space.revision for space in db.session.scalars(select(Space))}
    edit(small, series, Edit(space_id=small.booth), "all")
    db.session.expire_all()
    risen = {space.id for space in db.session.scalars(select(Space)) if space.revision > before[space.id]}
    assert {small.room, small.booth} <= risen and small.a1 not in risen
    cancel(small, series)
    db.session.expire_all()
    assert db.session.get_one(Space, small.hall).revision > before[small.hall]


def test_a_place_that_there_is_not_is_told(app: Flask, small: Small) -> None:
    client = log_in(browser(app))
    form = {
        "space": small.room, "date": str(TUESDAY), "start": "09:00", "end": "11:00", "title": "", "repeat": "weekly",
        "interval": "1", "weekdays": "1", "ends": "count", "count": "2", "key": "k",
    }  # fmt: skip
    with app.app_context():
        series = begin(small).id
    for more in ({f"answer-{TUESDAY}": "space:9999"}, {"space": "9999"}):
        change = form | {"at": str(TUESDAY), "scope": "all", "start": "12:00", "end": "13:00"} | more
        assert client.get("/series/new", query_string=form | more).status_code in (404, 409)
        assert post(client, "/series", form | more).status_code in (404, 409)
        assert client.get(f"/series/{series}/edit", query_string=change).status_code in (404, 409)
        assert post(client, f"/series/{series}/edit", change).status_code in (404, 409)
