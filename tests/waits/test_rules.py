"""How long an offer stands, and who stands where: tables and properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innovation_station.spaces.rules import Box, Place, Policy
from innovation_station.timespan import Span
from innovation_station.waits.rules import LENGTHS, Stander, Wanted, last_moment, offer_end, position
from tests.conftest import ZONE


def local(day: int, text: str, month: int = 11) -> datetime:
    hour, minute = map(int, text.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        # more than two days off: twelve hours, of which the night is none
        (local(23, "08:00"), local(27, "09:00"), local(23, "20:00")),
        (local(23, "10:00"), local(25, "10:00"), local(23, "22:00")),
        (local(23, "12:00"), local(27, "09:00"), local(24, "09:00")),
        (local(23, "23:30"), local(27, "09:00"), local(24, "19:00")),
        # within two days: two hours
        (local(23, "10:01"), local(25, "10:00"), local(23, "12:01")),
        (local(23, "21:00"), local(24, "09:00"), local(24, "08:00")),
        (local(24, "02:00"), local(24, "10:00"), local(24, "09:00")),
        (local(24, "06:00"), local(24, "10:00"), local(24, "09:00")),
        # near: twenty minutes, never past the start
        (local(24, "06:01"), local(24, "10:00"), local(24, "07:20")),
        (local(24, "09:00"), local(24, "10:00"), local(24, "09:20")),
        (local(24, "09:45"), local(24, "10:00"), local(24, "10:00")),
        (local(24, "09:50"), local(24, "10:00"), local(24, "10:00")),
        (local(24, "04:00"), local(24, "06:00"), local(24, "06:00")),
        # too late
        (local(24, "09:51"), local(24, "10:00"), None),
        (local(24, "10:00"), local(24, "10:00"), None),
        (local(24, "11:00"), local(24, "10:00"), None),
        # the night in which summer time ends
        (datetime(2026, 10, 24, 19, 0, tzinfo=UTC), local(26, "09:00", 10), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
    ],
)
def test_offer_shrinks_as_the_start_nears(now: datetime, start: datetime, end: datetime | None) -> None:
    assert offer_end(now, start, ZONE) == end


@given(st.integers(0, 365 * 24 * 60 * 60), st.integers(0, 60 * 24 * 60 * 60))
def test_offer_lies_between_now_and_the_start(into_year: int, lead: int) -> None:
    now = local(1, "00:00", 1) + timedelta(seconds=into_year)
    start = now + timedelta(seconds=lead)
    end = offer_end(now, start, ZONE)
    assert (end is None) == (lead < 600)
    if end is not None:
        assert now < end <= start
        night = timedelta(hours=10)
        assert end - now <= LENGTHS[0][1] + 2 * night
        if end < start:
            assert 7 <= end.astimezone(ZONE).hour <= 22


def place(id_: int, kind: str = "desk", zone: int | None = 1, **more: object) -> Place:
    return Place(
        id=id_, floor_id=1, zone_id=zone, kind=kind, name=f"A{id_}", capacity=1, box=Box(0, 0, 1, 1),
        amenities=frozenset(), furniture=(), photo=None, bookable=True, policy=Policy(), hours={}, **more,  # type: ignore[arg-type]
    )  # fmt: skip


PLACES = {
    one.id: one
    for one in (
        place(1), place(2), place(3, zone=2), place(4, "room", None),
        place(5, "hall", takes=frozenset((6, 7)), touches=(5, 6, 7)),
        place(6, "hall", touches=(5, 6)), place(7, "hall", touches=(5, 7)),
    )
}  # fmt: skip
NINE, TEN, ELEVEN = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (8, 9, 10))
DESK, OTHER, ANY, HERE, THERE = Wanted(1), Wanted(2), Wanted(kind="desk"), Wanted(kind="desk", zone_id=1), Wanted(kind="desk", zone_id=2)  # fmt: skip


@pytest.mark.parametrize(
    ("mine", "others", "number"),
    [
        (DESK, [], 1),
        (DESK, [DESK, DESK], 3),
        (DESK, [OTHER, Wanted(4)], 1),
        (DESK, [ANY, HERE, THERE], 3),  # any desk, and any here, would be asked about this one before me
        (ANY, [DESK, OTHER], 1),  # who waits for one desk leaves me all the others
        (ANY, [ANY, HERE, THERE, Wanted(kind="room")], 4),
        (HERE, [THERE, ANY], 2),
        (Wanted(5), [Wanted(6), Wanted(7), Wanted(5)], 4),  # a hall and its parts take the same time
        (Wanted(6), [Wanted(7), Wanted(5)], 2),
    ],
)
def test_number_in_line(mine: Wanted, others: list[Wanted], number: int) -> None:
    standers = [Stander(index, index, one, Span(NINE, TEN)) for index, one in enumerate(others)]
    assert position(Stander(99, 99, mine, Span(NINE, TEN)), standers, PLACES) == number
    later = [Stander(100 + one.id, 1, one.wanted, one.span) for one in standers]
    assert position(Stander(99, 99, mine, Span(NINE, TEN)), later, PLACES) == 1
    own = [Stander(one.id, 99, one.wanted, one.span) for one in standers]
    assert position(Stander(99, 99, mine, Span(NINE, TEN)), own, PLACES) == 1
    elsewhen = [Stander(one.id, 1, one.wanted, Span(TEN, ELEVEN)) for one in standers]
    assert position(Stander(99, 99, mine, Span(NINE, TEN)), elsewhen, PLACES) == 1


def test_notice_moves_the_last_moment() -> None:
    noticed = Place(**{**{name: getattr(PLACES[1], name) for name in PLACES[1].__slots__}, "policy": Policy(notice=60)})
    assert last_moment(noticed, Span(TEN, ELEVEN)) == NINE
