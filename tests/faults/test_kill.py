"""kill -9 of the real server with bookings in flight: what was acknowledged is stored, nothing is half done."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import ZONE, Clock, Small, browser, hand_compiled, log_in
from tests.faults.conftest import facts, token_of

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 12
pytestmark = pytest.mark.race


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The program itself, with two workers."""

    def __init__(self, url: str, instance: Path, key: str) -> None:
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STATION_", "FLASK_"))}
        given = {"STATION_INSTANCE": str(instance), "STATION_DATABASE_URL": url, "STATION_SECRET_KEY": key}
        command = [sys.executable, "-m", "innovation_station.cli", "serve", "--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(
            command, env={**kept, **given, "STATION_LOG_LEVEL": "error"}, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def ask(self, method: str, path: str, body: str | None = None, cookie: str = "") -> tuple[int, str]:
        """Ask on a connection of its own; give the status and where to."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location") or ""

    def workers(self) -> list[psutil.Process]:
        """Give the processes that answer."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        """End everything at once, as a power cut does."""
        for process in (psutil.Process(self.process.pid), *self.workers()):
            process.kill()
        self.process.wait(10)


@pytest.fixture
def start(app: Flask, database_url: str) -> Iterator[Callable[[], Server]]:
    """Give what starts a server on the test's database; whatever still runs at the end is killed."""
    servers: list[Server] = []
    hand_compiled(app.config["STATION"].instance)

    def begin() -> Server:
        servers.append(Server(database_url, app.config["STATION"].instance, app.config["SECRET_KEY"]))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.kill()


class Booker(threading.Thread):
    """Books one quarter after the other, and writes down what was acknowledged."""

    def __init__(self, server: Server, client: FlaskClient, space: int, first: date) -> None:
        super().__init__(daemon=True)
        self.server, self.space, self.first = server, space, first
        self.token = token_of(client)
        cookie = client.get_cookie("session")  # after the token, which is kept in it
        assert cookie
        self.cookie = f"session={cookie.value}"
        self.acknowledged: dict[int, str] = {}
        self.strange: list[int] = []
        self.stopped = False

    def run(self) -> None:
        for number in range(2000):
            if self.stopped:
                return
            minute = 8 * 60 + 15 * (number % 40)
            title = f"{self.name} {number}"
            fields = {
                "csrf_token": self.token, "space": self.space, "date": self.first + timedelta(days=number // 40),
                "start": f"{minute // 60:02}:{minute % 60:02}", "end": f"{(minute + 15) // 60:02}:{(minute + 15) % 60:02}",
                "title": title, "key": title,
            }  # fmt: skip
            try:
                status, where = self.server.ask("POST", "/bookings", urlencode(fields), self.cookie)
            except (OSError, http.client.HTTPException):
                continue  # not acknowledged: it may be there or not, but whole
            if status == 303 and where.startswith("/bookings/"):
                self.acknowledged[int(where.rsplit("/", 1)[1])] = title
            elif status not in (422, 503):  # closed that day; a database that is busy says so
                self.strange.append(status)


def test_acknowledged_bookings_survive_kill_9(
    app: Flask, small: Small, clock: Clock, start: Callable[[], Server]
) -> None:
    clock.now = datetime.now(UTC)  # the server's clock is the real one
    first = datetime.now(ZONE).date() + timedelta(days=1)
    people = [log_in(browser(app), who) for who in ("alva", "bo", "host")]
    server = start()
    spaces = (small.room, small.hall, small.booth)
    bookers = [Booker(server, client, space, first) for client, space in zip(people, spaces, strict=True)]
    for booker in bookers:
        booker.start()

    def booked() -> int:
        return sum(len(booker.acknowledged) for booker in bookers)

    wait_until(lambda: booked() >= ENOUGH)
    server.workers()[-1].kill()
    before = booked()
    wait_until(lambda: booked() >= before + ENOUGH)
    server.kill()
    for booker in bookers:
        booker.stopped = True
        booker.join(20)
    assert [booker.strange for booker in bookers] == [[], [], []]
    stored = {row[0]: row[3] for row in facts(app)["bookings"]}
    acknowledged = {number: title for booker in bookers for number, title in booker.acknowledged.items()}
    assert len(acknowledged) >= 2 * ENOUGH
    assert {number: stored.get(number) for number in acknowledged} == acknowledged
    assert len(stored) - len(acknowledged) <= 2 * len(bookers), "at most what was in flight at each kill"
    again = start()
    assert again.ask("GET", "/bookings", cookie=bookers[0].cookie)[0] == 200
    assert again.ask("GET", "/readyz")[0] == 200


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
