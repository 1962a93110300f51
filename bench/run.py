"""Measure the tasks of the budget and write docs/benchmarks.md.

Usage: ``python -m bench.run [--database sqlite|postgresql] [--million] [--quick] [--write] [--only GROUP]`` from the
checkout. Every figure is CPU time of the whole tree of server processes, the database included, as a multiple of what a
bare Flask "hello" costs on the same server in the same run; both measured in turns. It takes about five minutes for
both databases; --million adds the history of 1,000,000 bookings and some minutes to fill it.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from bench import fill, plans, report, tasks
from bench.report import Line
from bench.stand import Client, Figure, Meter, Server, postgres, serving
from innovation_station import clock, db
from innovation_station.calendars.scopes import Chosen
from tests.plugins_services import PostgresServer

HISTORY, MILLION = 100_000, 1_000_000
SETTLED = 45.0  # seconds, until the process beside has run the new house's first jobs and gone back to rest


@dataclass
class Database:
    """One database system under measurement: makes filled databases, by number of spaces and bookings."""

    name: str
    folder: Path
    server: PostgresServer | None = None
    root: int | None = None

    def filled(self, spaces: int, bookings: int) -> str:
        """Fill a database and give its URL."""
        name = f"bench_{spaces}_{bookings}"
        url = self.server.create_database(name) if self.server else f"sqlite:///{self.folder}/{name}.db"
        say(f"{self.name}: {bookings:,} bookings, {spaces} spaces")
        fill.fill(fill.make_app(url, self.folder), bookings, spaces)
        return url


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


class Run:
    """All tasks on one database; `share` makes it quick by asking for less of everything."""

    def __init__(self, database: Database, hello: Server, share: float, only: str | None = None) -> None:
        self.database, self.hello, self.share, self.only = database, hello, share, only
        self.lines: list[Line] = []

    def times(self, count: int) -> int:
        """Give how often to ask, at least twice."""
        return max(2, int(count * self.share))

    def add(self, task: str, must: float | None, aim: float | None, figure: Figure) -> None:
        """Note a cost in hellos."""
        say(f"  {task}: {figure.ratio:.1f}x ({figure.milliseconds:.2f} ms)")
        self.lines.append(
            Line(task, self.database.name, f"{figure.ratio:.1f}x", figure.ratio, must, aim, "x", figure.milliseconds)
        )

    def note(self, task: str, value: float, must: float | None, aim: float | None, unit: str, shown: str = "") -> None:
        """Note another figure; the smaller, the better."""
        shown = shown or f"{value:.4g} {unit}".strip()
        say(f"  {task}: {shown}")
        self.lines.append(Line(task, self.database.name, shown, value, must, aim, unit))

    @contextmanager
    def station(self, url: str) -> Iterator[Server]:
        """Serve a database with two processes."""
        with serving("station", url, str(self.database.folder), database=self.database.root) as server:
            yield server

    def all(self) -> list[Line]:
        """Measure everything that a history of 100,000 needs."""
        fifty = self.database.filled(50, HISTORY)
        with self.station(fifty) as server:
            app = fill.make_app(fifty, self.database.folder, STATION_BASE_URL=f"http://127.0.0.1:{server.port}")
            if self.only in (None, "pages"):
                self._pages(server)
            if self.only in (None, "feeds"):
                self._feeds(server, app)
            if self.only in (None, "contest"):
                self._contest(server, app)
            with app.app_context():
                db.db.engine.dispose()
        if self.only in (None, "figures"):
            self._figures(fifty, HISTORY)
        if self.only in (None, "memory"):
            self._start(fifty)
            self._memory(fifty)
        if self.only in (None, "large"):
            self._large_house()
        if self.only == "schedule":
            with self.station(self.database.filled(200, HISTORY)) as server:
                self._schedule(server)
        if self.only == "series":
            with self.station(self.database.filled(200, HISTORY)) as server:
                self._series(server, HISTORY)
        return self.lines

    def _large_house(self) -> None:
        with self.station(self.database.filled(200, HISTORY)) as server:
            client = Client(server.port).log_in("client0")
            meter, times = Meter(server, self.hello), self.times(15)
            self.add("the day of 200 spaces, nothing cached", 35, 15, tasks.day_undrawn(meter, client, times))
            self.add("the day of 200 spaces, looked at before", 35, 15, tasks.day(meter, client, times))
            if self.only is None:
                self._series(server, HISTORY)
                self._schedule(server)

    def _schedule(self, server: Server) -> None:
        meter, client, times = Meter(server, self.hello), Client(server.port).log_in(fill.HOST), self.times(15)
        undrawn = tasks.schedule_undrawn(meter, client, times)
        self.add("the staff's schedule, 200 spaces and a day, nothing cached", 35, 15, undrawn)
        before = tasks.schedule(meter, client, times)
        self.add("the staff's schedule, 200 spaces and a day, looked at before", 35, 15, before)
        week = tasks.schedule(meter, client, times, "&view=week&kind=room")
        self.add("the staff's schedule, rooms and a week, looked at before", 35, 15, week)
        unchanged = tasks.schedule_unchanged(meter, client, self.times(100))
        self.add("the staff's schedule unchanged (conditional request)", 10, 5, unchanged)

    def _series(self, server: Server, history: int) -> None:
        client = Client(server.port).log_in("client0")
        figure = tasks.series_preview(Meter(server, self.hello), client, self.times(15))
        self.add(f"preview of a series of 100 in 200 spaces, {history:,} bookings", 60, 30, figure)

    def _pages(self, server: Server) -> None:
        meter, client = Meter(server, self.hello), Client(server.port).log_in("client0")
        undrawn = tasks.day_undrawn(meter, client, self.times(40))
        self.add("the day of 50 spaces, logged in, nothing cached", 15, 10, undrawn)
        self.add("the same, looked at before", 15, 10, tasks.day(meter, client, self.times(40)))
        self.add("the same, compressed for a browser", 15, 10, tasks.day_compressed(meter, client, self.times(40)))
        self.add("the day unchanged (conditional request)", 3, 2, tasks.day_unchanged(meter, client, self.times(300)))
        booker = Client(server.port).log_in("member0")
        self.add("one booking", 10, 6, tasks.booking(meter, booker, min(self.times(80), 85)))
        book, fonts = tasks.weight(client, tasks.PAGE)
        first = sum(tasks.weight(Client(server.port), "/"))
        self.note("bytes of the Book page, compressed, without fonts", book / 1000, 60, 30, "kB")
        self.note("first view of the Book page, everything", (book + fonts) / 1000, 100, 80, "kB")
        self.note("first view of the start page, everything", first / 1000, 100, 80, "kB")

    def _feeds(self, server: Server, app: Flask) -> None:
        meter = Meter(server, self.hello)
        feeds = [tasks.Subscriber(app, server, name) for name in fill.SMALL_FEEDS]
        many = tasks.Subscriber(app, server, "feed10000")
        with app.app_context():
            fill.settle()  # the entries are new: PostgreSQL would count them in its next round
        name, of_many = (f"feed of {feed.entries():,}: " for feed in (feeds[0], many))
        self.add(name + "first ever", 20, 16, tasks.first(meter, feeds))
        self.add(name + "after one change", 12, 8, tasks.changed(meter, feeds))
        self.add(name + "no entry stored (house renamed)", None, None, tasks.rewritten(meter, feeds[:2]))
        self.add(name + "unchanged", 3, 2, tasks.unchanged(meter, feeds[0], self.times(400)))
        self.add(of_many + "unchanged", 3, 2, tasks.unchanged(meter, many, self.times(400)))
        self._places(server, app, meter)

    def _places(self, server: Server, app: Flask, meter: Meter) -> None:
        """Measure feeds of many places: a view that any member may have, of as many entries as go into one."""
        view = Chosen("view", "public", query="kind=desk")
        feeds = [tasks.Subscriber(app, server, name, view) for name in fill.SMALL_FEEDS[:2]]
        feeds[0].fetch(feeds[0].client)
        name = f"feed of {feeds[0].entries():,} of a house's desks: "
        self.add(name + "nothing stored", None, None, tasks.unstored(meter, feeds[:1]))
        self.add(name + "after one change", None, None, tasks.changed(meter, feeds))
        self.add(name + "whole, stored", None, None, tasks.stored(meter, feeds[0], self.times(30)))
        self.add(name + "unchanged", 3, 2, tasks.unchanged(meter, feeds[0], self.times(400)))

    def _contest(self, server: Server, app: Flask) -> None:
        clients = [Client(server.port).log_in(f"client{number}") for number in range(fill.CLIENTS)]
        for part, how in ((True, "from the page"), (False, "without script")):
            name = f"16 clients on 100 slots, {how}: "
            separate = tasks.contest(clients, own=True, part=part)
            contested = tasks.contest(clients, own=False, part=part)
            faults = sum((separate.answers + contested.answers)[status] for status in range(500, 600))
            share = contested.rate / separate.rate
            told = f"{share:.2f}x ({contested.rate:.0f}/s against {separate.rate:.0f}/s)"
            self.note(name + "throughput against separate slots", -share, -1.0, -1.5, "x", told)
            self.note(name + "99th percentile", contested.p99, None, 100, "ms")
            self.note(name + "slots without one winner", contested.undecided, 0, 0, "")
            self.note(name + "answers of 5xx", faults, 0, 0, "")
        pairs = tasks.overlaps(app)
        self.note("16 clients on 100 slots: allocations that overlap", pairs, 0, 0, "")

    def _start(self, url: str) -> None:
        """Take the shortest of five starts to the first answer: whatever else the machine does only adds."""
        seconds = []
        for _ in range(5):
            with self.station(url) as server:
                seconds.append(server.seconds)
        self.note("start of a process to first answer", min(seconds), 2, 1, "s")

    def _memory(self, url: str) -> None:
        """Compare what our processes weigh once they have been used by several people at once.

        The budget's floor, 111 MiB, is that of two processes that each load the bare program, as most servers run it.
        What ours share by a fork is no merit of the floor's; against one that forks as well, the figure stands below.
        """
        with serving("bare", url, workers=1) as one, serving("bare", url, workers=1) as other:
            for server in (one, other):
                tasks.use(server, Client(server.port), "/")
            apart = one.memory() + other.memory()
        with serving("bare", url) as server:
            tasks.use_all(server, Client(server.port), "/")
            forked = server.memory()
        with serving("station", url, str(self.database.folder)) as server:
            tasks.use_all(server, Client(server.port).log_in("client0"), tasks.PAGE)
            time.sleep(SETTLED)
            ours = server.memory()
        shown = f"{ours / apart:.2f}x ({ours:.0f} MiB against {apart:.0f} MiB)"
        self.note("memory, 2 processes, against bare Flask + SQLAlchemy", ours / apart, 1.5, 1.25, "x", shown)
        shown = f"{ours / forked:.2f}x ({ours:.0f} MiB against {forked:.0f} MiB)"
        self.note("the same against two that share what they loaded", ours / forked, None, None, "x", shown)

    def million(self) -> list[Line]:
        """Compare the day at 1,000,000 bookings with the day at 100,000, and preview a series."""
        if self.only in (None, "pages"):
            self._day_of_a_million()
        if self.only in (None, "series"):
            url = self.database.filled(200, MILLION)
            found = plans.of(self._quiet(url), tasks.SERIES)
            with self.station(url) as server:
                self._series(server, MILLION)
            self._scans("full scans of bookings or allocations by the preview", found)
        if self.only in (None, "figures"):
            self._figures(self.database.filled(50, MILLION), MILLION)
        return self.lines

    def _figures(self, url: str, history: int) -> None:
        """Measure the figures of a year beside those of the year before: two years of 50 spaces are read for each."""
        year = f"period=year&date={fill.NOW.date()}"
        with self.station(url) as server:
            client, meter = Client(server.port).log_in(fill.HOST), Meter(server, self.hello)
            for name, path in (
                ("utilisation of a year by weekday and hour (a file)", f"/staff/figures/heat.csv?{year}"),
                ("all figures of a year (the page)", f"/staff/figures?{year}"),
            ):
                figure = tasks.figures(meter, client, path, self.times(40))
                self.add(f"{name}, {history:,} bookings", 200, 50, figure)

    def _day_of_a_million(self) -> None:
        urls = [self.database.filled(50, bookings) for bookings in (HISTORY, MILLION)]
        found = [plans.of(self._quiet(url), tasks.PAGE) for url in urls]
        with self.station(urls[0]) as small, self.station(urls[1]) as large:
            clients = [Client(server.port).log_in("client0") for server in (small, large)]
            rise = tasks.rise(small, large, clients, self.times(40))
        shown = f"{rise:+.1f} %"
        self.note("cost of the day at 1,000,000 bookings against 100,000", rise, 10, 3, "%", shown)
        ways = [plans.paths(plan) for plan in found]
        same = ways[0] == ways[1]
        for line in difflib.unified_diff(*ways, "100,000", "1,000,000", lineterm="", n=1):
            say(f"    {line}")
        self.note(
            "tables and indexes that the day reads, in both histories",
            0 if same else 1,
            0,
            0,
            "",
            "the same" if same else "DIFFERENT",
        )
        self._scans("full scans of bookings or allocations", found[0] + found[1])

    def _quiet(self, url: str) -> Flask:
        return fill.make_app(url, self.database.folder, STATION_LOG_LEVEL="error")

    def _scans(self, task: str, plan: list[str]) -> None:
        scans = [line for line in plan if plans.reads_all(line)]
        self.note(task, len(scans), 0, 0, "", "; ".join(scans) or "none")


def main() -> None:
    """Run what is asked for, print it as a table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one of them; both without")
    parser.add_argument("--million", action="store_true", help="the comparison with 1,000,000 bookings, only")
    parser.add_argument("--quick", action="store_true", help="a fifth of the requests")
    parser.add_argument(
        "--only", choices=("pages", "feeds", "contest", "memory", "large", "series", "schedule", "figures"),
        help="all without",
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("--write needs all tasks")
    clock.now = lambda: fill.NOW
    lines: list[Line] = []
    measure: Callable[[Run], list[Line]] = Run.million if options.million else Run.all
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="station-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        hello = stack.enter_context(serving("hello"))
        for name in ("sqlite", "postgresql"):
            if options.database in (None, name):
                database = Database(name, folder)
                if name == "postgresql":
                    database.server, database.root = stack.enter_context(postgres())
                lines += measure(Run(database, hello, 0.2 if options.quick else 1, options.only))
    print(report.table(lines))
    if options.write:
        report.write(lines)


if __name__ == "__main__":
    main()
