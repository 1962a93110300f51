"""The worker: sends mail and runs jobs, each in a thread of its own, so that no long job keeps a mail waiting.

`run` and `serve` bring one along in a process of its own: what it does, however long or wrong, costs no page its memory
or its interpreter. `worker` is the same alone, for other machines on the same database.

Measured 2026-11 (SQLite, private memory beside two processes that serve): a worker that has worked holds 25 MiB, one
that has only looked whether there is anything to do 5. So there is none while there is nothing to do: the one that is
brought along looks, with a plain statement, and ends; when it has worked it ends after having been idle for a while.
Whoever forked it forks the next some seconds later, or when the bell rings. (A thread of a serving process would hold
less, and take its pages down with it.)
"""

from __future__ import annotations

import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from innovation_station import clock
from innovation_station.db import UtcDateTime, db
from innovation_station.errors import DomainError
from innovation_station.jobs.registry import tasks
from innovation_station.spaces.queries import house as read_house

if TYPE_CHECKING:
    from innovation_station.mail.compose import Sender
    from innovation_station.settings import Settings

log = get_logger(__name__)
POLL = 5.0  # seconds between two looks where nobody rings
LONGEST_PAUSE = 60.0  # while the database is away
LINGER = 10.0  # awake with nothing to do
GRACE = 20.0  # for what is being done, after SIGTERM
Round = Callable[[Callable[[], bool]], None]
_LOOK = text(
    "SELECT (SELECT count(*) FROM job WHERE next_at > :now),"
    " (SELECT count(*) FROM mail WHERE state IN ('queued', 'sending') AND due_at <= :now)"
)


def sender_of(app: Flask) -> Sender:
    """Read what every mail of this house says of it; needs an app context."""
    from innovation_station.mail.compose import Sender  # see the top: only who is awake pays for it

    station: Settings = app.config["STATION"]
    house = read_house()
    base_url = station.base_url or app.config.get("LOCAL_URL", "http://127.0.0.1:8000")
    locale: Literal["sv", "en"] = "en" if station.locale == "en" else "sv"
    return Sender(station.mail_from, base_url, locale, house.name, house.organisation)


class Worker:
    """Looks every few seconds, and at once when somebody rings."""

    def __init__(self, app: Flask, *, poll: float = POLL, linger: float = LINGER) -> None:
        self.app = app
        self.poll = poll
        self.linger = linger
        self.stopping = threading.Event()
        self.rung = {"mail": threading.Event(), "jobs": threading.Event()}
        self.busy_at = time.monotonic()
        self._in_hand: set[str] = set()
        self._resumes: Callable[[], float] = lambda: 0.0
        self._wake_here, self._wake_there = socket.socketpair()

    def catch(self, *numbers: signal.Signals) -> None:
        """Let these signals end the work and not the process; only in its main thread."""
        for number in numbers:
            signal.signal(number, lambda *_: self.stop())

    def stop(self) -> None:
        """Ask to stop; safe in a signal handler."""
        self.stopping.set()
        with suppress(OSError):
            self._wake_there.send(b"!")

    def run(
        self, *, bell: socket.socket | None = None, parent: socket.socket | None = None, replaced: bool = False
    ) -> None:
        """Work until asked to stop, or until the other end of `parent` is closed; returns when all is put down.

        With `replaced`, return when there is nothing to do, at first at once, and later after a while.
        """
        ends = [end for end in (self._wake_here, bell, parent) if end is not None]
        idle = replaced and not self._listen(ends, parent, 0) and not self._look()
        if idle:
            with self.app.app_context():
                db.engine.dispose()  # the database is told that nobody looks any more
        elif not self.stopping.is_set():
            self._work(ends, parent, replaced)

    def _look(self) -> bool:
        """Tell whether there may be something to do; so does a database that cannot say."""
        try:
            with self.app.app_context(), db.engine.connect() as connection:
                now = UtcDateTime().process_bind_param(clock.now(), connection.dialect)
                later, mails = connection.execute(_LOOK, {"now": now}).one()
                return bool(mails) or later < len(tasks(self.app))
        except SQLAlchemyError:
            return True

    def _work(self, ends: list[socket.socket], parent: socket.socket | None, replaced: bool) -> None:
        hands = [
            threading.Thread(target=self._hand, args=(round_, self.rung[name]), name=name, daemon=True)
            for name, round_ in self._rounds().items()
        ]
        for hand in hands:
            hand.start()
        self.busy_at = time.monotonic()
        while not self.stopping.is_set():
            self._listen(ends, parent, self.poll)
            if replaced and self._may_end():
                self.stopping.set()
        for event in self.rung.values():
            event.set()
        for hand in hands:
            hand.join(GRACE)
        if any(hand.is_alive() for hand in hands):
            log.warning("stopped with work unfinished; another worker takes it over")

    def _rounds(self) -> dict[str, Round]:
        # see the top: what speaks SMTP and TLS is a tenth of a server's start
        from innovation_station.jobs.runner import Runner
        from innovation_station.mail.postman import Postman
        from innovation_station.mail.transport import transport

        way_out = transport(self.app.config["STATION"].mail_url)
        postman = Postman(self.app, way_out, lambda: sender_of(self.app), self._busy)
        self._resumes = lambda: postman.resumes
        return {"mail": postman.round, "jobs": Runner(self.app, self._busy).round}

    def _may_end(self) -> bool:
        """Tell whether nothing is in hand, however long it takes, and nobody waits for a mail server or a database to
        come back: how often it was looked for is forgotten with the process."""
        return not self._in_hand and time.monotonic() > max(self.busy_at + self.linger, self._resumes())

    def _busy(self) -> None:
        self.busy_at = time.monotonic()

    def _listen(self, ends: list[socket.socket], parent: socket.socket | None, seconds: float) -> bool:
        """Wait for a signal, the bell or the parent's end; tell whether it rang."""
        rung = False
        ready, _, _ = select.select(ends, [], [], seconds)
        for end in ready:
            if end.recv(512):
                rung = True
                self._busy()
                self.rung["mail"].set()
                continue
            ends.remove(end)
            if end is parent:
                self.stopping.set()
        return rung

    def _hand(self, round_: Round, rung: threading.Event) -> None:
        troubles, name = 0, threading.current_thread().name
        while not self.stopping.is_set():
            rung.clear()
            self._in_hand.add(name)
            try:
                round_(self.stopping.is_set)
                troubles = 0
            except (SQLAlchemyError, DomainError) as error:
                troubles += 1
                log.warning("worker cannot use the database", error=type(error).__name__)
            except Exception as error:
                troubles += 1
                log.error("worker failed", exc_info=error)
            if not troubles:
                self._in_hand.discard(name)
            rung.wait(min(self.poll * 2**troubles, LONGEST_PAUSE))
