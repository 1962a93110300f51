"""Who is hit when a place closes: moved and told what to do, put in line, ended with this minute where it runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from innovation_station.bookings import closing, presence, service
from innovation_station.bookings.closing import Shutting
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.bookings.ripple import CANCEL, MOVE
from innovation_station.db import db, transaction
from innovation_station.housing import service as housing
from innovation_station.i18n import speaking
from innovation_station.notices.models import Notice
from innovation_station.notices.words import said_in_mail
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Closure, Space
from innovation_station.spaces.rules import House
from innovation_station.timespan import Span
from innovation_station.waits.models import Wait
from tests.bookings.test_closing import DAY, ELEVEN, NINE, TEN, WHY, closed, shut
from tests.bookings.test_dividing import reserve, who
from tests.conftest import NOW, ZONE, Small


def told(who_: int, language: str = "en") -> str:
    """Give what the last notice says; a mail says the same."""
    with speaking(language):
        row = db.session.scalars(db.select(Notice).where(Notice.member_id == who_).order_by(Notice.id)).all()[-1]
        said = said_in_mail({"kind": row.kind, "values": row.content, "at": row.created_at.isoformat()})
        return f"{said.title}. {said.text} [{said.action}]"


def test_who_is_moved_reads_why_and_chooses_another_place(context: None, small: Small) -> None:
    one, bo = reserve(small, small.a1, NINE, "bo"), small.people["bo"]
    shut(small, small.a1, choices={one.id: MOVE})
    said = told(bo)
    assert "now A2" in said and "The place is closed then: The floor is sanded. Before, it was A1" in said
    assert said.endswith("[Choose another place]") and "Golvet slipas." in told(bo, "sv")


def test_who_has_nowhere_to_go_comes_in_line_once_it_is_closed(context: None, small: Small) -> None:
    one, room = reserve(small, small.room, NINE, "bo"), reserve(small, small.a1, TEN, "bo")
    shut(small, small.room, small.a1, choices={one.id: CANCEL, room.id: CANCEL})
    (wait,) = db.session.scalars(db.select(Wait)).all()  # the desk could have been another
    assert (wait.member_id, wait.kind, wait.state, wait.span) == (small.people["bo"], "room", "waiting", NINE)
    said = told(small.people["bo"])
    assert "2 bookings are cancelled" in said and "The floor is sanded" in said and "you are in line for one" in said


def test_what_runs_keeps_its_start_elsewhere_or_ends_with_this_minute(context: None, small: Small) -> None:
    here, there = reserve(small, small.a1, NINE, "bo"), reserve(small, small.a2, NINE)
    half = NINE.start + timedelta(minutes=30)
    with transaction():
        presence.check_in(who(small, "bo"), here.id, now=NINE.start)
    what = Shutting((small.a1, small.a2), Span(half, DAY.end))
    met = closing.look(who(small, "host"), what, now=half, zone=ZONE)
    assert [(hit.booking_id, hit.instead and hit.instead.id) for hit in met.hits] == [
        (here.id, small.a3), (there.id, None)
    ]  # fmt: skip
    shown = closing.token(what, met)
    later = Shutting(
        what.space_ids, Span(half + timedelta(minutes=1), DAY.end)
    )  # a minute later by the time it is read
    with transaction():
        closing.shut(
            who(small, "host"), later, reasons=WHY, now=later.span.start, zone=ZONE, shown=shown,
            choices={here.id: MOVE, there.id: CANCEL},
        )  # fmt: skip
    db.session.expire_all()
    moved, ended = (db.session.get_one(Booking, one) for one in (here.id, there.id))
    assert (moved.space_id, moved.span, moved.checked_in_at) == (small.a3, NINE, NINE.start)
    assert (ended.state, ended.end) == ("confirmed", later.span.start)
    assert "ends earlier" in told(small.people["alva"]) and "The place is closed then" in told(small.people["alva"])


def test_what_ends_or_is_cleared_while_it_closes_is_gone_round(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(kind="desk", clearing=15)
    over, runs, early = (
        reserve(small, space, span, name)
        for space, span, name in ((small.a1, NINE, "bo"), (small.a1, ELEVEN, "bo"), (small.a2, ELEVEN, "alva"))
    )
    now = NINE.end + timedelta(minutes=5, seconds=20)
    what = Shutting((small.a1,), Span(now.replace(second=0), DAY.end))
    met = closing.look(who(small, "host"), what, now=now, zone=ZONE)
    assert [hit.booking_id for hit in met.hits] == [runs.id] and met.over == {over.id}  # nobody decides about the past

    now = ELEVEN.start + timedelta(minutes=15, seconds=20)
    with transaction():
        presence.check_in(who(small, "bo"), runs.id, now=ELEVEN.start)
        presence.check_in(who(small, "alva"), early.id, now=ELEVEN.start - timedelta(minutes=10))
    with transaction():
        what = Shutting((small.a1,), Span(now.replace(second=0), DAY.end))
        closing.shut(who(small, "host"), what, reasons=WHY, now=now, zone=ZONE, choices={runs.id: CANCEL})
    with transaction():  # who has come before the start has not been there yet
        what = Shutting((small.a2,), Span(ELEVEN.start - timedelta(minutes=5), DAY.end))
        closing.shut(
            who(small, "host"), what, reasons=WHY, now=what.span.start, zone=ZONE, choices={early.id: CANCEL}
        )  # fmt: skip
    db.session.expire_all()
    assert (runs.state, runs.end) == ("confirmed", ELEVEN.start + timedelta(minutes=16))
    assert closed(small.a1) == [Span(runs.end + timedelta(minutes=15), DAY.end)]
    assert (early.state, closed(small.a2)) == ("cancelled", [what.span])


def test_a_request_that_nobody_has_answered_is_cancelled_where_its_time_runs(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), approval=2880)
    asked = reserve(small, small.room, NINE, "bo")
    assert asked.state == "requested"
    half = NINE.start + timedelta(minutes=30)
    with transaction():
        what = Shutting((small.room,), Span(half, DAY.end))
        closing.shut(who(small, "host"), what, reasons=WHY, now=half, zone=ZONE, choices={asked.id: CANCEL})
    db.session.expire_all()
    assert asked.state == "cancelled" and closed(small.room) == [what.span]


def test_a_place_that_is_only_being_cleared_can_be_shut(context: None, small: Small) -> None:
    with transaction():
        spaces.set_policy(kind="desk", clearing=15)
    reserve(small, small.a1, NINE, "bo")
    now = NINE.end + timedelta(minutes=5)
    with transaction():
        service.close(Span(now, DAY.end), reasons=WHY, now=now, zone=ZONE, space_id=small.a1)
    assert closed(small.a1) == [Span(NINE.end + timedelta(minutes=15), DAY.end)]


def test_who_opens_what_another_opens_meanwhile_finds_it_open(
    context: None, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    (row,) = shut(small, small.a1)
    locked = service.locked

    def late(*space_ids: int) -> House:
        """Be second at the lock: the first has deleted the closure that had not begun."""
        db.session.execute(delete(Allocation).where(Allocation.closure_id == row.id))
        db.session.execute(delete(Closure).where(Closure.id == row.id).execution_options(synchronize_session=False))
        return locked(*space_ids)

    monkeypatch.setattr(service, "locked", late)
    with transaction():
        service.reopen(row.id, now=NOW)
    db.session.expunge_all()
    (row,), host = shut(small, small.a2), who(small, "host")
    with transaction():
        assert housing.reopen(host, row.id, now=NOW) == []
