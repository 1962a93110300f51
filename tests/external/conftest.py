"""What the tests of external calendars share: a hand that adds them, reads them again and looks what is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from flask import Flask, has_app_context
from sqlalchemy import select

from innovation_station.bookings import busy
from innovation_station.bookings import service as bookings
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.external import apart, jobs, lines, reading, rules, safe, service
from innovation_station.external.models import ExternalCalendar, ExternalEntry
from innovation_station.external.reading import Ask, Reading
from innovation_station.external.service import Come, Gathered, Means
from innovation_station.members.models import Member
from innovation_station.timespan import Span
from tests.conftest import NOW, TUESDAY, ZONE, Small, at
from tests.external.calendars import calendar, event
from tests.external.children import Children
from tests.waits.conftest import line  # noqa: F401  a fixture

_real_said = apart._said


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    """Give who reads files apart for the tests of this worker."""
    made = Children()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def apart_at_once(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files apart, in children that need no new interpreter."""
    monkeypatch.setattr(apart, "_said", children.said)


@pytest.fixture
def really_apart(apart_at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files apart in the program's own children."""
    monkeypatch.setattr(apart, "_said", _real_said)


def packed(*parts: str, head: str = "", words: bool = True) -> bytes:
    """Give what is kept of a calendar; by the program it is made apart."""
    return safe.packed(lines.stripped(calendar(*parts, head=head), words=words))


def local(start: str, end: str, uid: str = "one", day: str = "20261124", more: str = "") -> str:
    """Write an event of a local day, from times as 0900."""
    zone = "TZID=Europe/Stockholm"
    return event(f"DTSTART;{zone}:{day}T{start}00\nDTEND;{zone}:{day}T{end}00\n{more}", uid)


@dataclass
class Hand:
    """The small house, and what is done in it at `now`."""

    app: Flask
    small: Small
    now: datetime = NOW

    @contextmanager
    def open(self) -> Iterator[None]:
        """Open an app context where none is."""
        if has_app_context():
            yield
            return
        with self.app.app_context():
            yield

    @property
    def means(self) -> Means:
        return jobs.means()

    def who(self, name: str = "host") -> Member:
        return db.session.get_one(Member, self.small.people[name])

    def read(self, *parts: str, head: str = "", zone: str | None = None) -> Reading:
        return reading.read(calendar(*parts, head=head), Ask(rules.window(self.now, ZONE), ZONE.key, zone))

    def add_within(
        self, *parts: str, space: int | None = None, who: str = "host", own: bool = False, name: str = "TimeEdit"
    ) -> int:
        """Add a calendar in a transaction that is open."""
        given = None if own else space or self.small.a1
        draft_id = self.draft_within(*parts, space=given, who=who, name=name)
        file = packed(*parts, words=False)
        return service.take(self.who(who), draft_id, self.read(*parts), file, now=self.now, zone=ZONE).id

    def draft_within(self, *parts: str, space: int | None = None, who: str = "host", name: str = "TimeEdit") -> int:
        """Look at a calendar in a transaction that is open."""
        draft_id = service.begin(self.who(who), now=self.now)
        found = Gathered(packed(*parts))
        service.keep_draft(
            self.who(who), draft_id, found, name=name, space_id=space, zone=None, means=self.means, now=self.now
        )
        return draft_id

    def draft(
        self, *parts: str, space: int | None = None, who: str = "host", name: str = "TimeEdit", zone: str | None = None,
        address: str | None = None, head: str = "",
    ) -> int:  # fmt: skip
        found = Gathered(packed(*parts, head=head), address)
        with self.open(), transaction():
            draft_id = service.begin(self.who(who), now=self.now)
            return service.keep_draft(
                self.who(who), draft_id, found, name=name, space_id=space, zone=zone, means=self.means, now=self.now
            ).id

    def add(
        self, *parts: str, space: int | None = None, who: str = "host", own: bool = False, zone: str | None = None,
        **more: str,
    ) -> int:  # fmt: skip
        """Add a calendar to a space, the first desk where none is named, or to who adds it."""
        given = None if own else space or self.small.a1
        draft_id = self.draft(*parts, space=given, who=who, zone=zone, **more)  # type: ignore[arg-type]
        with self.open(), transaction():
            head = more.get("head", "")
            found, file = self.read(*parts, head=head, zone=zone), packed(*parts, head=head, words=False)
            return service.take(self.who(who), draft_id, found, file, now=self.now, zone=ZONE).id

    def again(self, calendar_id: int, *parts: str, head: str = "") -> int:
        """Let a calendar say something else."""
        with self.open(), transaction():
            come = Come(self.read(*parts, head=head), fetching_nothing())
            return service.came(calendar_id, come, now=self.now, zone=ZONE)

    def remove(self, calendar_id: int, who: str = "host", own: bool = False) -> None:
        with self.open(), transaction():
            service.remove(self.who(who), calendar_id, own=own, now=self.now, zone=ZONE)

    def book(self, start: str, end: str, space: int | None = None, who: str = "alva") -> int:
        with self.open(), transaction():
            span = at(TUESDAY, start, end)
            return bookings.reserve(self.who(who), space or self.small.a1, span, now=self.now, zone=ZONE).id

    def cancel(self, booking_id: int, who: str = "alva") -> None:
        with self.open(), transaction():
            bookings.cancel(self.who(who), booking_id, now=self.now)

    def taken(self, space: int | None = None) -> list[str]:
        """Give what other calendars take of a space, as local times; of other days with the day."""
        with self.open():
            rows = db.session.execute(
                select(Allocation.start, Allocation.end)
                .where(Allocation.space_id == (space or self.small.a1), Allocation.busy_id.is_not(None))
                .order_by(Allocation.start)
            ).all()
            db.session.rollback()
        return [shown(Span(start, end)) for start, end in rows]

    def clashes(self) -> list[tuple[str, int]]:
        with self.open():
            found = [(shown(clash.busy.span), clash.booking.id) for clash in busy.clashes(self.now)]
            assert busy.contested(self.now) == len({clash for clash, _booking in found})
            db.session.rollback()
        return found

    def calendar(self, calendar_id: int) -> ExternalCalendar:
        db.session.expire_all()
        return db.session.get_one(ExternalCalendar, calendar_id)

    def rows(self, calendar_id: int) -> dict[str, tuple[int, int | None]]:
        """Give the entries of a calendar by their times, with their ids and those of what they take."""
        with self.open():
            found = db.session.scalars(select(ExternalEntry).where(ExternalEntry.calendar_id == calendar_id)).all()
            given = {shown(row.span): (row.id, row.busy_id) for row in found}
            db.session.rollback()
        return given

    def state(self, booking_id: int) -> str:
        db.session.expire_all()
        return db.session.get_one(Booking, booking_id).state


def fetching_nothing() -> service.Validators:
    """Give what a server said that gives nothing to ask with."""
    return service.Validators()


def shown(span: Span) -> str:
    """Write a span as local times, with its days where it is not of Tuesday alone."""
    start, end = (side.astimezone(ZONE) for side in (span.start, span.end))
    text = f"{start:%H:%M}-{end:%H:%M}"
    return text if start.date() == TUESDAY else f"{start:%m-%d} {text}"


@pytest.fixture
def hand(app: Flask, small: Small) -> Hand:
    return Hand(app, small)
