"""Workers as processes: killed with a mail or a job in hand, several at once, and those that `run` and `serve` bring."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
import pytest
from flask import Flask

from innovation_station import worker as worker_module
from innovation_station.db import transaction
from innovation_station.jobs import queries as jobs
from innovation_station.mail import service
from innovation_station.mail.rules import Receiver
from innovation_station.worker import Worker
from tests.conftest import hand_compiled
from tests.faults.hand import work
from tests.faults.test_kill import free_port, wait_until
from tests.mail.conftest import outbox
from tests.mail.server import Behaviour, serving
from tests.races.arena import forks

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.race
Hand = Callable[..., ForkServerProcess]


@pytest.fixture
def hand(app: Flask, database_url: str) -> Iterator[Hand]:
    """Give what starts a worker process on the test's database, with leases of a second."""
    context = forks()
    started: list[ForkServerProcess] = []

    def start(mail_url: str = "file://outbox", log: Path | str = "") -> ForkServerProcess:
        here, there = context.Pipe(duplex=False)
        given = (database_url, str(app.config["STATION"].instance), mail_url, str(log), there)
        process = context.Process(target=work, args=given, daemon=True)
        process.start()
        started.append(process)
        assert here.poll(60) and here.recv() == "ready"
        return process

    yield start
    for process in started:
        process.kill()
        process.join(10)


def queue(app: Flask, *texts: str, email: str = "alva@example.org") -> None:
    for text in texts:
        with app.app_context(), transaction():
            service.queue(Receiver(email, text, "sv"), "test", {}, now=datetime.now(UTC))


def test_worker_killed_with_a_mail_in_hand(app: Flask, hand: Hand) -> None:
    """It died before the server had it all: the next worker sends it, once, and those behind it after it."""
    behaviour = Behaviour(delay=1.0)
    with serving(behaviour) as port:
        queue(app, "one", "two")
        first = hand(f"smtp://127.0.0.1:{port}")
        wait_until(lambda: behaviour.connections == 1)
        wait_until(lambda: outbox(app)[0].state == "sending")
        first.kill()
        wait_until(lambda: not first.is_alive())
        time.sleep(1.2)
        behaviour.delay = 0.0
        before = [one.message["Message-ID"] for one in behaviour.received]
        hand(f"smtp://127.0.0.1:{port}")
        wait_until(lambda: [mail.state for mail in outbox(app)] == ["sent", "sent"])
    claims = [one.message["Message-ID"] for one in behaviour.received]
    stored = [f"<{mail.message_id}@localhost>" for mail in outbox(app)]
    assert len(before) <= 1
    assert claims == [*before, *stored], "one duplicate at most, the order kept"
    assert outbox(app)[0].lost == 1


def test_workers_share_the_mails_and_send_each_once(app: Flask, hand: Hand) -> None:
    behaviour = Behaviour(delay=0.05)
    with serving(behaviour) as port:
        for _ in range(3):
            hand(f"smtp://127.0.0.1:{port}")
        with app.app_context(), transaction():
            for text in "abc":
                for number in range(12):
                    receiver = Receiver(f"person{number}@example.org", text, "sv")
                    service.queue(receiver, "test", {}, now=datetime.now(UTC))
        wait_until(lambda: {mail.state for mail in outbox(app)} == {"sent"}, 60)
    claims = Counter(one.message["Message-ID"] for one in behaviour.received)
    assert len(claims) == 36 and set(claims.values()) == {1}
    order: dict[str, list[str]] = {}
    for one in behaviour.received:
        order.setdefault(one.receiver, []).append(one.message["To"].addresses[0].display_name)
    assert set(map(tuple, order.values())) == {("a", "b", "c")}
    assert behaviour.connections >= 2, "more than one had a share"


def test_job_runs_in_one_of_four_processes(app: Flask, hand: Hand, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for _ in range(4):
        hand(log=log)
    wait_until(lambda: log.exists() and "ended" in log.read_text())
    time.sleep(0.5)  # five looks of those who did not have it
    words = [line.split()[0] for line in log.read_text().splitlines()]
    assert words == ["began", "ended"], "it took twice as long as a lease, and was renewed"
    with app.app_context():
        job = jobs.known()["slow-count"]
        assert (job.succeeded, job.result, job.claimed_by) == (True, "counted", None)


def test_job_of_a_killed_worker_is_taken_over(app: Flask, hand: Hand, tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = hand(log=log)
    wait_until(lambda: log.exists() and "began" in log.read_text())
    first.kill()
    second = hand(log=log)
    wait_until(lambda: "ended" in log.read_text())
    assert log.read_text().splitlines() == [f"began {first.pid}", f"began {second.pid}", f"ended {second.pid}"]


def test_stop_puts_down_the_work_and_ends(hand: Hand) -> None:
    process = hand()
    process.terminate()
    process.join(10)
    assert process.exitcode == 0


# -- those that come along --------------------------------------------------------------------------------------------


@pytest.fixture
def program(app: Flask, database_url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give what starts the program on the test's database."""
    started: list[subprocess.Popen[str]] = []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STATION_", "FLASK_"))}
    given = {"STATION_INSTANCE": str(app.config["STATION"].instance), "STATION_DATABASE_URL": database_url,
             "STATION_SECRET_KEY": app.config["SECRET_KEY"], "STATION_LOG_LEVEL": "error"}  # fmt: skip

    hand_compiled(app.config["STATION"].instance)

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "innovation_station.cli", *arguments]
        process = subprocess.Popen(command, env={**kept, **given}, cwd=ROOT, stdout=subprocess.DEVNULL, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        for one in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            one.kill()
        process.kill()
        process.wait(10)


@pytest.mark.parametrize("command", [("run",), ("serve", "--workers", "1"), ("worker",)], ids=lambda words: words[0])
def test_worker_comes_along_and_a_killed_one_is_replaced(
    app: Flask, program: Callable[..., subprocess.Popen[str]], command: tuple[str, ...]
) -> None:
    brought = command != ("worker",)
    process = program(*command, *(["--port", str(free_port())] if brought else []))
    folder = app.config["STATION"].instance / "outbox"
    queue(app, "one")
    wait_until(lambda: len(list(folder.glob("*.eml"))) == 1, 60)
    wait_until(lambda: outbox(app)[0].state == "sent")
    if brought:
        processes = psutil.Process(process.pid).children()
        assert len(processes) == (3 if command == ("run",) else 2)
        processes[0].kill()
        wait_until(lambda: processes[0].pid not in [one.pid for one in psutil.Process(process.pid).children()])
        queue(app, "two")
        wait_until(lambda: len(list(folder.glob("*.eml"))) == 2)
    with app.app_context():
        wait_until(lambda: jobs.known().keys() >= {"mail-retention"})
    process.terminate()
    assert process.wait(30) == 0


def test_page_that_queues_mail_wakes_the_worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bell rings for what is committed, and for nothing else."""
    import socket

    from innovation_station.mail import bell

    here, there = socket.socketpair()
    here.setblocking(False)
    bell.hang(there)
    signals: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: signals.append(number))
    try:
        with pytest.raises(RuntimeError), app.app_context(), transaction():
            service.queue(Receiver("a@b.example", "x"), "test", {}, now=datetime.now(UTC))
            raise RuntimeError
        with app.app_context(), transaction():
            pass
        with pytest.raises(BlockingIOError):
            here.recv(1)
        queue(app, "one")
        assert here.recv(10) == b"!"
        assert not signals, "only who forked this process is called"
        monkeypatch.setattr(os, "getppid", os.getpid)
        queue(app, "two")
        assert here.recv(10) == b"!"
        assert signals == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)
        bell._ends.clear()
        bell._hung_by.clear()
        here.close()
        there.close()


def test_what_is_in_hand_is_finished_however_long_it_takes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GRACE", 0.1)
    done: list[str] = []
    away = [time.monotonic() + 0.6]

    def long(_stopping: Callable[[], bool]) -> None:
        if not done:
            time.sleep(0.4)
            done.append("job")

    worker = Worker(app, poll=0.02, linger=0.05)
    monkeypatch.setattr(worker, "_rounds", lambda: {"jobs": long, "mail": lambda _stopping: None})
    monkeypatch.setattr(worker, "_look", lambda: True)
    worker._resumes = lambda: away[0]  # a mail server that is away is looked for again by who knows since when
    worker.run(replaced=True)
    for end in (worker._wake_here, worker._wake_there):
        end.close()
    assert done == ["job"] and time.monotonic() >= away[0]
