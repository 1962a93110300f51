"""What the tests of events share: a house with a divided hall and more rooms, and an event that fills them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask

from innovation_station.bookings import claims
from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.events import planning, queries, service
from innovation_station.events.models import Event
from innovation_station.events.rules import Facts, Item, Programme, Use
from innovation_station.members.models import Member
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Floor, Space
from innovation_station.spaces.rules import Box, Layout
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at

WEDNESDAY = date(2026, 11, 25)
THURSDAY = date(2026, 11, 26)
FACTS = Facts(
    ("Samverkansdagarna", "Collaboration Days"), ("Två dagar.", "Two days."), ("# Om\n\nText", "# About\n\nText"),
    ("Hiss finns.", "There is a lift."), "conference", "on-site", "public", "", "Hanna Lund", "host@example.org",
)  # fmt: skip


@dataclass
class Stage:
    """Shorthand for planning in a test."""

    app: Flask
    small: Small
    rooms: dict[str, int]

    def who(self, name: str = "host") -> Member:
        """Give a person."""
        return db.session.get_one(Member, self.small.people[name])

    def event(self, span: Span, facts: Facts = FACTS) -> Event:
        """Make a draft."""
        with transaction():
            return service.create(self.who(), facts, span, now=NOW)

    def change(self, event: Event, change: Callable[[Programme], Programme], **more: Any) -> Any:
        """Carry a change of its programme out."""
        with transaction():
            return service.carry_out(self.who(), event.id, change, now=NOW, zone=ZONE, **more)

    def add(self, event: Event, *pieces: Item | Use) -> None:
        """Add sessions and rooms, in one change."""

        def added(programme: Programme) -> Programme:
            for piece in pieces:
                programme = programme.with_item(piece) if isinstance(piece, Item) else programme.with_use(piece)
            return programme

        self.change(event, added)

    def look(self, event: Event, change: Callable[[Programme], Programme]) -> Any:
        """Look at what a change would do."""
        return service.look(self.who(), event.id, change, now=NOW, zone=ZONE)

    def publish(self, event: Event) -> Event:
        """Publish it."""
        with transaction():
            return service.publish(self.who(), event.id, now=NOW, zone=ZONE)

    def book(self, who: str, space: int, span: Span, title: str = "") -> Any:
        """Book as a member does."""
        with transaction():
            return bookings.reserve(self.who(who), space, span, now=NOW, zone=ZONE, title=title)

    def held(self, event: Event) -> dict[int, list[Span]]:
        """Give what an event has of places."""
        return claims.held_by(planning.claimant(event))

    def whole(self, event: Event) -> queries.Whole:
        """Read it."""
        db.session.expire_all()
        return queries.whole(db.session.get_one(Event, event.id))


@pytest.fixture
def stage(context: Flask, small: Small) -> Stage:
    """Give the small house with four more rooms, its hall divided in two."""
    rooms = {"room": small.room, "hall": small.hall}
    with transaction():
        floor = db.session.scalars(db.select(Floor)).one()
        for number, (name, seats) in enumerate((("Flottsbro", 8), ("Visättra", 8), ("Björnkulla", 8), ("Alby", 8))):
            made = spaces.add_space(
                floor=floor, kind="room", name=name, box=Box(300 + 100 * number, 200, 80, 60), capacity=seats
            )
            rooms[name] = made.id
        hall = db.session.get_one(Space, small.hall)
        parts = [spaces.add_part(hall, name, 30) for name in ("Västra", "Östra")]
        spaces.set_parts(hall, parts)
        spaces.set_layouts(hall, [Layout("theatre", 60), Layout("islands", 32, 45)])
        rooms |= {"west": parts[0].id, "east": parts[1].id}
    return Stage(context, small, rooms)


def talk(day: date, start: str, end: str, space: int | None = None, **more: Any) -> Item:
    """Make a session."""
    return Item(0, more.pop("kind", "talk"), more.pop("titles", ("Tal", "Talk")), at(day, start, end), space, **more)


@pytest.fixture
def two_days(stage: Stage) -> Event:
    """Give an event of two days that holds six rooms."""
    event = stage.event(Span(at(TUESDAY, "09:00", "10:00").start, at(WEDNESDAY, "15:00", "16:00").end))
    rooms = stage.rooms
    stage.add(
        event,
        talk(TUESDAY, "09:00", "12:00", rooms["hall"], titles=("Huvudtal", "Keynote"), kind="keynote"),
        talk(TUESDAY, "13:00", "15:00", rooms["room"]),
        talk(TUESDAY, "13:00", "15:00", rooms["Flottsbro"]),
        talk(WEDNESDAY, "09:00", "11:00", rooms["Visättra"]),
        talk(WEDNESDAY, "09:00", "11:00", rooms["Björnkulla"]),
        talk(WEDNESDAY, "14:00", "16:00", rooms["hall"], titles=("Invigning", "Inauguration"), kind="inauguration"),
        Use(0, rooms["Alby"], "lunch", at(TUESDAY, "12:00", "13:00")),
    )
    return event
