"""Events and the time they take: all of it or nothing, and what is shown is what happens. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from innovation_station.audit.models import AuditEntry
from innovation_station.bookings import claims, dividing, telling
from innovation_station.bookings import service as bookings
from innovation_station.bookings.claims import Claimant
from innovation_station.bookings.models import Allocation, Booking, BookingHistory, Claim, SpaceHold
from innovation_station.db import connection, db, transaction
from innovation_station.errors import Conflict, NotAllowed, NotFound, Refused
from innovation_station.events import queries, service
from innovation_station.events.models import Event, Session, Speaker
from innovation_station.events.rules import Facts, Item, Programme, Use
from innovation_station.events.service import Details
from innovation_station.notices.models import Notice
from innovation_station.spaces.queries import house
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, Clock, at, statements
from tests.events.conftest import FACTS, THURSDAY, WEDNESDAY, Stage, talk

OVERLAPS = """
    SELECT count(*) FROM allocation a JOIN allocation b
    ON a.space_id = b.space_id AND a.id < b.id AND a.start < b."end" AND b.start < a."end"
"""


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Give what is taken, booked and planned."""
    tables = (
        "allocation",
        "booking",
        "booking_history",
        "event",
        "event_session",
        "event_room",
        "claim",
        "outbox",
        "audit_entry",
    )
    found = {}
    for table in tables:
        known = db.session.execute(text(f"SELECT * FROM {table} ORDER BY 1")) if _there(table) else []
        found[table] = [tuple(row) for row in known]
    db.session.rollback()
    return found


def _there(table: str) -> bool:
    return table in db.inspect(db.engine).get_table_names()


def taken(stage: Stage) -> set[tuple[int, object, object]]:
    rows = db.session.execute(
        select(Allocation.space_id, Allocation.start, Allocation.end).where(Allocation.claim_id.is_not(None))
    )
    return {tuple(row) for row in rows}  # type: ignore[misc]


def one_day(programme: Programme) -> Programme:
    return programme.moved(1, 0, ZONE)


# -- what it holds -----------------------------------------------------------------------------------------------------


def test_an_event_holds_what_its_programme_says(stage: Stage, two_days: Event) -> None:
    held, rooms = stage.held(two_days), stage.rooms
    assert set(held) == {
        rooms[name] for name in ("west", "east", "room", "Flottsbro", "Visättra", "Björnkulla", "Alby")
    }
    assert (
        held[rooms["west"]] == [at(TUESDAY, "09:00", "12:00"), at(WEDNESDAY, "14:00", "16:00")] == held[rooms["east"]]
    )
    assert held[rooms["Alby"]] == [at(TUESDAY, "12:00", "13:00")]
    assert db.session.scalar(select(func.count()).select_from(Claim)) == 1


def test_members_cannot_book_what_an_event_holds(stage: Stage, two_days: Event) -> None:
    stage.publish(two_days)
    with pytest.raises(Conflict) as refused:
        stage.book("alva", stage.rooms["west"], at(TUESDAY, "10:00", "11:00"))
    (refusal,) = refused.value.refusals
    assert refusal.code == "event-has-it" and refusal.values["event"] == {
        "sv": "Samverkansdagarna",
        "en": "Collaboration Days",
    }


@pytest.mark.parametrize("change", [{"visibility": "members"}, {"visibility": "link"}, {"visibility": "partners"}])
def test_what_is_not_public_is_an_event_without_a_name(stage: Stage, two_days: Event, change: dict[str, str]) -> None:
    stage.publish(two_days)
    given = Facts(**{name: getattr(FACTS, name) for name in FACTS.__slots__} | change)  # type: ignore[arg-type]
    with transaction():
        service.say(stage.who(), two_days.id, given, now=NOW, zone=ZONE)
    with pytest.raises(Conflict) as refused:
        stage.book("alva", stage.rooms["hall"], at(TUESDAY, "10:00", "11:00"))
    assert refused.value.refusals[0].values["event"] == {"sv": "", "en": ""}


def test_a_draft_holds_its_rooms_and_says_nothing_of_itself(stage: Stage, two_days: Event) -> None:
    with pytest.raises(Conflict) as refused:
        stage.book("alva", stage.rooms["hall"], at(TUESDAY, "10:00", "11:00"))
    assert refused.value.refusals[0].values["event"] == {"sv": "", "en": ""}


def test_the_database_itself_refuses_a_second_taker(stage: Stage, two_days: Event) -> None:
    span = at(TUESDAY, "10:00", "11:00")
    with pytest.raises(IntegrityError, match="ex_allocation_overlap"), transaction():
        booking = bookings.reserve(stage.who("alva"), stage.small.a1, span, now=NOW, zone=ZONE)
        db.session.add(Allocation(space_id=stage.rooms["west"], start=span.start, end=span.end, booking_id=booking.id))
        db.session.flush()


def test_an_allocation_has_one_owner(stage: Stage, two_days: Event) -> None:
    claim = db.session.scalars(select(Claim)).one()
    span = at(TUESDAY, "10:00", "11:00")
    booking = stage.book("alva", stage.small.a1, span)
    with pytest.raises(IntegrityError, match="one_owner"), transaction():
        db.session.add(
            Allocation(
                space_id=stage.small.a2, start=span.start, end=span.end, booking_id=booking.id, claim_id=claim.id
            )
        )
        db.session.flush()


def test_two_sessions_in_one_room_are_its_union(stage: Stage) -> None:
    event = stage.event(at(TUESDAY, "09:00", "17:00"))
    stage.add(
        event,
        talk(TUESDAY, "09:00", "11:00", stage.rooms["room"]),
        talk(TUESDAY, "10:00", "12:00", stage.rooms["room"]),
    )
    stage.add(
        event,
        talk(TUESDAY, "09:00", "10:00", stage.rooms["west"]),
        talk(TUESDAY, "09:30", "11:00", stage.rooms["hall"]),
    )
    assert stage.held(event) == {
        stage.rooms["room"]: [at(TUESDAY, "09:00", "12:00")], stage.rooms["west"]: [at(TUESDAY, "09:00", "11:00")],
        stage.rooms["east"]: [at(TUESDAY, "09:30", "11:00")],
    }  # fmt: skip


def test_layout_set_up_and_clearing_are_part_of_the_hold(stage: Stage) -> None:
    event = stage.event(at(TUESDAY, "09:00", "17:00"))
    stage.add(event, talk(TUESDAY, "10:00", "11:00", stage.rooms["hall"], layout="islands", setup=15, clearing=30))
    assert stage.held(event)[stage.rooms["west"]] == [at(TUESDAY, "09:00", "11:30")]


def test_letting_the_last_room_go_leaves_nothing(stage: Stage) -> None:
    event = stage.event(at(TUESDAY, "09:00", "17:00"))
    stage.add(event, talk(TUESDAY, "10:00", "11:00", stage.rooms["room"]))
    (row,) = stage.whole(event).sessions
    stage.change(event, lambda programme: programme.without(item=row.id))
    assert taken(stage) == set() and db.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_two_events_do_not_have_one_room(stage: Stage, two_days: Event) -> None:
    other = stage.event(at(TUESDAY, "09:00", "17:00"))
    with pytest.raises(Conflict) as refused:
        stage.add(other, talk(TUESDAY, "11:00", "13:00", stage.rooms["east"]))
    assert [one.code for one in refused.value.refusals] == ["event-has-it"]
    assert stage.whole(other).sessions == [] and stage.held(other) == {}


def test_a_closure_is_never_overwritten_and_closes_nothing_of_an_event(stage: Stage, two_days: Event) -> None:
    span = at(TUESDAY, "09:00", "12:00")
    with pytest.raises(Conflict) as refused, transaction():
        bookings.close(span, reasons=("x", "x"), now=NOW, zone=ZONE, space_id=stage.rooms["hall"])
    assert refused.value.refusals[0].code == "event-has-it"
    with transaction():
        bookings.close(
            at(THURSDAY, "08:00", "18:00"), reasons=("x", "x"), now=NOW, zone=ZONE, space_id=stage.rooms["hall"]
        )
    plan = stage.look(two_days, one_day)
    assert {wall.code for wall in plan.walls} == {"closed-space"}
    with pytest.raises(Conflict):
        stage.change(two_days, one_day, token=plan.token)


def test_what_waits_for_somebody_gives_way_and_is_counted(stage: Stage, two_days: Event) -> None:
    span = at(THURSDAY, "09:00", "11:00")
    with transaction():
        bookings.hold(
            stage.small.people["alva"],
            stage.rooms["Visättra"],
            span,
            until=NOW + timedelta(hours=2),
            now=NOW,
            zone=ZONE,
        )
    plan = stage.look(two_days, one_day)
    assert plan.kept_for == 1 and plan.clear
    stage.change(two_days, one_day, token=plan.token)
    assert db.session.scalar(select(func.count()).select_from(SpaceHold)) == 0


def test_a_divided_house_is_not_divided_anew_over_an_event(stage: Stage, two_days: Event) -> None:
    with pytest.raises(Conflict) as refused, transaction():
        dividing.divide(stage.who("admin"), stage.rooms["hall"], [], now=NOW, zone=ZONE)
    assert {one.code for one in refused.value.refusals} == {"event-has-it"}
    with pytest.raises(Conflict), transaction():
        dividing.link(stage.who("admin"), stage.rooms["room"], [stage.rooms["Alby"]], now=NOW, zone=ZONE)


# -- moving ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def full_week(stage: Stage, two_days: Event) -> list[int]:
    """Have members book what the event would take a day later, and a lot beside it."""
    rooms, made = stage.rooms, []
    for who, room, day, start, end in (
        ("alva", "room", WEDNESDAY, "13:00", "14:00"), ("bo", "Flottsbro", WEDNESDAY, "14:30", "15:30"),
        ("alva", "Visättra", THURSDAY, "10:00", "11:00"), ("bo", "Björnkulla", THURSDAY, "08:00", "10:00"),
        ("alva", "Alby", WEDNESDAY, "12:30", "13:00"), ("bo", "east", WEDNESDAY, "10:00", "11:00"),
    ):  # fmt: skip
        made.append(stage.book(who, rooms[room], at(day, start, end), f"{room}").id)
    for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY):
        for desk in (stage.small.a1, stage.small.a2):
            stage.book("alva" if desk == stage.small.a1 else "bo", desk, at(day, "09:00", "17:00"))
    return made


def test_two_days_and_six_rooms_move_over_a_full_week_as_it_was_shown(
    stage: Stage, two_days: Event, full_week: list[int]
) -> None:
    stage.publish(two_days)
    before = taken(stage)
    plan = stage.look(two_days, one_day)
    assert sorted(hit.booking_id for hit in plan.hits) == sorted(full_week) and not plan.walls
    assert len(plan.taken) == len(plan.released) == 7
    shown = {hit.booking_id: hit.instead.id if hit.instead else None for hit in plan.hits}
    assert shown[full_week[0]] is not None and shown[full_week[5]] is None, "there is no second hall"
    choices = {id_: "move" if place else "cancel" for id_, place in shown.items()}
    done = stage.change(two_days, one_day, token=plan.token, choices=choices)
    assert done.token == plan.token
    assert taken(stage) == {(space, start + timedelta(days=1), end + timedelta(days=1)) for space, start, end in before}  # type: ignore[operator]
    for booking_id, place in shown.items():
        row = db.session.get_one(Booking, booking_id)
        assert (row.state, row.space_id) == (("confirmed", place) if place else ("cancelled", row.space_id))
    assert connection().execute(text(OVERLAPS)).scalar_one() == 0
    event = db.session.get_one(Event, two_days.id)
    assert (
        event.start == at(WEDNESDAY, "09:00", "10:00").start
        and event.previous_start == at(TUESDAY, "09:00", "10:00").start
    )
    assert event.sequence > 0


def test_with_one_undecided_nothing_is_done(stage: Stage, two_days: Event, full_week: list[int]) -> None:
    plan = stage.look(two_days, one_day)
    before = everything()
    choices = dict.fromkeys(full_week[1:], "cancel")
    with pytest.raises(Conflict) as refused:
        stage.change(two_days, one_day, token=plan.token, choices=choices)
    assert [one.code for one in refused.value.refusals] == ["event-hits"] and everything() == before
    with pytest.raises(Conflict):
        stage.change(two_days, one_day)
    assert everything() == before


def test_a_plan_that_is_out_of_date_is_refused_and_changes_nothing(
    stage: Stage, two_days: Event, full_week: list[int]
) -> None:
    plan = stage.look(two_days, one_day)
    stage.book("bo", stage.rooms["Alby"], at(WEDNESDAY, "12:00", "12:30"))
    before = everything()
    with pytest.raises(Conflict) as refused:
        stage.change(two_days, one_day, token=plan.token, choices=dict.fromkeys(full_week, "cancel"))
    assert [one.code for one in refused.value.refusals] == ["plan-changed"] and everything() == before


def test_what_cannot_be_moved_takes_all_back(
    stage: Stage, two_days: Event, full_week: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail at each of the steps of a move in turn: nothing is ever half done."""
    plan = stage.look(two_days, one_day)
    choices = {hit.booking_id: "move" if hit.instead else "cancel" for hit in plan.hits}
    before = everything()
    for step in (bookings.move, bookings.cancel, claims.take, service._store):
        module = {"move": bookings, "cancel": bookings, "take": claims, "_store": service}[step.__name__]
        calls = 0

        def broken(*args: object, _step: object = step, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == (2 if _step is claims.take else 1):
                raise RuntimeError("broken")
            return _step(*args, **more)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(module, step.__name__, broken)
            if step is bookings.cancel and "cancel" not in choices.values():
                continue
            with pytest.raises(RuntimeError):
                stage.change(two_days, one_day, token=plan.token, choices=choices)
        assert everything() == before, step


def test_members_are_told_and_history_knows_who_it_was(stage: Stage, two_days: Event, full_week: list[int]) -> None:
    plan = stage.look(two_days, one_day)
    choices = dict.fromkeys(full_week, "cancel")
    stage.change(two_days, one_day, token=plan.token, choices=choices)
    rows = db.session.scalars(select(BookingHistory).where(BookingHistory.action == "cancelled")).all()
    assert {row.actor_id for row in rows} == {stage.small.people["host"]} and len(rows) == len(full_week)
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.action == "event.moved")).all() == [
        "event.moved"
    ]


def test_one_session_moves_to_another_room_alone(stage: Stage, two_days: Event) -> None:
    row = next(one for one in stage.whole(two_days).sessions if one.space_id == stage.rooms["Flottsbro"])
    item = next(one for one in stage.whole(two_days).programme.items if one.id == row.id)
    other = Item(row.id, item.kind, item.titles, item.span, stage.rooms["Visättra"])
    stage.change(two_days, lambda programme: programme.with_item(other))
    assert stage.rooms["Flottsbro"] not in stage.held(two_days)
    assert at(TUESDAY, "13:00", "15:00") in stage.held(two_days)[stage.rooms["Visättra"]]
    assert db.session.get_one(Session, row.id).sequence == 1


def test_an_event_moves_onto_its_own_time(stage: Stage, two_days: Event) -> None:
    """Half an hour later it meets what it has itself: that is no obstacle."""
    stage.change(two_days, lambda programme: programme.moved(0, 30, ZONE))
    assert stage.held(two_days)[stage.rooms["west"]][0] == at(TUESDAY, "09:30", "12:30")


def test_over_a_change_of_the_clocks_the_hours_stay(stage: Stage) -> None:
    day = TUESDAY.replace(year=2027, month=3, day=26)
    event = stage.event(at(day, "09:00", "17:00"))
    stage.add(event, talk(day, "09:00", "12:00", stage.rooms["room"]))
    stage.change(event, lambda programme: programme.moved(3, 0, ZONE))
    there = day + timedelta(days=3)
    assert stage.held(event)[stage.rooms["room"]] == [at(there, "09:00", "12:00")]
    assert at(there, "09:00", "12:00").start.hour == 7


def test_what_is_over_is_neither_moved_nor_changed(stage: Stage, two_days: Event, clock: Clock) -> None:
    clock.now = at(TUESDAY, "12:30", "13:00").start
    with pytest.raises(Refused) as refused, transaction():
        service.carry_out(stage.who(), two_days.id, one_day, now=clock.now, zone=ZONE)
    assert refused.value.refusals[0].code == "event-over"


def test_moving_back_forgets_that_it_was_moved(stage: Stage, two_days: Event) -> None:
    stage.publish(two_days)
    stage.change(two_days, one_day)
    stage.change(two_days, lambda programme: programme.moved(-1, 0, ZONE))
    assert db.session.get_one(Event, two_days.id).previous_start is None


def test_the_preview_costs_the_same_however_many_are_hit(stage: Stage, two_days: Event) -> None:
    counts = []
    for who, start in (("alva", "13:00"), ("bo", "14:00")):
        stage.book(who, stage.rooms["room"], at(WEDNESDAY, start, f"{int(start[:2]) + 1}:00"))
        db.session.rollback()
        house()
        with statements(stage.app) as seen:
            plan = stage.look(two_days, one_day)
        counts.append((len(plan.hits), len(seen)))
    assert [hits for hits, _count in counts] == [1, 2] and counts[0][1] == counts[1][1] <= 14


# -- attaching ---------------------------------------------------------------------------------------------------------


def test_a_booking_gives_its_time_to_an_event_that_takes_it_along(stage: Stage) -> None:
    event = stage.event(at(TUESDAY, "09:00", "17:00"))
    booking = stage.book("alva", stage.rooms["room"], at(TUESDAY, "10:00", "11:00"))
    use = Use(0, booking.space_id, "other", booking.span)
    plan = stage.look(event, lambda programme: programme.with_use(use))
    assert [hit.booking_id for hit in plan.hits] == [booking.id]
    stage.change(event, lambda programme: programme.with_use(use), token=plan.token, choices={booking.id: "cancel"})
    assert db.session.get_one(Booking, booking.id).state == "cancelled"
    stage.change(event, one_day)
    assert stage.held(event) == {stage.rooms["room"]: [at(WEDNESDAY, "10:00", "11:00")]}


# -- what becomes of it ------------------------------------------------------------------------------------------------


def test_cancelling_frees_the_rooms_and_keeps_the_page(stage: Stage, two_days: Event) -> None:
    stage.publish(two_days)
    with transaction():
        service.cancel(stage.who(), two_days.id, ("Sjukdom", ""), now=NOW, zone=ZONE)
    assert taken(stage) == set()
    event = db.session.get_one(Event, two_days.id)
    assert event.state == "cancelled" and event.cancel_sv == "Sjukdom" and event.sequence > 0
    stage.book("alva", stage.rooms["west"], at(TUESDAY, "10:00", "11:00"))


def test_a_draft_is_deleted_whole_and_what_others_saw_is_not(stage: Stage, two_days: Event) -> None:
    with transaction():
        service.add_speaker(stage.who(), two_days.id, name="Ida Alm", title="", affiliation="", now=NOW)
    stage.publish(two_days)
    with transaction():
        service.withdraw(stage.who(), two_days.id, now=NOW, zone=ZONE)
    with pytest.raises(Refused) as refused, transaction():
        service.discard(stage.who(), two_days.id, now=NOW, zone=ZONE)
    assert refused.value.refusals[0].code == "event-seen"
    fresh = stage.event(at(THURSDAY, "09:00", "10:00"))
    stage.add(fresh, talk(THURSDAY, "09:00", "10:00", stage.rooms["room"]))
    with transaction():
        service.discard(stage.who(), fresh.id, now=NOW, zone=ZONE)
    assert queries.get(fresh.id) is None and stage.held(fresh) == {}


def test_states_follow_each_other_in_one_order_only(stage: Stage, two_days: Event) -> None:
    with pytest.raises(Refused) as refused, transaction():
        service.cancel(stage.who(), two_days.id, ("", ""), now=NOW, zone=ZONE)
    assert refused.value.refusals[0].code == "event-state"
    stage.publish(two_days)
    assert stage.publish(two_days).state == "published"
    with pytest.raises(Refused), transaction():
        service.withdraw(stage.who(), two_days.id, now=at(TUESDAY, "10:00", "11:00").start, zone=ZONE)
    with pytest.raises(Refused), transaction():
        service.cancel(stage.who(), two_days.id, ("", ""), now=at(THURSDAY, "10:00", "11:00").start, zone=ZONE)
    with transaction():
        service.cancel(stage.who(), two_days.id, ("", ""), now=NOW, zone=ZONE)
    with pytest.raises(Refused), transaction():
        service.publish(stage.who(), two_days.id, now=NOW, zone=ZONE)


def test_a_copy_has_the_same_programme_people_and_rooms_on_its_own_day(stage: Stage, two_days: Event) -> None:
    with transaction():
        speaker = service.add_speaker(
            stage.who(), two_days.id, name="Ida Alm", title="Lektor", affiliation="Skolan", now=NOW
        )
        item = next(one for one in queries.whole(two_days).programme.items if one.kind == "keynote")
        details = Details(item.id, ("Om", "About"), roles={speaker.id: "moderator"})
        service.carry_out(stage.who(), two_days.id, lambda p: p.with_item(item), now=NOW, zone=ZONE, details=details)
    with transaction():
        made = service.copy(stage.who(), two_days.id, TUESDAY + timedelta(days=14), now=NOW, zone=ZONE, group=True)
    whole = stage.whole(made)
    assert [row.name for row in whole.speakers.values()] == ["Ida Alm"] and len(whole.sessions) == 6
    (part,) = [part for parts in whole.parts.values() for part in parts]
    assert part.role == "moderator" and part.speaker_id != speaker.id
    assert made.uid != two_days.uid and made.slug == "samverkansdagarna-2" and made.state == "draft"
    assert made.group_uid == db.session.get_one(Event, two_days.id).group_uid is not None
    assert stage.held(made)[stage.rooms["Alby"]] == [at(TUESDAY + timedelta(days=14), "12:00", "13:00")]


def test_a_copy_whose_rooms_are_taken_is_not_made(stage: Stage, two_days: Event) -> None:
    before = everything()
    with pytest.raises(Conflict) as refused, transaction():
        service.copy(stage.who(), two_days.id, TUESDAY, now=NOW, zone=ZONE)
    assert {one.code for one in refused.value.refusals} == {"event-has-it"} and everything() == before
    stage.book("alva", stage.rooms["room"], at(TUESDAY + timedelta(days=7), "13:00", "14:00"))
    with pytest.raises(Conflict) as refused, transaction():
        service.copy(stage.who(), two_days.id, TUESDAY + timedelta(days=7), now=NOW, zone=ZONE)
    assert [one.code for one in refused.value.refusals] == ["taken"]


def test_a_template_holds_no_rooms(stage: Stage, two_days: Event) -> None:
    with transaction():
        made = service.copy(stage.who(), two_days.id, WEDNESDAY, now=NOW, zone=ZONE, state="template")
    assert stage.held(made) == {} and len(stage.whole(made).sessions) == 6


# -- who may, and what is refused --------------------------------------------------------------------------------------


def test_only_staff_plan_events(stage: Stage, two_days: Event) -> None:
    with pytest.raises(NotAllowed) as refused, transaction():
        service.create(stage.who("alva"), FACTS, at(TUESDAY, "09:00", "10:00"), now=NOW)
    assert refused.value.refusals[0].code == "event-staff"
    with pytest.raises(NotAllowed), transaction():
        service.publish(stage.who("alva"), two_days.id, now=NOW, zone=ZONE)
    with pytest.raises(NotFound), transaction():
        service.publish(stage.who(), 999, now=NOW, zone=ZONE)


@pytest.mark.parametrize(("item", "details", "code"), [
    (talk(TUESDAY, "09:00", "10:00", titles=("", "")), Details(), "event-nameless"),
    (talk(TUESDAY, "09:00", "10:00", kind="x"), Details(), "event-choice"),
    (talk(TUESDAY, "09:00", "10:00"), Details(materials=(("x", "javascript:1"),)), "materials-malformed"),
])  # fmt: skip
def test_what_is_said_of_a_session_is_checked(item: Item, details: Details, code: str) -> None:
    with pytest.raises(Refused) as refused:
        service.check_details(item, details)
    assert refused.value.refusals[0].code == code


def test_people_are_those_of_one_event(stage: Stage, two_days: Event) -> None:
    other = stage.event(at(THURSDAY, "09:00", "10:00"))
    with transaction():
        speaker = service.add_speaker(
            stage.who(), other.id, name="Ida Alm", title="", affiliation="", email="alva@example.org", now=NOW
        )
    assert speaker.member_id == stage.small.people["alva"]
    item = next(iter(queries.whole(two_days).programme.items))
    stage.change(two_days, lambda p: p.with_item(item), details=Details(item.id, roles={speaker.id: "speaker"}))
    assert stage.whole(two_days).parts == {}
    with pytest.raises(NotFound), transaction():
        service.drop_speaker(stage.who(), two_days.id, speaker.id, now=NOW)
    with pytest.raises(Refused) as refused, transaction():
        service.add_speaker(stage.who(), two_days.id, name=" ", title="", affiliation="", now=NOW)
    assert refused.value.refusals[0].code == "speaker-nameless"
    with pytest.raises(Refused), transaction():
        service.add_speaker(
            stage.who(), two_days.id, name="X", title="", affiliation="", email="no@example.org", now=NOW
        )


def test_a_copy_of_the_past_is_refused(stage: Stage, two_days: Event) -> None:
    with pytest.raises(Refused) as refused, transaction():
        service.copy(stage.who(), two_days.id, MONDAY - timedelta(days=30), now=NOW, zone=ZONE)
    assert refused.value.refusals[0].code == "past"


def test_claims_of_nobody_hinder_nobody(stage: Stage) -> None:
    """Of two claimants each sees what the other has, and not what it has itself."""
    first, second = Claimant("event", 1, ("A", "A")), Claimant("event", 2)
    wanted = [(stage.rooms["hall"], at(TUESDAY, "09:00", "10:00"))]
    with transaction():
        claims.take(first, wanted, now=NOW, zone=ZONE)
    assert claims.in_the_way(first, wanted, house()) == []
    assert {held.claim for held in claims.in_the_way(second, wanted, house())} == {("A", "A")}
    with pytest.raises(Conflict), transaction():
        claims.take(second, wanted, now=NOW, zone=ZONE)


def test_a_failed_event_leaves_no_row_behind(stage: Stage) -> None:
    with pytest.raises(Refused), transaction():
        service.create(stage.who(), Facts(("", "")), at(TUESDAY, "09:00", "10:00"), now=NOW)
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0
    db.session.execute(delete(Speaker))


def test_who_gives_way_is_told_to_what_and_need_do_nothing(stage: Stage, two_days: Event) -> None:
    stage.publish(two_days)
    first = stage.book("alva", stage.rooms["Alby"], at(THURSDAY, "09:00", "10:00"))
    second = stage.book("bo", stage.rooms["Björnkulla"], at(THURSDAY, "09:00", "10:00"))
    for space in ("Alby", "Björnkulla"):
        item = talk(THURSDAY, "09:00", "10:00", stage.rooms[space])
        plan = stage.look(two_days, lambda p, one=item: p.with_item(one))
        choice = {first.id: "move"} if space == "Alby" else {second.id: "cancel"}
        stage.change(two_days, lambda p, one=item: p.with_item(one), token=plan.token, choices=choice)
    moved, cancelled = (
        db.session.scalars(db.select(Notice).where(Notice.kind == "booking-changed").order_by(Notice.id)).all()
    )  # fmt: skip
    said = telling.say(moved.content, {})
    assert "«Samverkansdagarna»" in said.text and "Alby" in said.text and "utan att du behöver göra något" in said.text
    assert (said.endpoint, said.parts) == ("bookings.edit", {"booking_id": first.id})
    assert telling.say(cancelled.content, {}).text == "Den får ge plats för «Samverkansdagarna»."
    assert "giving-way" not in db.session.info
