"""Bookings on a real database, both kinds: every use case, every refusal, and the constraint itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from innovation_station.bookings import queries, service, wish_queries
from innovation_station.bookings.models import Allocation, Booking, BookingHistory, SpaceHold
from innovation_station.db import db, transaction
from innovation_station.errors import Conflict, DomainError, NotFound, Refused
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from innovation_station.timespan import Span
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Small, at

MORNING = at(TUESDAY, "08:00", "12:00")


def member(small: Small, who: str = "alva") -> Member:
    found = db.session.get(Member, small.people[who])
    assert found
    return found


def reserve(small: Small, who: str = "alva", space: int | None = None, span: Span = MORNING, **more: object) -> Booking:
    with transaction():
        return service.reserve(member(small, who), space or small.a1, span, now=NOW, zone=ZONE, **more)  # type: ignore[arg-type]


def codes(error: pytest.ExceptionInfo[DomainError]) -> list[str]:
    return [refusal.code for refusal in error.value.refusals]


def consider(small: Small, who: str, span: Span = MORNING, request_key: str | None = None) -> None:
    service.consider(member(small, who), small.a1, span, now=NOW, zone=ZONE, request_key=request_key)


def test_what_is_refused_before_any_lock_is_what_somebody_has(context: None, small: Small) -> None:
    consider(small, "alva")  # free
    reserve(small, request_key="tap-1")
    with pytest.raises(Conflict):
        consider(small, "bo")
    with pytest.raises(Conflict):
        consider(small, "alva", Span(MORNING.start, MORNING.end + timedelta(hours=1)))
    consider(small, "alva")  # the same again is the same booking, which reserve gives
    consider(small, "alva", request_key="tap-1")
    consider(small, "bo", MORNING.shifted(timedelta(days=1)))
    later = MORNING.shifted(timedelta(days=2))
    with transaction():
        kept = service.hold(small.people["bo"], small.a1, later, until=later.start, now=NOW, zone=ZONE).id
    consider(small, "bo", later)  # nothing is decided yet: what is kept for them stays kept
    with pytest.raises(Conflict):
        consider(small, "alva", later)
    with transaction():
        assert db.session.get(SpaceHold, kept) is not None


def test_reserve_takes_the_time_and_keeps_who_did_what(context: Flask, small: Small) -> None:
    booking = reserve(small, title="  Skriva klart ")
    assert [held.span for held in wish_queries.held(MORNING, [small.a1])] == [MORNING]
    assert (booking.title, booking.state, booking.sequence, booking.public) == (
        "Skriva klart",
        "confirmed",
        0,
        False,
    )
    (entry,) = queries.history(booking.id)
    assert (entry.action, entry.actor_id, entry.actor_role, entry.before) == (
        "reserved",
        booking.member_id,
        "member",
        None,
    )
    assert entry.after["start"] == MORNING.start.isoformat()


@pytest.mark.parametrize("state", ["paused", "ended"])
def test_reserve_for_an_account_that_was_closed_meanwhile_is_refused(context: Flask, small: Small, state: str) -> None:
    """Who asks is read before the transaction, which may have to wait for the one that closes the account."""
    alva = member(small)
    with transaction():
        db.session.execute(update(Member).where(Member.id == alva.id).values(state=state))
    with pytest.raises(NotFound) as error, transaction():
        service.reserve(alva, small.a1, MORNING, now=NOW, zone=ZONE)
    assert codes(error) == ["member-unknown"]
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0


@pytest.mark.parametrize(
    "second",
    [MORNING, at(TUESDAY, "11:45", "13:00"), at(TUESDAY, "09:00", "10:00"), at(TUESDAY, "08:00", "18:00")],
)
def test_reserve_of_taken_time_is_a_conflict(context: Flask, small: Small, second: Span) -> None:
    reserve(small)
    with pytest.raises(Conflict) as error:
        reserve(small, "bo", span=second)
    assert codes(error) == ["taken"]
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1


def test_bookings_that_touch_do_not_collide(context: Flask, small: Small) -> None:
    reserve(small)
    assert reserve(small, "bo", span=at(TUESDAY, "12:00", "13:00")).id


def test_same_key_gives_the_same_booking_even_after_it_was_cancelled(context: Flask, small: Small) -> None:
    first = reserve(small, request_key="tap-1")
    assert reserve(small, request_key="tap-1").id == first.id
    with transaction():
        service.cancel(member(small), first.id, now=NOW)
    assert reserve(small, request_key="tap-1").id == first.id
    assert reserve(small, request_key="tap-2").id != first.id


def test_same_key_for_another_wish_is_another_booking(context: Flask, small: Small) -> None:
    first = reserve(small, request_key="tap-1")
    other = reserve(small, request_key="tap-1", span=at(TUESDAY, "13:00", "14:00"))
    assert other.id != first.id


def test_same_span_without_a_key_is_not_made_twice(context: Flask, small: Small) -> None:
    assert reserve(small).id == reserve(small).id


def test_one_member_sits_at_one_desk_but_may_have_a_room_beside(context: Flask, small: Small) -> None:
    reserve(small)
    with pytest.raises(Refused) as error:
        reserve(small, space=small.a2)
    assert codes(error) == ["own-desk"]
    assert reserve(small, space=small.room).id


def test_unknown_space_is_not_found(context: Flask, small: Small) -> None:
    with pytest.raises(NotFound) as error:
        reserve(small, space=10_000)
    assert codes(error) == ["space-unknown"]


def test_move_takes_new_time_and_frees_the_old(context: Flask, small: Small) -> None:
    booking = reserve(small)
    later = at(TUESDAY, "13:00", "17:00")
    with transaction():
        service.move(member(small), booking.id, space_id=small.a2, span=later, now=NOW, zone=ZONE)
    assert [held.span for held in wish_queries.held(later, [small.a2])] == [later]
    assert wish_queries.held(MORNING, [small.a1]) == []
    assert (booking.sequence, booking.revision) == (1, 1)
    entry = queries.history(booking.id)[-1]
    assert (entry.action, entry.before and entry.before["space"], entry.after["space"]) == (
        "moved",
        small.a1,
        small.a2,
    )


def test_move_within_its_own_time_does_not_collide_with_itself(context: Flask, small: Small) -> None:
    booking = reserve(small)
    shorter = at(TUESDAY, "09:00", "12:00")
    with transaction():
        service.move(member(small), booking.id, space_id=small.a1, span=shorter, now=NOW, zone=ZONE)
    assert [held.span for held in wish_queries.held(MORNING, [small.a1])] == [shorter]


def test_move_to_taken_time_changes_nothing(context: Flask, small: Small) -> None:
    reserve(small, "bo", small.a2)
    booking = reserve(small)
    with pytest.raises(Conflict), transaction():
        service.move(member(small), booking.id, space_id=small.a2, span=MORNING, title="Nytt", now=NOW, zone=ZONE)
    db.session.expire_all()
    assert (booking.space_id, booking.title, booking.sequence) == (small.a1, "", 0)
    assert [held.booking_id for held in wish_queries.held(MORNING, [small.a1])] == [booking.id]


def test_change_of_title_touches_no_time_and_no_sequence(context: Flask, small: Small) -> None:
    booking = reserve(small)
    allocation = db.session.scalar(select(Allocation.id))
    with transaction():
        service.move(member(small), booking.id, space_id=small.a1, span=MORNING, title="Ny titel", now=NOW, zone=ZONE)
    assert (booking.title, booking.sequence, booking.revision) == ("Ny titel", 0, 1)
    assert db.session.scalar(select(Allocation.id)) == allocation
    assert queries.history(booking.id)[-1].action == "edited"


def test_cancel_frees_the_time_and_keeps_the_record(context: Flask, small: Small) -> None:
    booking = reserve(small)
    for _twice in range(2):
        with transaction():
            service.cancel(member(small), booking.id, now=NOW)
    assert booking.cancelled and booking.sequence == 1
    assert wish_queries.held(MORNING, [small.a1]) == []
    assert [entry.action for entry in queries.history(booking.id)] == ["reserved", "cancelled"]
    assert reserve(small, "bo").id


def test_restore_takes_the_time_back_only_while_it_is_free(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with transaction():
        service.cancel(member(small), booking.id, now=NOW)
    with transaction():
        service.restore(member(small), booking.id, now=NOW, zone=ZONE)
    assert not booking.cancelled and booking.sequence == 2
    with transaction():
        service.cancel(member(small), booking.id, now=NOW)
    reserve(small, "bo")
    with pytest.raises(Conflict), transaction():
        service.restore(member(small), booking.id, now=NOW, zone=ZONE)


@pytest.mark.parametrize("act", ["move", "cancel", "restore"])
def test_another_members_booking_is_not_found(context: Flask, small: Small, act: str) -> None:
    booking = reserve(small)
    acts = {
        "move": lambda: service.move(
            member(small, "bo"), booking.id, space_id=small.a2, span=MORNING, now=NOW, zone=ZONE
        ),
        "cancel": lambda: service.cancel(member(small, "bo"), booking.id, now=NOW),
        "restore": lambda: service.restore(member(small, "bo"), booking.id, now=NOW, zone=ZONE),
    }
    with pytest.raises(NotFound) as error, transaction():
        acts[act]()
    assert codes(error) == ["booking-unknown"]


def test_staff_cancel_for_a_member_and_the_history_says_so(context: Flask, small: Small) -> None:
    booking = reserve(small)
    with transaction():
        service.cancel(member(small, "host"), booking.id, now=NOW)
    entry = queries.history(booking.id)[-1]
    assert (entry.actor_id, entry.actor_role) == (small.people["host"], "host")


@pytest.mark.parametrize("act", ["move", "cancel"])
def test_what_is_over_never_changes(context: Flask, small: Small, act: str) -> None:
    booking = reserve(small)
    later = booking.end + timedelta(minutes=1)
    with pytest.raises(Refused) as error, transaction():
        if act == "move":
            service.move(
                member(small),
                booking.id,
                space_id=small.a1,
                span=at(date(2026, 11, 25), "09:00", "10:00"),
                now=later,
                zone=ZONE,
            )
        else:
            service.cancel(member(small), booking.id, now=later)
    assert codes(error) == ["already-over"]


def test_running_booking_can_be_shortened_though_it_has_begun(context: Flask, small: Small) -> None:
    booking = reserve(small)
    during = MORNING.start + timedelta(hours=1, minutes=50)
    with transaction():
        service.move(
            member(small),
            booking.id,
            space_id=small.a1,
            span=at(TUESDAY, "08:00", "10:00"),
            now=during,
            zone=ZONE,
        )
    assert booking.end == at(TUESDAY, "08:00", "10:00").end


def test_closure_keeps_everybody_out_and_never_overwrites(context: Flask, small: Small) -> None:
    with transaction():
        service.close(MORNING, reasons=("Lampan lagas", "The lamp is mended"), now=NOW, zone=ZONE, space_id=small.a1)
    with pytest.raises(Conflict) as error:
        reserve(small)
    assert codes(error) == ["closed-space"]
    reserve(small, "bo", small.a2)
    with pytest.raises(Conflict) as error, transaction():
        service.close(MORNING, reasons=("Hela huset", "The house"), now=NOW, zone=ZONE)
    assert codes(error) == ["closure-hits"]


def test_closing_what_is_shut_adds_only_the_rest(context: Flask, small: Small) -> None:
    whole = at(TUESDAY, "08:00", "18:00")
    with transaction():
        service.close(MORNING, reasons=("Lampan", "The lamp"), now=NOW, zone=ZONE, space_id=small.a1)
    with transaction():
        closure = service.close(whole, reasons=("Huset", "The house"), now=NOW, zone=ZONE)
    parts = db.session.scalars(
        select(Allocation).where(Allocation.closure_id == closure.id, Allocation.space_id == small.a1)
    )
    assert [(part.start, part.end) for part in parts] == [(MORNING.end, whole.end)]


def test_title_is_bounded_and_clean(context: Flask, small: Small) -> None:
    for title, code in (
        ("x" * 121, "title-long"),
        ("a\x00b", "title-characters"),
        ("a\nb", "title-characters"),
        ("\ud800", "title-characters"),
    ):
        with pytest.raises(Refused) as error:
            reserve(small, title=title)
        assert codes(error) == [code]


def test_long_booking_is_split_by_local_day_and_still_one(context: Flask, small: Small) -> None:
    with transaction():
        spaces.set_hours(dict.fromkeys(range(7), (0, 1440)))
        spaces.set_policy(kind="room", longest=7 * 24 * 60)
    span = Span(at(TUESDAY, "20:00", "21:00").start, at(date(2026, 11, 27), "03:00", "04:00").end)
    booking = reserve(small, space=small.room, span=span)
    parts = wish_queries.held(span, [small.room])
    assert len(parts) == 4 and {held.booking_id for held in parts} == {booking.id}
    assert (parts[0].span.start, parts[-1].span.end) == (span.start, span.end)
    assert all(one.span.end == two.span.start for one, two in pairwise(parts))


def test_every_change_raises_the_stamps_that_pages_and_feeds_key_on(context: Flask, small: Small) -> None:
    def stamps() -> tuple[int, int]:
        db.session.rollback()
        return (
            db.session.scalars(select(Space.revision).where(Space.id == small.a1)).one(),
            db.session.scalars(select(Member.bookings_revision).where(Member.id == small.people["alva"])).one(),
        )

    seen = [stamps()]
    booking = reserve(small)
    seen.append(stamps())
    with transaction():
        service.move(
            member(small),
            booking.id,
            space_id=small.a1,
            span=at(TUESDAY, "09:00", "12:00"),
            now=NOW,
            zone=ZONE,
        )
    seen.append(stamps())
    with transaction():
        service.cancel(member(small), booking.id, now=NOW)
    seen.append(stamps())
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(seen))


# -- the law of the database, with all rules passed by ----------------------------------------------------------------


def insert(small: Small, span: Span, space: int | None = None) -> None:
    booking = db.session.scalars(select(Booking.id)).first()
    db.session.add(Allocation(space_id=space or small.a1, start=span.start, end=span.end, booking_id=booking))
    db.session.flush()


@pytest.mark.parametrize("span", [MORNING, at(TUESDAY, "11:59", "12:30"), at(TUESDAY, "07:00", "08:01"), at(TUESDAY, "09:00", "10:00"),
                                  at(TUESDAY, "06:00", "20:00")])  # fmt: skip
def test_database_refuses_an_overlapping_insert(context: Flask, small: Small, span: Span) -> None:
    reserve(small)
    with pytest.raises(DBAPIError, match="ex_allocation_overlap"), transaction():
        insert(small, span)


def test_database_refuses_an_overlap_made_by_update(context: Flask, small: Small) -> None:
    reserve(small)
    other = reserve(small, "bo", span=at(TUESDAY, "12:00", "13:00"))
    for change in ({"start": MORNING.start}, {"start": MORNING.start, "end": MORNING.end}):
        with pytest.raises(DBAPIError, match="ex_allocation_overlap"), transaction() as session:
            row = session.scalars(select(Allocation).where(Allocation.booking_id == other.id)).one()
            for name, value in change.items():
                setattr(row, name, value)
            session.flush()
    third = reserve(small, "bo", small.a2)
    with pytest.raises(DBAPIError, match="ex_allocation_overlap"), transaction() as session:
        session.scalars(select(Allocation).where(Allocation.booking_id == third.id)).one().space_id = small.a1
        session.flush()


def test_database_takes_neighbours_and_other_spaces(context: Flask, small: Small) -> None:
    reserve(small)
    with transaction():
        insert(small, at(TUESDAY, "12:00", "13:00"))
        insert(small, at(TUESDAY, "07:00", "08:00"))
        insert(small, MORNING, small.a2)


def test_database_refuses_an_allocation_longer_than_a_local_day(context: Flask, small: Small) -> None:
    reserve(small)
    autumn = Span(datetime(2026, 10, 24, 22, tzinfo=NOW.tzinfo), datetime(2026, 10, 25, 23, tzinfo=NOW.tzinfo))
    with transaction():
        insert(small, autumn)
    with pytest.raises(DBAPIError, match="ck_allocation_length"), transaction():
        insert(
            small,
            Span(MORNING.start + timedelta(days=9), MORNING.start + timedelta(days=10, hours=1, minutes=1)),
        )


def test_database_keeps_history_as_it_was(context: Flask, small: Small) -> None:
    reserve(small)
    for statement in ("UPDATE booking_history SET action = 'moved'", "DELETE FROM booking_history"):
        with pytest.raises(DBAPIError, match="booking_history_is_kept"), transaction() as session:
            session.execute(text(statement))
    assert db.session.scalar(select(func.count()).select_from(BookingHistory)) == 1


def test_naive_times_are_refused_by_the_column(context: Flask, small: Small) -> None:
    with pytest.raises(Exception, match="naive"):
        db.session.scalars(select(Booking).where(Booking.start == datetime(2026, 11, 24, 8))).all()  # noqa: DTZ001


def test_day_of_refusals_leaves_no_trace(context: Flask, small: Small) -> None:
    before = db.session.scalars(select(Space.revision).order_by(Space.id)).all()
    with pytest.raises(Refused):
        reserve(small, span=at(MONDAY, "06:00", "07:00"))
    db.session.rollback()
    assert db.session.scalars(select(Space.revision).order_by(Space.id)).all() == before
    assert db.session.scalar(select(func.count()).select_from(BookingHistory)) == 0
