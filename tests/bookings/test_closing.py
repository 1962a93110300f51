"""Places are closed for a time: whom it hits, what becomes of each, and that nobody comes in through a hole."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select

from innovation_station.bookings import claims, closing, service
from innovation_station.bookings.claims import Claimant
from innovation_station.bookings.closing import Shutting
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.bookings.ripple import CANCEL, KEEP, MOVE
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, NotFound, Refused
from innovation_station.mail.models import Mail
from innovation_station.notices.models import Notice
from innovation_station.spaces.models import Closure
from innovation_station.timespan import Span, union
from tests.bookings.test_dividing import codes, reserve, who
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

NINE, TEN, ELEVEN = (at(TUESDAY, f"{hour:02}:00", f"{hour + 1:02}:00") for hour in (9, 10, 11))
DAY = at(TUESDAY, "08:00", "18:00")
WHY = ("Golvet slipas", "The floor is sanded")


def shut(small: Small, *space_ids: int, choices: dict[int, str] | None = None, shown: str = "") -> list[Closure]:
    with transaction():
        return closing.shut(
            who(small, "host"), Shutting(space_ids or None, DAY), reasons=WHY, now=NOW, zone=ZONE, choices=choices,
            shown=shown,
        )[0]  # fmt: skip


def closed(space_id: int) -> list[Span]:
    rows = select(Allocation).where(Allocation.space_id == space_id, Allocation.closure_id.is_not(None))
    return union(Span(row.start, row.end) for row in db.session.scalars(rows))


def spaces_of(*bookings: Booking) -> list[tuple[int, str]]:
    db.session.expire_all()
    return [(one.space_id, one.state) for one in bookings]


def test_each_that_is_hit_is_moved_cancelled_or_kept_and_told_why(context: None, small: Small) -> None:
    moved, gone, kept = (
        reserve(small, small.a1, span, name) for span, name in ((NINE, "alva"), (TEN, "bo"), (ELEVEN, "alva"))
    )
    met = closing.look(who(small, "host"), Shutting((small.a1,), DAY), now=NOW, zone=ZONE)
    assert [(hit.booking_id, hit.who, hit.instead and hit.instead.id) for hit in met.hits] == [
        (moved.id, "Alva Lindqvist", small.a2), (gone.id, "Bo Ek", small.a2), (kept.id, "Alva Lindqvist", small.a2),
    ]  # fmt: skip
    with pytest.raises(Conflict) as error:
        shut(small, small.a1, choices={moved.id: MOVE, gone.id: CANCEL, kept.id: ""})
    assert codes(error) == ["hits-undecided"] and error.value.refusals[0].values == {"count": 1}
    db.session.rollback()
    assert spaces_of(moved, gone) == [(small.a1, "confirmed")] * 2 and closed(small.a1) == []
    (closure,) = shut(small, small.a1, choices={moved.id: MOVE, gone.id: CANCEL, kept.id: KEEP})
    assert spaces_of(moved, gone, kept) == [
        (small.a2, "confirmed"), (small.a1, "cancelled"), (small.a1, "confirmed")
    ]  # fmt: skip
    assert closure.space_id == small.a1
    assert closed(small.a1) == [Span(DAY.start, ELEVEN.start), Span(ELEVEN.end, DAY.end)]
    told = {row.member_id: row.content for row in db.session.scalars(select(Notice))}
    assert told[small.people["alva"]]["cause"] == "closed" and told[small.people["alva"]]["because"] == list(WHY)
    assert {mail.content["notice"]["values"]["action"] for mail in db.session.scalars(select(Mail)) if mail.content
            and "because" in mail.content["notice"]["values"]} == {"moved", "cancelled"}  # fmt: skip
    # whom it was kept for gives it back: nobody else comes into the closed place through the hole
    with transaction():
        service.cancel(who(small), kept.id, now=NOW)
    assert closed(small.a1) == [DAY]
    with transaction():
        service.reopen(closure.id, now=NOW)
    assert closed(small.a1) == []


def test_a_house_that_is_closed_offers_no_place_and_closes_every_hole(context: None, small: Small) -> None:
    kept, other = reserve(small, small.hall, NINE), reserve(small, small.a3, NINE, "bo")
    met = closing.look(who(small, "host"), Shutting(None, DAY), now=NOW, zone=ZONE)
    assert [hit.instead for hit in met.hits] == [None, None]
    with pytest.raises(Conflict, match="hits-undecided"):
        shut(small, choices={kept.id: KEEP, other.id: MOVE})
    db.session.rollback()
    shut(small, choices={kept.id: KEEP, other.id: CANCEL})
    assert closed(small.a3) == closed(small.room) == [DAY]
    assert closed(small.hall) == [Span(DAY.start, NINE.start), Span(NINE.end, DAY.end)]
    with transaction():
        service.move(
            who(small), kept.id, space_id=small.hall, span=Span(NINE.start, NINE.end - timedelta(minutes=30)),
            now=NOW, zone=ZONE,
        )  # fmt: skip
    assert closed(small.hall) == [Span(DAY.start, NINE.start), Span(NINE.end - timedelta(minutes=30), DAY.end)]


def test_what_was_shown_is_what_is_done(context: None, small: Small) -> None:
    first, what = reserve(small, small.a1, NINE), Shutting((small.a1, small.a2), DAY)
    shown = closing.token(what, closing.look(who(small, "host"), what, now=NOW, zone=ZONE))
    late = reserve(small, small.a2, TEN, "bo")
    with pytest.raises(Conflict, match="plan-changed"):
        shut(small, small.a1, small.a2, choices={first.id: CANCEL, late.id: CANCEL}, shown=shown)
    db.session.rollback()
    made = shut(small, small.a1, small.a2, choices={first.id: CANCEL, late.id: MOVE})
    assert [one.space_id for one in made] == [small.a1, small.a2] and spaces_of(late) == [(small.a3, "confirmed")]
    assert [one.space_id for one in closing.running(NOW)] == [small.a1, small.a2]
    assert closing.running(NOW, DAY.start) == []


@pytest.mark.parametrize("where", ["space", "house"])
def test_an_event_is_a_wall_and_what_is_shut_is_none(context: None, small: Small, where: str) -> None:
    ids: Collection[int] = (small.hall,) if where == "space" else ()
    with transaction():
        service.close(NINE, reasons=WHY, now=NOW, zone=ZONE, space_id=small.hall)
        claims.take(Claimant("event", 7, ("Kickoff", "Kickoff")), [(small.hall, TEN)], now=NOW, zone=ZONE)
    with pytest.raises(Conflict) as error:
        shut(small, *ids)
    assert codes(error) == ["event-has-it"]
    db.session.rollback()
    with transaction():
        claims.take(Claimant("event", 7), [], now=NOW, zone=ZONE)
    shut(small, *ids)
    assert closed(small.hall) == [DAY]


def test_a_place_that_there_is_not_cannot_be_closed(context: None, small: Small) -> None:
    with pytest.raises(NotFound):
        shut(small, 987_654)


def test_more_than_anybody_can_decide_about_are_not_listed(
    context: None, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "MOST_HITS", 1)
    for span in (NINE, TEN):
        reserve(small, small.a1, span)
    with pytest.raises(Refused, match="hits-many"):
        shut(small)
