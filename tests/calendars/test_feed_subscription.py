"""A whole subscription with real programs: vdirsyncer fetches over loopback, khal shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from innovation_station.bookings import service as bookings
from innovation_station.db import db, transaction
from innovation_station.series.models import Series
from innovation_station.series.rules import Times
from innovation_station.series.steps import Edit
from tests.calendars import subscriber
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, ZONE, Clock, at
from tests.series.test_acts import cancel
from tests.series.test_service import begin, edit, weeks

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(sys.platform == "win32", reason="vdirsyncer and khal need a POSIX system"),
]

VDIRSYNCER = """
[general]
status_path = "{folder}/status"
[pair feed]
a = "local"
b = "web"
collections = null
conflict_resolution = "b wins"
[storage local]
type = "filesystem"
path = "{folder}/calendar"
fileext = ".ics"
[storage web]
type = "http"
url = "{url}"
"""
KHAL = """
[calendars]
[[feed]]
path = {folder}/calendar
readonly = True
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Stockholm
default_timezone = Europe/Stockholm
[sqlite]
path = {folder}/khal.db
"""


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """Serve the app on loopback and give its address."""
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Give a function that runs one of the programs with its settings in a folder and gives what it printed."""
    told = tmp_path_factory.mktemp("programs") / "told"
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
    programs = subprocess.Popen(
        [sys.executable, subscriber.__file__, str(told)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert programs.stdin and programs.stdout

    def ask(folder: Path, *command: str) -> str:
        given = {"HOME": str(folder), "VDIRSYNCER_CONFIG": str(folder / "vdirsyncer")}
        print(json.dumps([command, given]), file=programs.stdin, flush=True)
        code = programs.stdout.readline().strip()  # type: ignore[union-attr]
        said = told.read_text("utf-8")
        assert code == "0", said
        return said

    yield ask
    with programs:
        programs.stdin.close()


@pytest.fixture
def subscribe(server: str, run: Run, tmp_path: Path) -> Callable[[str], Callable[[], str]]:
    """Give a function that subscribes to a path; what it returns fetches and shows the calendar."""

    def start(path: str) -> Callable[[], str]:
        folder = tmp_path / "subscriber"
        (folder / "calendar").mkdir(parents=True)
        (folder / "vdirsyncer").write_text(VDIRSYNCER.format(folder=folder, url=server + path))
        (folder / "khal").write_text(KHAL.format(folder=folder))
        run(folder, "vdirsyncer", "discover")

        def shown() -> str:
            run(folder, "vdirsyncer", "sync")
            form = "{start-date} {start-time}-{end-time} {title} [{status}]"
            return run(folder, "khal", "-c", str(folder / "khal"), "list", "-f", form, "-df", "", "2026-11-01", "60d")

        return shown

    return start


def test_made_moved_cancelled_and_gone(
    feeds: Feeds, subscribe: Callable[[str], Callable[[], str]], app: Flask, clock: Clock
) -> None:
    """The whole life of a booking, seen from the other side."""
    shown = subscribe(feeds.make())
    assert shown().strip() in ("", "No events")

    stays = feeds.book(at(TUESDAY, "13:00", "17:00"), title="Kvar; här")
    moved = feeds.book(at(TUESDAY, "08:00", "12:00"))
    first = shown()
    assert "2026-11-24 08:00-12:00 Skrivbord A1" in first
    assert "2026-11-24 13:00-17:00 Kvar; här (Skrivbord A1)" in first

    clock.now += timedelta(minutes=1)
    with app.app_context(), transaction():
        span = at(TUESDAY, "09:00", "11:00")
        bookings.move(feeds.member(), moved, space_id=feeds.small.a2, span=span, now=clock.now, zone=ZONE)
    second = shown()
    assert "2026-11-24 09:00-11:00 Skrivbord A2" in second
    assert "Skrivbord A1 [" not in second

    clock.now += timedelta(minutes=1)
    with app.app_context(), transaction():
        bookings.cancel(feeds.member(), moved, now=clock.now)
    third = shown()
    assert "Avbokad: Skrivbord A2" in third
    assert "CANCELLED" in third

    clock.now = NOW + timedelta(days=15)
    last = shown()
    assert "Avbokad" not in last
    assert "Kvar; här" in last
    assert stays != moved


def test_twins_but_for_the_booking_are_both_kept(feeds: Feeds, subscribe: Callable[[str], Callable[[], str]]) -> None:
    """F17: vdirsyncer tells items apart by all but their UID."""
    path = feeds.make()
    feeds.insert(1, NOW + timedelta(hours=2), title="Samma")
    feeds.insert(1, NOW + timedelta(hours=2), title="Samma")
    assert subscribe(path)().count("Samma (Skrivbord A1)") == 2


LISTED = re.compile(
    r"<b>(\d\d)\.(\d\d)–(\d\d)\.(\d\d)</b>.*?small\">Hågelby, ([^<]*)<.*?Avboka Hågelby, tis (\d+) (nov|dec) ",
    re.DOTALL,
)


def page(client: FlaskClient) -> list[str]:
    """Give what the member's page lists as coming, written as khal does."""
    return [
        f"2026-{ {'nov': 11, 'dec': 12}[month] }-{int(day):02} {start}:{minute}-{end}:{last} {title} (Hågelby) [CONFIRMED ]"
        for start, minute, end, last, title, day, month in LISTED.findall(client.get("/bookings").get_data(True))
    ]


def test_series_through_its_edits_is_what_the_page_shows(
    feeds: Feeds, subscribe: Callable[[str], Callable[[], str]], app: Flask, alva: FlaskClient, clock: Clock
) -> None:
    """One date moved, all others at other hours and renamed, one cancelled, and the rest given back."""
    shown, small = subscribe(feeds.make()), feeds.small
    with app.app_context():
        series = begin(small).id
    changes: list[tuple[Callable[[Series], object], list[str]]] = [
        (lambda made: edit(small, made, Edit(times=Times(780, 840)), "this", weeks(1)[0]),
         ["24 09-11", "01 13-14", "08 09-11", "15 09-11"]),
        (lambda made: edit(small, made, Edit(times=Times(600, 720), title="Nytt"), "all"),
         ["24 10-12", "01 13-14", "08 10-12", "15 10-12"]),
        (lambda made: cancel(small, made, "this", at=weeks(2)[0]), ["24 10-12", "01 13-14", "15 10-12"]),
        (lambda made: cancel(small, made, "following", at=weeks(1)[0]), ["24 10-12"]),
    ]  # fmt: skip
    for change, hours in changes:
        clock.now += timedelta(minutes=1)
        with app.app_context():
            change(db.session.get_one(Series, series))
        seen = [line for line in shown().splitlines() if line.strip() and "Avbokad" not in line]
        assert seen == page(alva)
        assert [f"{line[8:10]} {line[11:13]}-{line[17:19]}" for line in seen] == hours
