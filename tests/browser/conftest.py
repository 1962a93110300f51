"""What the browser tests share: the demo house on a port, browsers that log in, and a watch for console errors.

One server a worker stays for the whole run and serves the app of the test that runs. It stands in this process,
so the clock that the tests hold holds for the server too: Monday 23 November 2026, 08.10; tomorrow is a Tuesday.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response
from sqlalchemy import select
from waitress import wasyncore
from waitress.server import create_server

from innovation_station import demo
from innovation_station.attendance import links as entrances
from innovation_station.attendance.models import Followup
from innovation_station.bookings import service as bookings
from innovation_station.bookings.deeds import cancelling
from innovation_station.bookings.models import Booking
from innovation_station.db import db, transaction
from innovation_station.deeds.links import path as deed_path
from innovation_station.events.models import Event
from innovation_station.members.models import Member
from innovation_station.registration import links as registrations
from innovation_station.registration.models import Registration
from innovation_station.spaces import codes
from innovation_station.spaces.models import Space
from tests.conftest import NOW, PASSWORD, TUESDAY, ZONE, Clock, app_on, at, close, forget
from tests.shared import once_a_run

ALVA, MAJKEN, REBIN = (email for email, _password, _role in demo.ACCOUNTS)
PHONE, DESKTOP = (390, 844), (1280, 800)
ON_PLAN = re.compile(r'data-space="(\d+)" data-state="(\w+)" aria-label="([^"]*)"')


class Server:
    """A loopback port behind which the app of the running test stands."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.sockets: dict[int, Any] = {}
        self.server: Any = create_server(self._serve, map=self.sockets, host="127.0.0.1", port=0, threads=4)
        self.address = f"http://127.0.0.1:{self.server.effective_port}"
        self.wanted = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _serve(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if self.app is None:
            start_response("503 Service Unavailable", [])
            return []
        return self.app(environ, start_response)

    def _run(self) -> None:
        while self.wanted:
            wasyncore.loop(timeout=0.1, map=self.sockets, count=1)

    def stop(self) -> None:
        """Close the port and every connection."""
        self.wanted = False
        self.thread.join(5)
        self.server.task_dispatcher.shutdown()
        wasyncore.close_all(self.sockets)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give this worker's server."""
    made = Server()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def demo_database(demo_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the database of the demo house as the tests want it; tests get copies."""

    def make(path: Path) -> None:
        shutil.copy(demo_house, path)
        app = app_on(f"sqlite:///{path}", tmp_path_factory.mktemp("demo"))
        # the house is full of plausible days; these places nobody has, nor these two
        ours = (
            select(Booking)
            .join(Space, Space.id == Booking.space_id)
            .join(Member, Member.id == Booking.member_id)
            .where(Space.name.in_(("A3", "B1", "B5", "C7", "C8", "Lida")) | Member.email.in_(OTHERS))
        )
        with app.app_context(), transaction():
            for booking in db.session.scalars(ours.where(Booking.state == "confirmed", Booking.start > NOW)).all():
                member = db.session.get_one(Member, booking.member_id)
                bookings.cancel(member, booking.id, now=NOW)
        close(app)

    return once_a_run("browsed.db", make)


OTHERS = ("maja.ostberg@example.org", "samir.haddad@example.org")  # who book in the tests


class Station:
    """The served demo house, its clock, and what stands in its database."""

    def __init__(self, app: Flask, address: str, clock: Clock) -> None:
        self.app, self.address, self.clock = app, address, clock
        with app.app_context():
            self.ids = {name: key for key, name in db.session.execute(select(Space.id, Space.name))}
            db.session.remove()
        self.names = {key: name for name, key in self.ids.items()}

    def book(self, email: str, name: str, day: date, start: str, end: str) -> int:
        """Book as somebody else would, at this very moment; give the booking's id."""
        with self.app.app_context(), transaction():
            member = db.session.scalars(select(Member).where(Member.email == email)).one()
            span = at(day, start, end)
            return bookings.reserve(member, self.ids[name], span, now=self.clock.now, zone=ZONE).id

    def cancel(self, email: str, booking_id: int) -> None:
        """Cancel a booking as its member does elsewhere."""
        with self.app.app_context(), transaction():
            member = db.session.scalars(select(Member).where(Member.email == email)).one()
            bookings.cancel(member, booking_id, now=self.clock.now)

    def request(self) -> int:
        """Give the id of the booking that waits for an answer."""
        with self.app.app_context():
            found = db.session.scalars(select(Booking.id).where(Booking.state == "requested")).one()
            db.session.remove()
            return found

    def code(self, name: str) -> str:
        """Give the code that stands on a place."""
        with self.app.app_context():
            found = codes.every()[self.ids[name]]
            db.session.remove()
            return found

    def registration(self) -> str:
        """Give the token of the link of a guest who comes to an event at which something is asked."""
        with self.app.test_request_context():
            found = registrations.token(
                db.session.scalars(
                    select(Registration)
                    .where(Registration.state == "registered", Registration.member_id.is_(None))
                    .order_by(Registration.event_id, Registration.id)
                ).first()
            )
            db.session.remove()
            return found

    def visitor(self) -> dict[str, str]:
        """Give the tokens of a guest's ticket, and of the form after an event that has been."""
        with self.app.test_request_context(), transaction():
            guests = select(Registration).where(Registration.state == "registered", Registration.member_id.is_(None))
            row = db.session.scalars(guests.order_by(Registration.event_id, Registration.id)).first()
            assert row is not None
            found = {"ticket": entrances.token(row), "feedback": entrances.feedback.token(row)}
            asked = [["Vad var bäst?", "What was best?"]]
            made = Followup(event_id=row.event_id, thanks_sv="", thanks_en="", ask=True, questions=asked, sent_at=NOW)
            db.session.add(made)
            event = db.session.get_one(Event, row.event_id)
            event.start, event.end = NOW - timedelta(hours=9), NOW - timedelta(hours=1)
            return found

    def member(self, email: str) -> int:
        """Give the id of a member."""
        with self.app.app_context():
            found = db.session.scalars(select(Member.id).where(Member.email == email)).one()
            db.session.remove()
            return found

    def cancel_link(self, booking_id: int) -> str:
        """Give the link that a mail about a booking carries."""
        with self.app.app_context():
            booking = db.session.get_one(Booking, booking_id)
            link = deed_path(cancelling(booking.member_id, booking.id, booking.sequence, booking.end))
            db.session.remove()
            return link

    def held_by(self, email: str, name: str, day: date = TUESDAY) -> list[tuple[str, str]]:
        """List the confirmed bookings of a member at a place on a day, as local hours."""
        whole = at(day, "00:00", "23:59")
        with self.app.app_context():
            rows = db.session.scalars(
                select(Booking).join(Member, Member.id == Booking.member_id).where(
                    Member.email == email, Booking.space_id == self.ids[name], Booking.state == "confirmed",
                    Booking.start >= whole.start, Booking.end <= whole.end,
                )
            ).all()  # fmt: skip
            db.session.remove()
        local = [(row.start.astimezone(ZONE), row.end.astimezone(ZONE)) for row in rows]
        return [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in local]


@pytest.fixture
def station(server: Server, demo_database: Path, tmp_path: Path, clock: Clock) -> Iterator[Station]:
    """Serve a fresh copy of the demo house."""
    shutil.copy(demo_database, tmp_path / "station.db")
    forget()
    app = app_on(f"sqlite:///{tmp_path / 'station.db'}", tmp_path / "instance")
    server.app = app
    yield Station(app, server.address, clock)
    server.app = None
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, station: Station) -> Iterator[Visit]:
    """Give a way to open browsers; whatever their consoles complain about fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(
        language: str = "sv", size: tuple[int, int] = DESKTOP, *, email: str | None = ALVA, js: bool = True,
        allow: tuple[str, ...] = (), **options: Any,
    ) -> Page:  # fmt: skip
        phone = size[0] < 720
        context = chromium.new_context(
            base_url=station.address, viewport={"width": size[0], "height": size[1]}, is_mobile=phone, has_touch=phone,
            locale={"sv": "sv-SE", "en": "en-GB"}[language], timezone_id="Europe/Stockholm", java_script_enabled=js,
            reduced_motion="reduce", **options,
        )  # fmt: skip
        context.set_default_timeout(8000)
        opened.append(context)
        if email:
            log_in(context, email)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: note(page, message.type, message.text))

        def note(page: Page, kind: str, text: str) -> None:
            if kind in ("error", "warning") and not any(part in text for part in allow):
                complaints.append(f"{page.url}: {text}")

        return page

    yield open_one
    for context in opened:
        context.close()
    assert complaints == []


def log_in(context: BrowserContext, email: str) -> None:
    """Log in without looking at it; one test does it by hand."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', context.request.get("/login").text())
    assert found
    form = {"email": email, "password": PASSWORD, "csrf_token": found[1]}
    assert context.request.post("/login", form=form, max_redirects=0).status == 303


def first_free(station: Station, page: Page, *, skip: Iterable[str] = ()) -> str:
    """Name a desk that nobody has at any time of the day that is shown."""
    for key, state, label in ON_PLAN.findall(page.content()):
        name = station.names[int(key)]
        if state == "free" and "(" not in label and len(name) == 2 and name not in skip:
            return name
    raise AssertionError("no desk is free")


def desk(station: Station, page: Page, name: str) -> Locator:
    """Find a place on the plan."""
    return page.locator(f"#p{station.ids[name]}")


def track(station: Station, page: Page, name: str) -> Locator:
    """Find a place's row in the timeline."""
    return page.locator(f'[data-track="{station.ids[name]}"]')


def is_part(part: str, status: int, method: str = "GET") -> Callable[[Response], bool]:
    """Tell the answer to a part that a script asked for."""

    def told(response: Response) -> bool:
        request = response.request
        return request.headers.get("x-part") == part and response.status == status and request.method == method

    return told
