"""The production server: waitress in several forked processes behind one socket, with a bounded stop.

Why waitress: it reads whole requests and writes whole answers in its own loop, so a slow client occupies a
file descriptor and never a thread. Measured against gunicorn and granian by ``bench/servers.py``; the figures
stand in docs/operations.md. What it lacks is added here: several processes, a stop that finishes what was
begun, and a limit on how long a request may take to arrive.

The program is loaded once and then forked, so the processes share its memory. Nothing that must not cross a
fork (database connections, threads) may be open at that moment: ``before_fork`` closes it.
"""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import WSGITask

from innovation_station import heap

resource: ModuleType | None
try:  # here, before the fork: to load a library takes a process most of a MiB that it shares with no other
    import resource
except ImportError:  # on Windows
    resource = None
if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_BODY = 9 * 1024 * 1024  # a photograph and the form round it; each view has its own bound, most a quarter of a MiB
MAX_HEADERS = 32 * 1024
CRASHES_BEFORE_GIVING_UP = 5
REST = 5  # seconds, of what runs beside the workers and had nothing to do, or died as soon as it started
LOOK_FOR_CYCLES = 10_000  # new objects; after 700, as by default, a large page does it thirty times and finds nothing
Work = Callable[["socket.socket | None"], None]
log = logging.getLogger("innovation_station.serve")


class ServeError(Exception):
    """The server cannot start or go on; the text is one line for the operator."""


@dataclass(frozen=True)
class Limits:
    """What one process takes on. Times in seconds, sizes in bytes."""

    threads: int = 8
    connections: int = 1000
    body: int = MAX_BODY
    headers: int = MAX_HEADERS
    arrival: int = 30  # from the first byte of a request to its last
    idle: int = 30  # a connection without traffic
    grace: int = 25  # for running requests, after SIGTERM
    manners: float = 0.5  # for requests on their way in when SIGTERM comes
    quiet: float = 5.0  # without a request, then free memory is given back


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; connections wait in it from now on. Raises ServeError with one line."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError):
        raise ServeError(f"{host!r} port {port} is not an address to listen on.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServeError(_bind_problem(host, port, error)) from None
    listener.setblocking(False)
    return listener


def _bind_problem(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Stop what uses it, or choose another with --port."
    if number == errno.EACCES:
        return f"Port {port} needs more rights than this user has. Choose one above 1023 with --port."
    if number == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine."
    return f"Cannot listen on {host} port {port}: {error}"


def serve(
    application: WSGIApplication,
    listener: socket.socket,
    *,
    workers: int = 1,
    limits: Limits | None = None,
    before_fork: Callable[[], None] = lambda: None,
    clear_proxy_headers: bool = True,
    beside: Work | None = None,
) -> int:
    """Answer requests until SIGTERM or SIGINT; returns the exit code.

    One worker runs in this process. Several run in forked ones that are replaced when they die, kill -9
    included; so does what is to run `beside` them (in a thread where nothing can be forked). When that ends by itself
    it is started again in `REST` seconds, or as soon as somebody sends this process SIGALRM.
    """
    limits = limits or Limits()

    def work(parent: socket.socket | None) -> None:
        Worker(application, listener, limits, clear_proxy_headers, parent).run()

    if not hasattr(os, "fork") or (workers == 1 and beside is None):
        if beside is not None:
            threading.Thread(target=beside, args=(None,), daemon=True).start()
        work(None)
        return 0
    heap.keep_one()
    before_fork()
    return Supervisor(listener, work, workers, limits.grace, beside).run()


class Supervisor:
    """Keep ``workers`` forked processes running, and one ``beside`` them; stop them all in bounded time."""

    def __init__(
        self, listener: socket.socket, work: Work, workers: int, grace: int, beside: Work | None = None
    ) -> None:
        self.listener = listener
        self.works = [*([beside] if beside else []), *[work] * workers]
        self.beside = beside
        self.grace = grace
        self.children: dict[int, tuple[Work, float]] = {}
        self.quick_deaths = 0
        self.resting = False  # what runs beside had nothing to do or died at once: the pages go on, and it in a while
        self.called = False  # somebody asked for it while it ran: it may have been about to end
        # children hold one end: they see it closed when this process dies, however it dies
        self.life_there, self.life_here = socket.socketpair()

    def run(self) -> int:
        """Return 0 after a stop by signal, 1 when the workers cannot be kept alive."""
        awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGALRM}
        for number in (signal.SIGCHLD, signal.SIGALRM):  # one that is pending at the end must not end this process
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        gc.collect()
        heap.close_gaps()
        gc.freeze()  # the collector would otherwise touch, and so copy, every shared page
        gc.set_threshold(LOOK_FOR_CYCLES, 10, 10)
        try:
            while True:
                for work in self._missing():
                    self._fork(awaited, work)
                told = signal.sigwait(awaited)
                if told in (signal.SIGTERM, signal.SIGINT):
                    self._stop(awaited)
                    return 0
                if told == signal.SIGALRM:
                    self.resting, self.called = False, not self.resting
                self._reap()
                if self.quick_deaths >= CRASHES_BEFORE_GIVING_UP:
                    self._stop(awaited)
                    raise ServeError("The workers die as soon as they start; the log above says why.")
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)

    def _missing(self) -> list[Work]:
        missing = list(self.works)
        for work, _ in self.children.values():
            missing.remove(work)
        return [work for work in missing if work is not self.beside or not self.resting]

    def _fork(self, awaited: set[signal.Signals], work: Work) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        if work is self.beside:
            signal.alarm(0)
            self.called = False
        pid = os.fork()
        if pid:
            self.children[pid] = (work, time.monotonic())
            return
        code = 1
        try:
            self.life_here.close()
            for number in (signal.SIGCHLD, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            # Ctrl-C reaches the whole group: the supervisor alone decides what it means
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: Worker.stop())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
            work(self.life_there)
            code = 0
        except BaseException:
            log.exception("worker failed")
        finally:
            logging.shutdown()
            os._exit(code)

    def _reap(self) -> None:
        for pid in list(self.children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            work, started = self.children.pop(pid)
            quick = time.monotonic() - started < 1
            if work is not self.beside:
                self.quick_deaths = self.quick_deaths + 1 if quick else 0
            elif quick if status else not self.called:
                self.resting = True
                signal.alarm(REST)
            if status:  # what runs beside the workers ends by itself when it has nothing to do
                log.error("worker %d ended (%s), starting another", pid, os.waitstatus_to_exitcode(status))

    def _stop(self, awaited: set[signal.Signals]) -> None:
        self.listener.close()
        self._signal_children(signal.SIGTERM)
        deadline = time.monotonic() + self.grace + 2
        signal.alarm(self.grace + 2)
        interrupts = 0
        while self.children and time.monotonic() < deadline and interrupts < 1:
            for pid in list(self.children):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self.children[pid]
            if self.children and signal.sigwait(awaited) == signal.SIGINT:
                interrupts += 1
        signal.alarm(0)
        self._signal_children(signal.SIGKILL)
        for pid in self.children:
            os.waitpid(pid, 0)

    def _signal_children(self, number: signal.Signals) -> None:
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


class Worker:
    """One process: a waitress server with a loop that knows how to end."""

    stopping = False

    def __init__(
        self,
        application: WSGIApplication,
        listener: socket.socket,
        limits: Limits,
        clear_proxy_headers: bool,
        parent: socket.socket | None,
    ) -> None:
        self.limits = limits
        _raise_descriptor_limit(limits.connections + 200)
        self.map: dict[int, Any] = {}
        self.server: TcpWSGIServer = create_server(
            application,
            map=self.map,
            sockets=[listener],
            threads=limits.threads,
            connection_limit=limits.connections,
            channel_timeout=limits.idle,
            cleanup_interval=1,
            max_request_body_size=limits.body + 1,  # waitress refuses from this size on
            max_request_header_size=limits.headers,
            asyncore_use_poll=True,
            ident=None,
            clear_untrusted_proxy_headers=clear_proxy_headers,
            log_socket_errors=False,
        )
        self.server.channel_class = _Channel
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        if parent is None:
            self._catch_signals()
        else:
            _Ended(parent, self.map, self.stop)

    @classmethod
    def _catch_signals(cls) -> None:
        """Let SIGTERM and SIGINT end the loop instead of the process; a second one ends it at once."""

        def stop(_number: int, _frame: object) -> None:
            if cls.stopping:
                os._exit(1)
            cls.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    @classmethod
    def stop(cls) -> None:
        """Ask the loop to end; safe in a signal handler."""
        cls.stopping = True

    def run(self) -> None:
        """Serve until asked to stop, then finish the requests that have been begun."""
        wake_read, wake_write = socket.socketpair()
        for end in (wake_read, wake_write):
            end.setblocking(False)
        # a signal between the check and poll() would wait a second; a byte in this socket wakes it at once
        signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
        _Waker(wake_read, self.map)
        next_sweep = 0.0
        while not self.stopping:
            self._turn(1.0)
            now = time.monotonic()
            if self.server.in_connection_overflow or now >= next_sweep:
                self._drop_late_arrivals()
                next_sweep = now + 1
            if _Channel.worked_at and now - _Channel.worked_at > self.limits.quiet:
                _Channel.worked_at = 0.0
                heap.give_back()
        self._drain()
        signal.set_wakeup_fd(-1)
        self.server.task_dispatcher.shutdown(timeout=0.1)
        wasyncore.close_all(self.map, ignore_all=True)

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self.map, count=1)

    def _drop_late_arrivals(self) -> None:
        """Close what has been arriving for too long, and when full, the quietest half of what is not being
        worked on.

        A channel without ``requests`` belongs to this thread alone, so it may be closed here.
        """
        now = time.monotonic()
        waiting = [channel for channel in self.server.active_channels.values() if not channel.requests]
        waiting.sort(key=lambda channel: channel.last_activity)
        surplus = len(waiting) // 2 + 1 if self.server.in_connection_overflow else 0
        for position, channel in enumerate(waiting):
            if channel.request is None:
                channel.arriving_since = None
            elif getattr(channel, "arriving_since", None) is None:
                channel.arriving_since = now
            if position < surplus or now - (channel.arriving_since or now) > self.limits.arrival:
                channel.handle_close()

    def _drain(self) -> None:
        server = self.server
        for _ in range(1024):  # connections that the kernel has accepted for us already
            before = len(server.active_channels)
            server.handle_accept()
            if len(server.active_channels) == before:
                break
        server.accepting = False
        server.del_channel()
        server.socket.close()
        start = time.monotonic()
        while (elapsed := time.monotonic() - start) < self.limits.grace:
            for channel in list(server.active_channels.values()):
                begun = channel.request is not None or channel.last_activity == channel.creation_time
                if not _is_busy(channel) and not (begun and elapsed < self.limits.manners):
                    channel.handle_close()
            if not server.active_channels:
                return
            self._turn(0.05)
        log.warning("stopped with %d requests unfinished after %d s", len(server.active_channels), self.limits.grace)


def _is_busy(channel: Any) -> bool:
    return bool(channel.requests) or channel.total_outbufs_len > 0


def _raise_descriptor_limit(wanted: int) -> None:
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, ceiling), hard))


class _Task(WSGITask):  # type: ignore[misc]
    """One answer. It keeps the connection after a 304 or a 204 too.

    These have no length, and end where their head ends (RFC 9112 6.3); waitress closes after every answer without a
    length. Whoever asked whether something is still fresh had to connect anew, which costs more than most answers.
    """

    def set_close_on_finish(self) -> None:
        asked = self.request.headers.get("CONNECTION", "").lower()
        if self.has_body or self.version != "1.1" or asked == "close":
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]
    """One connection. It notes when it was last worked for in this process."""

    task_class = _Task
    worked_at: ClassVar[float] = 0.0

    def service(self) -> None:
        super().service()
        _Channel.worked_at = time.monotonic()


class _Waker(wasyncore.dispatcher):  # type: ignore[misc]
    """Swallow the bytes that signals write, so that poll() returns."""

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        self.recv(512)


class _Ended(wasyncore.dispatcher):  # type: ignore[misc]
    """Call ``then`` when the other end of a socket is closed, as it is when the supervisor dies."""

    def __init__(self, end: socket.socket, channels: dict[int, Any], then: Callable[[], None]) -> None:
        super().__init__(end, map=channels)
        self.then = then

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        self.recv(1)

    def handle_close(self) -> None:
        self.then()
        self.close()
