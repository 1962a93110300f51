"""The production server: slow clients disturb nobody, and a stop cuts nobody off."""

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import psutil
import pytest

from innovation_station import serve
from innovation_station.serve import Limits, ServeError
from tests.operations import small
from tests.races.arena import forks

HOST = "127.0.0.1"
BODY = 2000


class Served:
    """A server in a process of its own, and how to talk to it."""

    def __init__(self, folder: Path, workers: int, limits: dict[str, float], hops: int) -> None:
        self.mark, self.errors = folder / "begun", folder / "errors"
        here, there = forks().Pipe(duplex=False)
        arguments = (workers, limits, str(self.mark), str(self.errors), hops, there)
        self.process = forks().Process(target=small.work, args=arguments, daemon=False)
        self.process.start()
        there.close()  # so that one that does not start is heard of at once
        assert here.poll(60)
        self.port = int(here.recv())

    def stop(self) -> None:
        """Ask it to stop."""
        assert self.process.pid
        os.kill(self.process.pid, signal.SIGTERM)

    def ended(self, seconds: float) -> int | None:
        """Wait for its end at most so long; give its exit code."""
        self.process.join(seconds)
        return self.process.exitcode

    def get(self, path: str, timeout: float = 5, **headers: str) -> str:
        """Ask on a connection of its own."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=timeout)) as connection:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode()

    @contextmanager
    def dawdlers(self, beginning: bytes, count: int) -> Iterator[list[socket.socket]]:
        """Hold connections that have sent the beginning of something."""
        held = []
        try:
            for _ in range(count):
                client = socket.create_connection((HOST, self.port), timeout=5)
                held.append(client)
                client.sendall(beginning)
            yield held
        finally:
            for client in held:
                client.close()

    def in_flight(self, seconds: float) -> Callable[[], str]:
        """Begin a request that takes a while; the function returned waits for what came of it."""
        answers: list[str] = []

        def ask() -> None:
            try:
                answers.append(self.get(f"/wait?s={seconds}", timeout=15))
            except (OSError, http.client.HTTPException) as error:
                answers.append(repr(error))

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(self.mark.exists)

        def result() -> str:
            asking.join(15)
            return answers[0]

        return result

    def workers(self) -> list[psutil.Process]:
        """Return the living worker processes."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def wait_until(condition: Callable[[], object], seconds: float = 8) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Give a function that starts a server with some workers and limits; those that still run at the end are killed."""
    begun: list[Served] = []

    def start(workers: int = 1, hops: int = 0, **limits: float) -> Served:
        begun.append(Served(tmp_path, workers, limits, hops))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.process.join(10)


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_finishes_the_request_in_flight(server: Callable[..., Served], workers: int) -> None:
    running = server(workers)
    with running.dawdlers(b"GET / HTTP/1.1\r\nHost: x\r\n", 20), running.dawdlers(b"", 20):
        result = running.in_flight(0.5)
        start = time.monotonic()
        running.stop()
        assert running.ended(5) == 0
        assert time.monotonic() - start < 3
        assert result() == "done"
        with pytest.raises(OSError):  # noqa: PT011 - refused
            running.get("/pid")


def test_stop_answers_what_was_on_its_way(server: Callable[..., Served]) -> None:
    """A connection that the kernel has accepted before the stop is answered, not reset."""
    running = server(2)
    with running.dawdlers(b"GET /pid HTTP/1.1\r\nHost: x\r\n", 3) as clients:
        time.sleep(0.1)
        running.stop()
        time.sleep(0.1)
        for client in clients:
            client.sendall(b"\r\n")
        assert all(client.recv(100).startswith(b"HTTP/1.1 200") for client in clients)
    assert running.ended(5) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_is_bounded(server: Callable[..., Served], workers: int) -> None:
    running = server(workers, grace=1)
    result = running.in_flight(12)
    start = time.monotonic()
    running.stop()
    running.ended(8)
    assert 0.9 < time.monotonic() - start < 5
    assert result() != "done"


def test_ctrl_c_to_the_whole_group_is_a_stop_too(server: Callable[..., Served]) -> None:
    running = server(2)
    result = running.in_flight(0.5)
    for process in (*running.workers(), psutil.Process(running.process.pid)):
        process.send_signal(signal.SIGINT)
    assert running.ended(5) == 0
    assert result() == "done"
    assert running.errors.read_text() == ""


BEGINNINGS = {
    "silent": b"",
    "half headers": b"GET /pid HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1999\r\n\r\nhalf",
}


def test_slow_clients_do_not_hold_others_up(server: Callable[..., Served]) -> None:
    running = server(1)
    for said, beginning in BEGINNINGS.items():
        with running.dawdlers(beginning, 200):
            start = time.monotonic()
            for _ in range(10):
                running.get("/pid")
            assert time.monotonic() - start < 2, said


def test_more_connections_than_the_limit(server: Callable[..., Served]) -> None:
    """When full, the quietest connections make room; one with a request being answered is left alone."""
    running = server(1, connections=40)
    result = running.in_flight(1)
    with running.dawdlers(b"GET / HTTP/1.1\r\n", 120):
        assert running.get("/pid")
        assert result() == "done"


def test_request_that_takes_too_long_to_arrive_is_dropped(server: Callable[..., Served]) -> None:
    running = server(1, arrival=1)
    with running.dawdlers(b"GET / HTTP/1.1\r\n", 1) as (client,):
        gone = False
        for _ in range(40):  # a byte now and then is no way to stay
            time.sleep(0.1)
            try:
                client.sendall(b"X")
                client.setblocking(False)
                gone = client.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                gone = True
            if gone:
                break
        assert gone


def test_killed_worker_is_replaced(server: Callable[..., Served]) -> None:
    running = server(2)
    wait_until(lambda: len(running.workers()) == 2)
    killed = running.workers()[0]
    killed.kill()
    wait_until(lambda: len(running.workers()) == 2 and killed.pid not in [one.pid for one in running.workers()])
    assert running.get("/pid")


def test_workers_end_when_their_supervisor_is_killed(server: Callable[..., Served]) -> None:
    running = server(2)
    wait_until(lambda: len(running.workers()) == 2)
    workers = running.workers()
    result = running.in_flight(0.5)
    running.process.kill()
    assert result() == "done"
    assert psutil.wait_procs(workers, timeout=5)[1] == []


def test_memory_is_given_back_when_nobody_asks_for_a_while(started: Callable, tmp_path: Path) -> None:
    given = tmp_path / "given"
    program = f"""
from innovation_station import heap
from tests.operations import small
def give_back():
    with open({str(given)!r}, "a") as file:
        file.write("g")
heap.give_back = give_back
class told:
    send = lambda port: print(port, flush=True)
small.work(1, {{"quiet": 0.2}}, "", {str(tmp_path / "errors")!r}, 0, told)
"""
    port = int(started([sys.executable, "-c", program]).stdout.readline())
    time.sleep(1.5)
    assert not given.exists(), "nobody has asked for anything"
    for times in (1, 2):
        with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
            connection.request("GET", "/pid")
            assert connection.getresponse().read()
        wait_until(lambda times=times: given.exists() and len(given.read_text()) == times)
    time.sleep(1.5)
    assert given.read_text() == "gg"


def test_what_has_nothing_to_do_beside_them_comes_when_it_is_called(started: Callable, tmp_path: Path) -> None:
    """It ends, and no process is left of it; called while it runs it comes again, having maybe been about to end."""
    log = tmp_path / "log"
    program = f"""
import os, time
from innovation_station import serve
serve.REST = 60
def note(what):
    with open({str(log)!r}, "a") as file:
        file.write(what)
def beside(parent):
    note("b")
    time.sleep(0.3)
    note("e")
print(serve.Supervisor(serve.bind("127.0.0.1", 0), lambda parent: parent.recv(1), 1, 1, beside).run())
"""
    process = started([sys.executable, "-c", program])
    children = psutil.Process(process.pid).children

    def rests() -> bool:
        return log.read_text().endswith("e") and len(children()) == 1

    wait_until(lambda: log.exists() and rests())
    assert log.read_text() == "be"
    process.send_signal(signal.SIGALRM)
    wait_until(lambda: log.read_text() == "beb")
    process.send_signal(signal.SIGALRM)
    wait_until(lambda: log.read_text() == "bebebe" and rests())
    time.sleep(0.2)
    assert log.read_text() == "bebebe"
    process.terminate()
    assert process.communicate(timeout=10)[0] == "0\n"


def test_workers_that_cannot_start_end_the_server(started: Callable[..., Popen[str]]) -> None:
    program = (
        "from innovation_station import serve\n"
        "def work(parent): raise RuntimeError('cannot')\n"
        "try: serve.Supervisor(serve.bind('127.0.0.1', 0), work, 2, 1).run()\n"
        "except serve.ServeError as error: print(error)\n"
    )
    told, trouble = started([sys.executable, "-c", program]).communicate(timeout=10)
    assert "as soon as they start" in told
    assert "cannot" in trouble


def test_answer_without_a_body_keeps_the_connection(server: Callable[..., Served]) -> None:
    """A program that asks whether something is still fresh asks again on the same connection."""
    running = server()
    for status in (200, 204, 304):
        keeps_the_connection(running, status)


def keeps_the_connection(running: Served, status: int) -> None:
    with closing(http.client.HTTPConnection(HOST, running.port, timeout=5)) as connection:
        connection.connect()
        ends = set()
        for _ in range(3):
            connection.request("GET", f"/unchanged?status={status}")
            ends.add(connection.sock.getsockname())
            answer = connection.getresponse()
            assert (answer.status, answer.read(), answer.headers["Connection"]) == (status, b"", None)
        assert len(ends) == 1
        connection.request("GET", f"/unchanged?status={status}", headers={"Connection": "close"})
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers["Connection"]) == (status, b"", "close")


def test_keep_alive_and_limits(server: Callable[..., Served]) -> None:
    running = server(1)
    with closing(http.client.HTTPConnection(HOST, running.port, timeout=5)) as connection:
        for size, status in ((0, 200), (BODY, 200), (BODY + 1, 413)):
            connection.request("POST", "/echo", body=b"x" * size)
            answer = connection.getresponse()
            assert (answer.status, answer.headers.get("Server")) == (status, None)
            answer.read()
    with closing(http.client.HTTPConnection(HOST, running.port, timeout=5)) as connection:
        connection.request("GET", "/pid", headers={"X-Long": "x" * 40_000})
        assert connection.getresponse().status == 431


@pytest.mark.parametrize(
    ("hops", "expected"),
    [
        (0, ["127.0.0.1", "http", "station.example.org", None]),
        (1, ["192.0.2.9", "https", "station.example.org", "203.0.113.5, 192.0.2.9"]),
        (2, ["203.0.113.5", "http", "station.example.org", "203.0.113.5, 192.0.2.9"]),
        (3, ["127.0.0.1", "http", "station.example.org", "203.0.113.5, 192.0.2.9"]),
    ],
)
def test_exactly_the_trusted_proxies_are_believed(
    server: Callable[..., Served], hops: int, expected: list[str | None]
) -> None:
    running = server(1, hops=hops)
    headers = {
        "Host": "station.example.org",
        "X-Forwarded-For": "203.0.113.5, 192.0.2.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }
    seen = json.loads(running.get("/seen", **headers))
    assert [seen["address"], seen["scheme"], seen["host"], seen["header"]] == expected


def test_port_in_use_is_one_line() -> None:
    with closing(serve.bind(HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"Port {port} on 127.0.0.1 is in use"):
            serve.bind(HOST, port)


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1", "\x00", "x" * 300])
def test_address_that_cannot_be_had_is_one_line(host: str) -> None:
    with pytest.raises(ServeError) as caught:
        serve.bind(host, 8000)
    assert len(str(caught.value).splitlines()) == 1


def test_defaults_are_bounded() -> None:
    limits = Limits()
    assert limits.body <= 9 * 1024 * 1024
    assert limits.arrival <= 60
    assert limits.grace <= 30
