"""The places of a day laid out: plan, list and timeline as they are sent, kept in the process for the next page.

Most who look at a day have nothing there and see the same of it: it is put together for the first of them. What is kept
stands under the revisions that name the state of all days, the minute, the language, the choice and whatever else it
shows, so that it is never stale; and what somebody sees who has something there is kept for that member alone. After a
change anywhere the places that it was of are drawn again (see `drawings`), and the day is put together anew where that
shows. So it is with the ways to other days, which hang on what is free there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask import render_template

from innovation_station.assembled import Ready, Stock, hole
from innovation_station.bookings.choice import Choice
from innovation_station.bookings.day import Day
from innovation_station.bookings.frame import Frame
from innovation_station.bookings.pages import DayPage
from innovation_station.i18n import language
from innovation_station.spaces.rules import House

MOST = 4_000_000  # bytes in a process: two dozen days of 50 places
MOST_BARS = 500_000  # a hundred of them
HOLES = {"plans": hole(0), "listing": hole(1), "timeline": hole(2), "bar": hole(3)}
Name = tuple[Hashable, ...]
Drawings = tuple[tuple[Any, ...], ...]  # of each place, in the house's order: Drawn but for its revision


class Laid:
    """A day as it is sent; `lists` by how many of what is free stand open in it. `members` have something there.

    It was made of `drawings` when the house and its spaces stood at the revisions of `stamp`, or was the same then.
    """

    def __init__(self, plans: str, timeline: str, stamp: tuple[int, int], drawings: Drawings) -> None:
        self.plans, self.timeline = Ready(plans), Ready(timeline)
        self.lists: dict[int, Ready] = {}
        self.stamp, self.drawings = stamp, drawings
        self.members = frozenset(member for members, *_drawn in drawings for member in members)

    def parts(self, most: int) -> tuple[Ready, ...]:
        """Give what goes into the holes of a page, in their order (see HOLES)."""
        return self.plans, self.lists[most], self.timeline

    def places_of(self, member_id: int, house: House) -> set[int]:
        """Tell where a member has something that day."""
        if member_id not in self.members:
            return set()
        return {
            place for place, (members, *_d) in zip(house.places, self.drawings, strict=True) if member_id in members
        }

    @cached_property
    def size(self) -> int:
        """Give how much it takes at most to keep it: both lists, and what all of it is once packed.

        The drawings are those which `drawings` keeps.
        """
        lists = 2 * max(len(each.data) for each in self.lists.values())
        return (len(self.plans.data) + len(self.timeline.data) + lists) * 5 // 4


@dataclass(frozen=True, slots=True)
class Bar:
    """The ways from a day to others as they are sent, and what is said of the day beside them."""

    heading: str
    closed_reason: str | None
    ready: Ready

    @property
    def size(self) -> int:
        """Give how much it takes to keep it."""
        return len(self.ready.data) * 5 // 4


_stock: Stock[Laid] = Stock(MOST)
_bars: Stock[Bar] = Stock(MOST_BARS)


def name(day: Day, choice: Choice, needs: frozenset[str]) -> Name:
    """Name what is shown of a day, but for what is booked and what its reader has there."""
    shown = (day.now, day.now_quarter, day.begins, day.sees_all, frozenset(day.barred.items()))
    return day.house, day.date, shown, language(), choice.query(), needs


def find(name: Name, stamp: tuple[int, int], member_id: int) -> Laid | None:
    """Give a day as it is kept for a member, or for all who have nothing there; `stamp` was read before the day."""
    own = _stock.get((name, member_id))
    if own is not None and own.stamp == stamp:
        return own
    found = _stock.get((name, None))
    return None if found is None or found.stamp != stamp or member_id in found.members else found


def lay_out(page: DayPage, most: int, name: Name | None, stamp: tuple[int, int]) -> Laid:
    """Put a day together, and keep it under a `name`; what is kept goes on being sent where all looks as it did then.

    Most of what is booked is on other days.
    """
    drawings = tuple(page.drawings[place_id][1:] for place_id in page.house.places)
    reader = page.day.member_id if any(page.day.member_id in members for members, *_drawn in drawings) else None
    laid = _stock.get((name, reader)) if name is not None else None
    if laid is None or laid.drawings != drawings:
        shown = page.compose()
        plans, timeline = (render_template(f"bookings/_{part}.html", day=shown) for part in ("plans", "hours"))
        laid = Laid(plans, timeline, stamp, drawings)
    if most not in laid.lists:
        laid.lists[most] = Ready(render_template("bookings/_places.html", day=page.compose_list(), most=most))
    laid.stamp = stamp
    if name is not None:
        _stock.put((name, reader), laid)
    return laid


def bar(day: Day, choice: Choice, today: date, free: Mapping[date, int], strip: Sequence[date]) -> Bar:
    """Give the ways from a day to others; `free` counts what is free on each day of the `strip`."""
    counts = tuple((each, free.get(each)) for each in strip)
    name = (day.house, choice, today, day.now, counts, language())
    found = _bars.get(name)
    if found is None:
        shown = Frame(day.house, choice, day.moment).compose(today, free, strip)
        ready = Ready(render_template("bookings/_bar.html", bar=shown))
        found = Bar(shown["heading"], shown["closed_reason"], ready)
        _bars.put(name, found)
    return found
