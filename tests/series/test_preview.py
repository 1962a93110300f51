"""The look at a series before it is saved: every date by every rule, what its dates take from each other, ways forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from innovation_station.bookings.rules import Held, Moment, Wish, alike, refusals
from innovation_station.plans.rules import Allowance, Catalogue, Dedication, Plan, Quota, Standing, Use
from innovation_station.series import preview
from innovation_station.series.changes import answered, begin, change
from innovation_station.series.drawing import drawn
from innovation_station.series.preview import Preview, Verdict, Wanted, wanted_by
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Answer, Change, Edit, Pattern
from innovation_station.spaces.rules import Layout, Place, Policy, at_minute
from innovation_station.timespan import Span
from tests.bookings.test_rules import ALWAYS, ROOM, WEEK, desk
from tests.conftest import MONDAY, NOW, TUESDAY, ZONE, at

DAY, DAYS_7 = timedelta(days=1), timedelta(days=7)
FAR = Policy(horizon=2000)
DESKS = [desk(number, policy=FAR, hours=WEEK) for number in (1, 2, 3, 4)]
PLACES = {place.id: place for place in DESKS}
SERIES = Pattern(Rule("weekly", weekdays=frozenset({1}), count=6), TUESDAY, Times(540, 660), 1)


def room(number: int, **changes: Any) -> Place:
    return replace(ROOM, **{"id": number, "takes": frozenset({number}), "policy": FAR, **changes})


def moment(**more: Any) -> Moment:
    return Moment(NOW, ZONE, {}, **more)


def wanted(pattern: Pattern = SERIES, answers: dict[date, Answer] | None = None) -> list[Wanted]:
    found = begin(pattern, NOW, ZONE)
    assert not found.refusals
    return wanted_by(answered(found, answers or {}, ZONE), PLACES)


def looked(
    one: Sequence[Wanted], held: Sequence[Held] = (), own: Sequence[tuple[Held, str]] = (), when: Moment | None = None,
    places: Sequence[Place] = DESKS,
) -> list[Verdict]:  # fmt: skip
    look = Preview(when or moment(), held, own)
    verdicts = look.judge(one)
    base = next((verdict.wanted.wish.place for verdict in verdicts if verdict.wanted.wish), places[0])
    return look.suggest(verdicts, alike(base, places))


def codes(verdicts: Sequence[Verdict]) -> list[str]:
    return [" ".join(refusal.code for refusal in verdict.refusals) for verdict in verdicts]


def offers(verdict: Verdict) -> list[str]:
    return [f"{one.place.name} {one.span.start.astimezone(ZONE):%m-%d %H:%M}" for one in verdict.offers]


def membership(*quotas: Quota, uses: Sequence[Use] = (), shared: Sequence[Quota] = (), **more: Any) -> Moment:
    plan = Plan(
        1,
        {"sv": "Bas", "en": "Base"},
        {},
        frozenset({"desk", "room"}),
        frozenset(),
        frozenset(),
        quotas,
        0,
        {},
        0,
        True,
    )
    catalogue = Catalogue({1: plan}, more.get("dedications", {}), {7: shared})
    return moment(allowance=Allowance(ZONE, catalogue, Standing(1, 7), uses, more.get("shared_uses", ())))


# -- reasons ----------------------------------------------------------------------------------------------------------


def test_every_date_is_judged_and_the_free_ones_are_granted() -> None:
    held = [Held(1, at(TUESDAY + DAYS_7, "10:00", "12:00"), 9, 5), Held(2, at(TUESDAY, "09:00", "11:00"), 8, 5)]
    found = looked(wanted(), held)
    assert codes(found) == ["", "taken", "", "", "", ""]
    assert [verdict.wanted.day for verdict in found] == [TUESDAY + DAYS_7 * n for n in range(6)]
    assert found[1].refusals[0].values["booking"] == 9
    assert offers(found[1]) == ["A2 12-01 09:00", "A3 12-01 09:00", "A1 12-01 08:00"]
    assert all(verdict.granted and not verdict.offers for verdict in found if verdict is not found[1])


def test_all_reasons_against_a_date_come_at_once() -> None:
    holidays: dict[date, Any] = {TUESDAY + DAYS_7: {"sv": "Helg", "en": "Feast"}}
    held = [Held(1, at(TUESDAY + DAYS_7, "10:00", "12:00"), 9, 5)]
    found = looked(wanted(), held, when=replace(moment(), holidays=holidays))
    assert codes(found)[:2] == ["", "holiday taken"] and found[1].offers == ()


def test_unclear_date_has_its_reason_and_no_offer() -> None:
    night = Pattern(Rule("weekly", weekdays=frozenset({6}), count=2), date(2027, 3, 21), Times(150, 210), 1)
    places = {1: replace(DESKS[0], hours=ALWAYS)}
    found = looked(wanted_by(begin(night, NOW, ZONE), places), places=list(places.values()))
    assert codes(found) == ["", "time-skipped"] and found[1].offers == () and not found[1].granted


def test_skipped_dates_want_nothing() -> None:
    found = wanted(answers={TUESDAY: Answer(skip=True), TUESDAY + DAYS_7: Answer(space_id=3)})
    assert [(one.day, one.wish and one.wish.place.id) for one in found][:2] == [
        (TUESDAY + DAYS_7, 3),
        (TUESDAY + DAYS_7 * 2, 1),
    ]


def test_only_what_an_edit_wants_is_judged() -> None:
    rows = [replace(step.after, id=number) for number, step in enumerate(begin(SERIES, NOW, ZONE).steps)]
    longer = Edit(rule=Rule("weekly", weekdays=frozenset({1}), count=8))
    found = change(SERIES, rows, longer, "all", TUESDAY, NOW, ZONE)
    assert [one.day for one in wanted_by(found, PLACES)] == [TUESDAY + DAYS_7 * 6, TUESDAY + DAYS_7 * 7]
    assert wanted_by(change(SERIES, rows, Edit(title="x"), "all", TUESDAY, NOW, ZONE), PLACES) == []


# -- what the dates of a series take from each other ------------------------------------------------------------------


def test_quota_of_a_month_is_used_up_by_the_series_itself() -> None:
    daily = Pattern(Rule("weekly", weekdays=frozenset(range(5)), count=14), TUESDAY, Times(540, 600), 1)
    found = looked(wanted(daily), when=membership(Quota("desk", "month", "bookings", 3)))
    assert codes(found) == ["", "", "", "quota-bookings", "quota-bookings"] + ["", "", ""] + ["quota-bookings"] * 6
    assert found[5].wanted.day == date(2026, 12, 1) and all(verdict.offers == () for verdict in found)


def test_quota_of_a_week_counts_hours_over_the_turn_of_a_month() -> None:
    daily = Pattern(Rule("weekly", weekdays=frozenset(range(5)), count=6), date(2026, 11, 30), Times(540, 660), 1)
    found = looked(wanted(daily), when=membership(Quota(None, "week", "hours", 6 * 60)))
    assert codes(found) == ["", "", "", "quota-hours", "quota-hours", ""]
    assert found[3].refusals[0].values["left"] == 0


def test_what_is_booked_already_counts_too() -> None:
    uses = [Use(TUESDAY - DAY, "desk", 60), Use(date(2026, 12, 30), "desk", 60, bookings=2)]
    found = looked(wanted(), when=membership(Quota("desk", "month", "bookings", 3), uses=uses))
    assert codes(found) == ["", "", "quota-bookings", "quota-bookings", "quota-bookings", "quota-bookings"]
    weeks = looked(wanted(), when=membership(Quota("desk", "week", "bookings", 1), uses=uses))
    assert codes(weeks) == ["quota-bookings", "", "", "", "", "quota-bookings"]


def test_date_that_is_refused_uses_nothing_up() -> None:
    held = [Held(1, at(TUESDAY + DAYS_7, "09:00", "11:00"), 9, 5)]
    found = looked(wanted(), held, when=membership(Quota("desk", "month", "bookings", 2)))
    assert codes(found) == ["", "taken", "", "", "quota-bookings", "quota-bookings"]


def test_nothing_is_offered_that_the_series_leaves_no_quota_for() -> None:
    held = [Held(1, at(TUESDAY + DAYS_7, "09:00", "11:00"), 9, 5)]
    found = looked(wanted(), held, when=membership(Quota("desk", "month", "bookings", 4)))
    assert codes(found) == ["", "taken", "", "", "", ""] and found[1].offers == ()
    roomy = looked(wanted(), held, when=membership(Quota("desk", "month", "bookings", 5)))
    assert len(roomy[1].offers) == 3


def test_shared_quota_is_counted_too() -> None:
    when = membership(
        shared=[Quota("desk", "month", "hours", 5 * 60)], shared_uses=[Use(date(2026, 12, 3), "desk", 60)]
    )
    assert codes(looked(wanted(), when=when)) == ["", "", "", "shared-hours", "shared-hours", "shared-hours"]


def test_own_place_uses_nothing_up() -> None:
    own = {1: [Dedication(1, 1, MONDAY, None)]}
    found = looked(wanted(), when=membership(Quota(None, "month", "bookings", 1), dedications=own))
    assert codes(found) == [""] * 6
    once = wanted(answers={TUESDAY + DAYS_7 * 4: Answer(space_id=2), TUESDAY + DAYS_7 * 5: Answer(space_id=3)})
    mixed = looked(once, when=membership(Quota(None, "month", "bookings", 1), dedications=own))
    assert codes(mixed) == ["", "", "", "", "", "quota-bookings"]


def test_two_dates_on_one_space_at_one_time() -> None:
    found = looked(wanted(answers={TUESDAY + DAYS_7: Answer(day=TUESDAY)}))
    assert codes(found)[:3] == ["", "series-twice", ""]
    assert found[1].refusals[0].values == {"day": TUESDAY}
    assert "A1 11-24 09:00" not in offers(found[1])


def test_two_dates_on_two_desks_at_one_time() -> None:
    found = looked(wanted(answers={TUESDAY + DAYS_7: Answer(day=TUESDAY, space_id=2)}))
    assert codes(found)[:3] == ["", "own-desk", ""]
    assert found[1].refusals[0].values["other"] == "A1"
    assert offers(found[1]) == ["A2 11-24 11:00", "A2 11-24 16:00"]


def test_two_dates_in_two_rooms_are_fine() -> None:
    rooms = {number: room(number) for number in (1, 2)}
    answers = {TUESDAY + DAYS_7: Answer(day=TUESDAY, space_id=2)}
    one = wanted_by(answered(begin(SERIES, NOW, ZONE), answers, ZONE), rooms)
    assert codes(looked(one, places=list(rooms.values())))[:3] == ["", "", ""]


def test_desk_that_the_member_has_elsewhere() -> None:
    own = [
        (Held(3, at(TUESDAY, "08:00", "10:00"), 4, 1, "A3"), "desk"),
        (Held(5, at(TUESDAY + DAYS_7, "08:00", "10:00"), 6, 1), "room"),
    ]
    found = looked(wanted(), own=own)
    assert codes(found)[:2] == ["own-desk", ""] and found[0].refusals[0].values["other"] == "A3"
    assert offers(found[0]) == ["A1 11-24 10:00", "A1 11-24 16:00"]


# -- ways forward -----------------------------------------------------------------------------------------------------


def test_full_house_offers_other_times_alone() -> None:
    held = [Held(number, at(TUESDAY, "09:00", "11:00"), number, 5) for number in (1, 2, 3, 4)]
    assert offers(looked(wanted(), held)[0]) == ["A1 11-24 11:00", "A1 11-24 16:00"]


@pytest.mark.parametrize("zone", [ZONE, ZoneInfo("America/New_York")])
def test_day_that_is_full_is_full_from_midnight_to_midnight(zone: ZoneInfo) -> None:
    """The local day begins before that of UTC in the east, and ends after it in the west."""
    place = replace(DESKS[0], hours=ALWAYS)
    sides = [at_minute(TUESDAY, minute, zone) for minute in (0, 30, 19 * 60, 24 * 60)]
    held = [Held(1, Span(first, last), number, 5) for number, (first, last) in enumerate(pairwise(sides), 1)]
    one = wanted_by(begin(replace(SERIES, times=Times(540, 570)), NOW, zone), {1: place})
    found = looked(one, held, when=replace(moment(), zone=zone), places=[place])
    assert codes(found)[0] == "taken" and found[0].offers == ()


def test_full_space_offers_others_alone() -> None:
    held = [Held(1, at(TUESDAY, "08:00", "18:00"), 1, 5)]
    assert offers(looked(wanted(), held)[0]) == ["A2 11-24 09:00", "A3 11-24 09:00", "A4 11-24 09:00"]


def test_first_date_that_is_over_may_come_later_today() -> None:
    monday = replace(
        SERIES, rule=Rule("weekly", weekdays=frozenset({0}), count=2), first_day=MONDAY, times=Times(480, 540)
    )
    found = looked(wanted(monday), when=replace(moment(), now=NOW + timedelta(hours=3)))
    assert codes(found) == ["past", ""] and [one[:11] for one in offers(found[0])] == ["A1 11-23 11", "A1 11-23 17"]


def test_date_beyond_the_horizon_is_offered_only_where_that_is_longer() -> None:
    near, other, far = desk(1, hours=WEEK), desk(2, hours=WEEK), desk(3, hours=WEEK, policy=FAR)
    beyond = replace(SERIES, first_day=date(2027, 3, 2))
    one = wanted_by(begin(beyond, NOW, ZONE), {1: near})
    found = looked(one, places=[near, other, far])
    assert codes(found) == ["too-far"] * 6 and offers(found[0]) == ["A3 03-02 09:00"]


def test_date_outside_of_the_hours() -> None:
    long = replace(DESKS[1], hours=ALWAYS)
    evening = replace(SERIES, times=Times(17 * 60, 19 * 60))
    found = looked(wanted(evening), places=[DESKS[0], long, DESKS[2]])
    assert codes(found) == ["closed-hours"] * 6
    assert offers(found[0]) == ["A2 11-24 17:00", "A1 11-24 16:00", "A1 11-24 08:00"]


def test_closed_space_offers_others() -> None:
    found = looked(wanted(), [Held(1, at(TUESDAY, "00:00", "23:00"), None)])
    assert codes(found)[0] == "closed-space" and offers(found[0])[0] == "A2 11-24 09:00"


def test_what_is_learnt_later_is_looked_at() -> None:
    look = Preview(moment(), [Held(1, at(TUESDAY, "08:00", "18:00"), 1, 5)], [])
    verdicts = look.judge(wanted())
    look.learn({at(TUESDAY, "09:00", "11:00"): frozenset({1, 2})})
    assert offers(look.suggest(verdicts, DESKS)[0]) == ["A3 11-24 09:00", "A4 11-24 09:00"]
    assert len(look.suggest(verdicts, DESKS, most=1)[0].offers) == 1


# -- halls, buffers and layouts ---------------------------------------------------------------------------------------

HALL = room(10, name="Salen", takes=frozenset({11, 12}))
HALVES = [room(number, name=f"Halva {number}") for number in (11, 12)]


def test_part_of_a_hall_stands_in_the_way_of_the_whole() -> None:
    other = room(13, name="R13")
    one = wanted_by(begin(replace(SERIES, space_id=10), NOW, ZONE), {10: HALL})
    found = looked(one, [Held(12, at(TUESDAY, "09:00", "10:00"), 7, 5)], places=[HALL, *HALVES, other])
    assert codes(found)[:2] == ["taken", ""]
    assert offers(found[0]) == ["Halva 11 11-24 09:00", "R13 11-24 09:00", "Salen 11-24 10:00"]


def test_two_dates_in_a_hall_and_its_half() -> None:
    places = {10: HALL, 11: HALVES[0]}
    answers = {TUESDAY + DAYS_7: Answer(day=TUESDAY, space_id=11)}
    one = wanted_by(answered(begin(replace(SERIES, space_id=10), NOW, ZONE), answers, ZONE), places)
    assert codes(looked(one, places=[HALL, *HALVES]))[:3] == ["", "series-twice", ""]


def test_what_is_kept_free_round_a_date_counts_within_the_series_too() -> None:
    tidy = room(1, policy=Policy(horizon=2000, clearing=30))
    after = {
        TUESDAY + DAYS_7: Answer(day=TUESDAY, times=Times(660, 720)),
        TUESDAY + DAYS_7 * 2: Answer(day=TUESDAY, times=Times(690, 720)),
    }
    one = wanted_by(answered(begin(SERIES, NOW, ZONE), after, ZONE), {1: tidy})
    assert codes(looked(one, [Held(1, at(TUESDAY + DAYS_7 * 3, "11:00", "12:00"), 7, 5)], places=[tidy]))[:4] == [
        "", "series-twice", "", "too-close",
    ]  # fmt: skip


def test_what_lasts_several_days_counts_once_towards_what_one_may_have_at_once() -> None:
    place = room(1, policy=replace(FAR, at_once=2))
    days = Span(at(MONDAY, "08:00", "09:00").start, at(TUESDAY + DAY, "08:00", "18:00").end)
    own = [(Held(number, days, number, 5), "room") for number in (2, 3)]
    one = wanted_by(begin(SERIES, NOW, ZONE), {1: place})
    assert codes(looked(one, own=own[:1], places=[place])) == [""] * 6
    assert codes(looked(one, own=own, places=[place]))[:2] == ["too-many-at-once", ""]


def furnished(found: Change, **furniture: Any) -> Change:
    """Give the change with what the bookings of its dates are for."""
    return replace(found, steps=tuple(replace(one, after=replace(one.after, **furniture)) for one in found.steps))


def test_series_is_for_so_many_and_furnished_so() -> None:
    rows = Layout("theatre", 20), Layout("islands", 6)
    wide = room(1, layouts=rows)
    plain = room(2, capacity=30, name="R2")
    small = room(3, capacity=4, name="R3")
    held = [Held(1, at(TUESDAY, "08:00", "18:00"), 7, 5)]
    begun = begin(SERIES, NOW, ZONE)
    one = wanted_by(furnished(begun, people=12, layout="theatre"), {1: wide})
    found = looked(one, held, places=[wide, small, plain])
    assert codes(found)[:2] == ["taken", ""] and offers(found[0]) == ["R2 11-24 09:00"]
    few = wanted_by(furnished(begun, people=12, layout="islands"), {1: wide})
    assert codes(looked(few, places=[wide, small, plain]))[0] == "too-small"
    answers = {TUESDAY: Answer(space_id=2)}
    elsewhere = wanted_by(furnished(answered(begun, answers, ZONE), layout="theatre"), {1: wide, 2: plain})
    assert [one.wish and one.wish.layout for one in elsewhere][:2] == [None, "theatre"]


# -- the work ---------------------------------------------------------------------------------------------------------


def test_work_grows_with_the_dates_and_not_with_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred dates, two hundred desks, all of which are taken on twenty dates: by far not twenty thousand questions."""
    asked = []

    def counting(*given: Any) -> Any:
        asked.append(given)
        return refusals(*given)

    monkeypatch.setattr(preview, "refusals", counting)
    places = [desk(number, policy=FAR, hours=WEEK) for number in range(1, 201)]
    hundred = replace(SERIES, rule=Rule("weekly", weekdays=frozenset({1}), count=100))
    one = wanted_by(begin(hundred, NOW, ZONE), {1: places[0]})
    full = [Held(place.id, at(TUESDAY + DAYS_7 * n, "09:00", "11:00"), 7, 5) for n in range(20) for place in places]
    other = [Held(place.id, at(TUESDAY + DAYS_7 * n, "13:00", "15:00"), 7, 5) for n in range(100) for place in places]
    look = Preview(moment(), [*full, *other], [])
    verdicts = look.judge(one)
    assert len(asked) == 100 and codes(verdicts).count("taken") == 20
    longest = max(len(list(given[2])) + len(list(given[3])) for given in asked)
    assert longest <= 3, "a date is measured against its own day"
    look.suggest(verdicts, alike(places[0], places))
    assert len(asked) == 100
    assert all(len(list(given[3])) <= 2 for given in asked)


def quarters(day: int, start: int, length: int) -> Span:
    begins = at_minute(TUESDAY + DAY * day, 15 * start, ZONE)
    return Span(begins, begins + timedelta(minutes=15 * length))


spans = st.builds(quarters, st.integers(0, 9), st.integers(30, 70), st.integers(1, 30))


@st.composite
def houses(draw: st.DrawFn) -> tuple[list[Place], list[Held], list[tuple[Held, str]], list[Wanted], Moment]:
    """Draw desks and rooms, what is taken, what the member has and may, and a series in some of it."""
    rules = [FAR, Policy(longest=120), Policy(horizon=4), Policy(setup=15, clearing=30)]
    places = [
        replace(desk(number), kind=draw(st.sampled_from(["desk", "room"])), hours=draw(st.sampled_from([WEEK, ALWAYS])),
                policy=draw(st.sampled_from(rules)), bookable=draw(st.integers(0, 9)) > 0,
                takes=frozenset({1, 2}) if number == 6 else frozenset({number}))
        for number in range(1, 7)
    ]  # fmt: skip
    held = [
        Held(draw(st.integers(1, 5)), span, draw(st.sampled_from([None, number + 1])), 9)
        for number, span in enumerate(draw(st.lists(spans, max_size=12)))
    ]
    own = [
        (Held(draw(st.integers(1, 5)), span, 90, 1, "X"), draw(st.sampled_from(["desk", "room"])))
        for span in draw(st.lists(spans, max_size=3))
    ]
    quotas = draw(
        st.lists(
            st.builds(Quota, st.sampled_from(["desk", "room", None]), st.sampled_from(["week", "month"]),
                      st.sampled_from(["bookings"]), st.integers(1, 6)),
            max_size=2,
        )
    )  # fmt: skip
    uses = [
        Use(TUESDAY + DAY * draw(st.integers(-30, 30)), draw(st.sampled_from(["desk", "room"])), 60)
        for _ in range(draw(st.integers(0, 5)))
    ]
    one = [
        Wanted(span.start.astimezone(ZONE).date(), Wish(draw(st.sampled_from(places)), span))
        for span in draw(st.lists(spans, min_size=1, max_size=8))
    ]
    when = membership(*quotas, uses=uses, shared=quotas[:1])
    return places, held, own, one, replace(when, now=NOW + timedelta(hours=draw(st.integers(0, 30))))


@settings(max_examples=40, deadline=None)
@given(houses())
def test_verdicts_are_those_of_the_rules_and_offers_are_granted(
    drawn: tuple[list[Place], list[Held], list[tuple[Held, str]], list[Wanted], Moment],
) -> None:
    """The same as asking the rules of booking one date after the other, each time with everything there is."""
    places, held, own, one, when = drawn
    booked, mine, uses, shared = list(held), list(own), list(when.allowance.uses), list(when.allowance.shared_uses)

    def plainly(wish: Wish) -> list[str]:
        now = replace(when, allowance=replace(when.allowance, uses=uses, shared_uses=shared))
        found = refusals(wish, now, [taken for taken in booked if taken.space_id in wish.place.takes], mine)
        return [refusal.code for refusal in found]

    look = Preview(when, held, own)
    verdicts = look.judge(one)
    for verdict in verdicts:
        wish = verdict.wanted.wish
        assert wish
        expected = plainly(wish)
        mine_there = [
            taken
            for taken in booked[len(held) :]
            if taken.space_id in wish.place.takes and taken.span.overlaps(wish.padded)
        ]
        if mine_there:
            assert "series-twice" in {refusal.code for refusal in verdict.refusals}
            continue
        assert [refusal.code for refusal in verdict.refusals] == expected
        if verdict.granted:
            booked += [Held(space_id, wish.padded, 99, 1) for space_id in wish.place.takes]
            mine.append((Held(wish.place.id, wish.span, 99, 1), wish.place.kind))
            use = Use(
                wish.span.start.astimezone(ZONE).date(), wish.place.kind, wish.span.length // timedelta(minutes=1)
            )
            uses.append(use)
            shared.append(use)
    for verdict in look.suggest(verdicts, [place for place in places if place.bookable]):
        assert not (verdict.granted and verdict.offers) and len(verdict.offers) <= 3
        for offer in verdict.offers:
            assert plainly(Wish(offer.place, offer.span)) == []
            assert offer.same_space == (offer.place == verdict.wanted.wish.place)  # type: ignore[union-attr]
            assert offer.same_space or offer.span == verdict.wanted.wish.span  # type: ignore[union-attr]


@settings(max_examples=40, deadline=None)
@given(houses())
def test_dates_looked_at_first_without_what_is_held_are_judged_alike(
    drawn: tuple[list[Place], list[Held], list[tuple[Held, str]], list[Wanted], Moment],
) -> None:
    """What was granted beside all dates need not be measured again, whatever the rules count."""
    places, held, own, one, when = drawn
    look, plain = Preview(when, held, own), Preview(when, held, own)
    verdicts = look.met(Preview(when, (), own).judge(one))
    assert verdicts == plain.judge(one)
    bookable = [place for place in places if place.bookable]
    assert look.suggest(verdicts, bookable) == plain.suggest(verdicts, bookable)


def test_date_that_was_granted_alone_is_asked_only_who_has_the_space(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [Held(1, at(TUESDAY + DAYS_7, "10:00", "12:00"), 9, 5)]
    alone = Preview(moment(), (), ()).judge(wanted())
    monkeypatch.setattr(preview, "refusals", None)
    assert codes(Preview(moment(), held, ()).met(alone)) == ["", "taken", "", "", "", ""]


def test_dates_are_drawn_with_what_people_wrote_escaped() -> None:
    item = {
        "original": "2026-11-24", "day": "Tisdag 24 november", "hours": "09–11", "place": "<b>", "state": "confirmed",
        "moved": True, "refusals": ["A&B"], "own": {"checked": True, "start": '"', "end": "11:00"},
        "options": [{"value": "skip", "label": "<i>", "checked": False}], "answer": "", "typed": ("", ""),
    }  # fmt: skip
    answered = item | {"refusals": [], "answer": '"x', "typed": ("09:00", "")}
    marks = Markup("<free>"), Markup("<out>"), Markup("<alarm>")
    text = drawn([item, answered, item | {"refusals": [], "state": "skipped"}], *marks)
    assert "<b>" not in text.replace("<b>Tisdag 24 november</b>", "") and "<i>" not in text
    assert "&lt;b&gt;, ändrad" in text and "<alarm>A&amp;B" in text and 'value="&#34;"' in text
    assert 'id="a-2026-11-24-own" name="answer-2026-11-24" value="own" checked' in text
    assert 'name="answer-2026-11-24" value="&#34;x"' in text and 'name="from-2026-11-24" value="09:00"' in text
    assert text.count("<free>") == text.count("<out>") == 1 and "&lt;b&gt;, överhoppad" in text


def test_longer_bookings_of_the_member_are_seen_on_all_their_days() -> None:
    night = Held(3, Span(datetime(2026, 11, 22, 7, tzinfo=UTC), datetime(2026, 11, 27, 7, tzinfo=UTC)), 4, 1, "A3")
    assert codes(looked(wanted(), own=[(night, "desk")]))[:2] == ["own-desk", ""]
