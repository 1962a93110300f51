"""What holds after whatever is done to bookings, said without the code that does it.

`leaves` is a table written by hand for the house of the machine; everything else is plain intervals and rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.conftest import ZONE
from tests.machine.house import Facts, Row

HOLDING = ("requested", "confirmed")
GONE = ("cancelled", "declined", "expired")
TOLD = ("space", "start", "end", "title", "public", "state")
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Act:
    """What was done: to which `bookings` by name, and to which `series` with what choice of its dates."""

    name: str
    bookings: Collection[int] = ()
    series: Collection[int] = ()
    scope: str = ""
    original: Any = None
    facts: dict[str, Any] = field(default_factory=dict)


def check(before: Facts, after: Facts, act: Act) -> None:
    """See that every law holds."""
    nothing_overlaps(after)
    nobody_sits_twice(after)
    takes_what_it_says(after)
    is_shut_as_it_says(after)
    offers_are_held(after)
    past_stands(before, after, act)
    numbers_rise(before, after)
    history_tells(before, after)
    what_changed_is_stamped(before, after)
    ledger_adds_up(after)
    requests_wait(after)
    dates_are_bookings(after)
    dates_follow_their_pattern(after)
    decisions_outlive(before, after, act)


def nothing_overlaps(after: Facts) -> None:
    """No two allocations of a space overlap, nor two of anything on what they are made of."""
    by_space: dict[int, list[Row]] = defaultdict(list)
    for row in after.allocation.values():
        by_space[row["space_id"]].append(row)
    for rows in by_space.values():
        rows.sort(key=lambda row: row["start"])
        for one, other in pairwise(rows):
            assert one["end"] <= other["start"], (one, other)
    taken = [
        (leaf, *_takes(row), row["id"])
        for row in after.booking.values()
        if (span := _takes(row)) and span[1] > after.since
        for leaf in after.leaves[row["space_id"]]
    ]
    for number, (leaf, start, end, booking) in enumerate(taken):
        for other_leaf, other_start, other_end, other in taken[:number]:
            meets = leaf == other_leaf and start < other_end and other_start < end
            assert not meets or booking == other, (booking, other)


def nobody_sits_twice(after: Facts) -> None:
    """Nobody has two desks at a time."""
    desks = [
        row for row in after.booking.values()
        if row["state"] in HOLDING and after.space[row["space_id"]]["kind"] == "desk"
    ]  # fmt: skip
    for number, one in enumerate(desks):
        for other in desks[:number]:
            if one["member_id"] == other["member_id"] and one["space_id"] != other["space_id"]:
                assert one["end"] <= other["start"] or other["end"] <= one["start"], (one, other)


def takes_what_it_says(after: Facts) -> None:
    """Allocations are what bookings and holds say, on each space that theirs takes, and nothing else."""
    held = {key: spans for key, spans in _by_owner(after).items() if key[0] != "closure_id"}
    wanted = {}
    for row in after.booking.values():
        span = _takes(row)
        if span and span[1] <= after.since:
            then = {key for key in held if key[:2] == ("booking_id", row["id"])}
            assert then and all(held.pop(key) == [span] for key in then), row
        elif span:
            wanted |= {("booking_id", row["id"], leaf): [span] for leaf in after.leaves[row["space_id"]]}
    for row in after.space_hold.values():
        span = (row["start"] - _buffer(after, row, 0), row["end"] + _buffer(after, row, 1))
        wanted |= {("hold_id", row["id"], leaf): [span] for leaf in after.leaves[row["space_id"]]}
    assert held == wanted


def is_shut_as_it_says(after: Facts) -> None:
    """Closures shut what they say between them: what one has shut another does not shut again."""
    standing = {number: row for number, row in after.closure.items() if row["end"] > after.since}
    shut: dict[int, list[Interval]] = defaultdict(list)
    for row in standing.values():
        whole = list(after.leaves) if row["space_id"] is None else [row["space_id"]]
        for leaf in {leaf for one in whole for leaf in after.leaves[one]}:
            shut[leaf].append((row["start"], row["end"]))
    closed: dict[int, list[Interval]] = defaultdict(list)
    for (owner, number, space_id), spans in _by_owner(after).items():
        if owner == "closure_id" and number in standing:
            closed[space_id] += spans
    assert {leaf: _union(spans) for leaf, spans in closed.items()} == {s: _union(spans) for s, spans in shut.items()}


def _by_owner(facts: Facts) -> dict[tuple[str, int, int], list[Interval]]:
    """Give what is taken by whom on which space, put together over the days."""
    found: dict[tuple[str, int, int], list[Interval]] = defaultdict(list)
    for row in facts.allocation.values():
        (owner,) = (name for name in ("booking_id", "hold_id", "closure_id") if row[name] is not None)
        found[owner, row[owner], row["space_id"]].append((row["start"], row["end"]))
    return {key: _union(spans) for key, spans in found.items()}


def offers_are_held(after: Facts) -> None:
    """What is offered is held for who waits, and nobody takes without a booking."""
    for row in after.wait.values():
        hold = after.space_hold.get(row["hold_id"])
        assert row["state"] == "offered" or row["hold_id"] is None, row
        if hold is not None:
            kept = (hold["member_id"], hold["space_id"], hold["start"], hold["end"], hold["until"])
            assert kept == (row["member_id"], row["offered_id"], row["start"], row["end"], row["offer_until"]), row
        assert row["state"] != "taken" or row["booking_id"] is not None, row
        assert (row["ended_at"] is None) == (row["state"] in ("waiting", "offered")), row


def _takes(row: Row) -> Interval | None:
    start = row["start"] - timedelta(minutes=row["setup"])
    if row["state"] in HOLDING:
        return start, row["end"] + timedelta(minutes=row["clearing"])
    if row["state"] == "no-show" and row["released_at"] and start < row["released_at"]:
        return start, row["released_at"]
    return None


def _buffer(facts: Facts, row: Row, side: int) -> timedelta:
    name = facts.space[row["space_id"]]["name"]
    return timedelta(minutes={"Hågelby": (15, 30), "Scenen": (30, 0)}.get(name, (0, 0))[side])


def _union(spans: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def past_stands(before: Facts, after: Facts, act: Act) -> None:
    """What is over stays as it is, and so does what has begun, but for what somebody does to that very booking."""
    for number, row in before.booking.items():
        later = after.booking[number]
        if row["start"] > before.now or _same(row, later):
            continue
        by_itself = act.name == "time" and (row["state"], later["state"]) in (
            ("requested", "expired"), ("confirmed", "no-show"),
        )  # fmt: skip
        assert by_itself or (row["end"] > before.now and number in act.bookings), (act, row, later)


def _same(row: Row, later: Row) -> bool:
    """Tell whether a booking is as it was; that its member was reminded is no change of it."""
    return row == {**later, "reminded_at": row["reminded_at"]}


def numbers_rise(before: Facts, after: Facts) -> None:
    """A booking is never lost, its sequence rises with what calendars must notice and its revision with everything."""
    for number, row in before.booking.items():
        later = after.booking[number]
        assert later["sequence"] >= row["sequence"] and later["changed_at"] >= row["changed_at"]
        assert (later["revision"] > row["revision"]) == (not _same(row, later)), (row, later)
        noticed = any(later[name] != row[name] for name in ("space_id", "start", "end", "state"))
        assert (later["sequence"] > row["sequence"]) == noticed, (row, later)
    assert {row["uid"] for row in after.booking.values()} >= {row["uid"] for row in before.booking.values()}


def history_tells(before: Facts, after: Facts) -> None:
    """Each change has a row, rows never change, and told one after the other they give what is."""
    assert before.booking_history.items() <= after.booking_history.items()
    told: dict[int, dict[str, Any]] = {}
    rows: dict[int, int] = defaultdict(int)
    for number in sorted(after.booking_history):
        row = after.booking_history[number]
        first = row["booking_id"] not in told
        assert first == (row["action"] == "reserved") and first == (row["before"] is None), row
        known = told.setdefault(row["booking_id"], {})
        for name, value in (row["before"] or {}).items():
            assert known[name] == value, row
        known.update({name: value for name, value in row["after"].items() if name != "way"})
        rows[row["booking_id"]] += number not in before.booking_history
    for number, row in after.booking.items():
        facts = _facts(row)
        assert {name: told[number][name] for name in TOLD} == facts, number
        changed = number not in before.booking or _facts(before.booking[number]) != facts
        assert rows[number] >= changed, number


def _facts(row: Row) -> dict[str, Any]:
    sides = {"start": row["start"].isoformat(), "end": row["end"].isoformat()}
    return {"space": row["space_id"], "title": row["title"], "public": row["public"], "state": row["state"]} | sides


def what_changed_is_stamped(before: Facts, after: Facts) -> None:
    """Every space whose day looks different has risen, and every member whose bookings do."""
    changed = {space_id for space_id, *_rest in _taken(before) ^ _taken(after)}
    looks = {space_id for space_id, leaves in after.leaves.items() if leaves & changed}
    for number, row in after.booking.items():
        if (earlier := before.booking.get(number)) != row:
            members = {row["member_id"], earlier["member_id"] if earlier else row["member_id"]}
            for member_id in members:
                risen = after.member[member_id]["bookings_revision"] - before.member[member_id]["bookings_revision"]
                assert risen > 0, number
            if row["title"] != (earlier or row)["title"]:
                looks.add(row["space_id"])
    for space_id, row in before.space.items():
        assert after.space[space_id]["revision"] >= row["revision"]
        if space_id in looks:
            assert after.space[space_id]["revision"] > row["revision"], (space_id, looks)


def _taken(facts: Facts) -> set[tuple[Any, ...]]:
    names = ("space_id", "start", "end", "booking_id", "closure_id", "hold_id")
    return {tuple(row[name] for name in names) for row in facts.allocation.values()}


def ledger_adds_up(after: Facts) -> None:
    """What is entered of a booking is its time while it stands, and nothing when it does not."""
    minutes: dict[int, int] = defaultdict(int)
    amount: dict[int, int] = defaultdict(int)
    for row in after.ledger_entry.values():
        minutes[row["booking_id"]] += row["minutes"]
        amount[row["booking_id"]] += row["amount"]
    for number, row in after.booking.items():
        stands = row["state"] in ("confirmed", "no-show")
        length = (row["end"] - row["start"]) // timedelta(minutes=1)
        assert minutes[number] == (length if stands else 0), (row, minutes[number])
        assert stands or amount[number] == 0, row


def requests_wait(after: Facts) -> None:
    """A request has a deadline, before its time begins where it had not begun, and nothing else has one that counts."""
    for row in after.booking.values():
        if row["state"] == "requested":
            latest = row["start"] if row["start"] > row["changed_at"] else row["end"]
            assert row["answer_by"] is not None and row["answer_by"] <= latest, row
        if row["state"] == "confirmed":
            assert row["answer_by"] is None, row


def dates_are_bookings(after: Facts) -> None:
    """A date that stands has a booking of the series' member, and one that was given up has none that stands."""
    for (series_id, _original), row in after.occurrence.items():
        series, booking = after.series[series_id], after.booking.get(row["booking_id"])
        if row["state"] == "confirmed":
            assert booking is not None and booking["member_id"] == series["member_id"], row
        else:
            assert booking is None or booking["state"] in GONE, (row, booking)


def dates_follow_their_pattern(after: Facts) -> None:
    """What is to come is where, when and called what the series says, but for what was decided of that date."""
    for (series_id, original), row in after.occurrence.items():
        series, booking = after.series[series_id], after.booking.get(row["booking_id"])
        if row["state"] != "confirmed" or booking is None or booking["state"] not in HOLDING:
            continue
        if booking["start"] <= after.now:
            continue
        start, end = (booking[side].astimezone(ZONE) for side in ("start", "end"))
        if not row["moved"]:
            minutes = (start.hour * 60 + start.minute, end.hour * 60 + end.minute)
            said = (series["space_id"], original, (series["start_minute"], series["end_minute"]))
            assert (booking["space_id"], start.date(), minutes) == said, (series, row, booking)
        if not row["retitled"]:
            assert booking["title"] == series["title"], (series, row, booking)


def decisions_outlive(before: Facts, after: Facts, act: Act) -> None:
    """What somebody decided of one date outlives whatever is done to the others."""
    by_booking = {row["booking_id"]: row for row in after.occurrence.values() if row["booking_id"] is not None}
    for (_series_id, original), row in before.occurrence.items():
        booking = before.booking.get(row["booking_id"])
        if booking is None:
            if row["state"] == "skipped":
                ours = [one for (_series, day), one in after.occurrence.items() if day == original]
                assert any(one["state"] == "skipped" for one in ours), row
            continue
        itself = booking["id"] in act.bookings or (act.scope == "this" and act.original == original)
        later, now = by_booking.get(row["booking_id"]), after.booking[booking["id"]]
        assert later is not None or row["state"] == "dropped", row
        if itself or later is None:
            continue
        if row["state"] in ("confirmed", "cancelled") and booking["state"] in GONE:
            assert now["state"] == booking["state"] and later["state"] in (row["state"], "cancelled"), (row, later)
        if now["state"] not in HOLDING or booking["state"] not in HOLDING:
            continue
        if row["moved"]:
            kept = ("space_id", "start", "end")
            assert [now[name] for name in kept] == [booking[name] for name in kept], (booking, now)
        if row["retitled"]:
            assert now["title"] == booking["title"], (booking, now)
