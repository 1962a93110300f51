"""The tasks of the budget, each against a running server; every one checks that it got what it asked for."""

from __future__ import annotations

import re
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice, product

from flask import Flask
from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import aliased

from bench import fill
from bench.stand import Answer, Client, Figure, Meter, Server, spent
from innovation_station.bookings import service as booking_service
from innovation_station.bookings.models import Allocation, Booking
from innovation_station.calendars import rules as feed_rules
from innovation_station.calendars import service as feed_service
from innovation_station.calendars.installation import today
from innovation_station.calendars.models import FeedContents
from innovation_station.calendars.scopes import Chosen
from innovation_station.calendars.service import MINE
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.spaces.rules import at_minute

DAY = (fill.NOW + timedelta(days=1)).date()
PAGE = f"/book?date={DAY}&kind=desk"
SERIES = (
    f"/series/new?space=1&date={DAY}&start=09:00&end=11:00&repeat=weekdays&interval=1&ends=count&count=100"
    "&skip_closed=1&title=&key=bench"
)
BROWSER = "gzip, deflate, br, zstd"
FREE_FROM = date(2027, 1, 18)  # after what fill has booked, within the horizon, without holidays for nine weeks
FREE_WEEKS = 9
CONTESTED = 100


def expect(answer: Answer, status: int) -> Answer:
    """Insist on a status: a cheap error page must not pass for a fast answer."""
    if answer.status != status:
        raise RuntimeError(f"{answer.status} instead of {status}: {answer.text[:300]}")
    return answer


def day_undrawn(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the page of a day, and of a part of it, that no process has drawn before: each is asked for once."""
    days = [DAY + timedelta(days=ahead) for ahead in range(28)]
    parts = product(range(8, 17), ("00", "15", "30", "45"), (day for day in days if day.weekday() < 5))
    pages = iter([f"/book?date={day}&kind=desk&from={hour:02}:{minute}&to=18:00" for hour, minute, day in parts])
    return meter.pages(client, lambda each: expect(each.get(next(pages)), 200), requests)


def series_preview(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the preview of a desk on the next hundred weekdays: every date, what stands in its way, what instead."""
    shown = expect(client.get(SERIES), 200).body.count(b"answer-")
    if not 20 < shown < 1000:
        raise RuntimeError(f"{shown} answers are no preview of dates of which some collide")
    return meter.pages(client, lambda each: expect(each.get(SERIES), 200), requests)


def day(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the whole page of a day that has been looked at before, as most have."""
    size = len(expect(client.get(PAGE), 200).body)
    if size < 20_000:
        raise RuntimeError(f"{size} bytes are no page of a day")
    return meter.pages(client, lambda each: expect(each.get(PAGE), 200), requests)


def day_compressed(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the same as a browser asks for it."""
    return meter.pages(client, lambda each: expect(each.get(PAGE, Accept_Encoding=BROWSER), 200), requests)


def day_unchanged(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the refresh of a day on which nothing has happened."""
    tag = expect(client.get(PAGE, X_Part="day"), 200).headers["etag"]
    return meter.pages(client, lambda each: expect(each.get(PAGE, X_Part="day", If_None_Match=tag), 304), requests)


def schedule_undrawn(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the staff's day of all places, of a stretch of it that no process has drawn before."""
    days = [DAY + timedelta(days=ahead) for ahead in range(28)]
    parts = product(range(6, 9), ("00", "15", "30", "45"), (day for day in days if day.weekday() < 5))
    pages = iter(
        [f"/staff/schedule?date={day}&hours=own&from={hour:02}:{minute}&to=18:00" for hour, minute, day in parts]
    )
    return meter.pages(client, lambda each: expect(each.get(next(pages)), 200), requests)


def schedule(meter: Meter, client: Client, requests: int, more: str = "") -> Figure:
    """Measure a page of the staff's schedule that has been looked at before."""
    page = f"/staff/schedule?date={DAY}{more}"
    if (rows := expect(client.get(page), 200).body.count(b'role="rowheader"')) < 16:
        raise RuntimeError(f"{rows} rows are no schedule of the house")
    return meter.pages(client, lambda each: expect(each.get(page), 200), requests)


def schedule_unchanged(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure the refresh of the staff's schedule when nothing has happened."""
    page = f"/staff/schedule?date={DAY}"
    tag = expect(client.get(page, X_Part="day"), 200).headers["etag"]
    return meter.pages(client, lambda each: expect(each.get(page, X_Part="day", If_None_Match=tag), 304), requests)


def use_all(server: Server, first: Client, path: str) -> None:
    """Ask for a page on 16 connections, ten times each; again on new ones until both processes have answered some.

    A process that has answered nothing weighs next to nothing: it shares all it has with its parent.
    """
    begin = server.cpu()
    for _ in range(10):
        use(server, first, path)
        *_, less, most = sorted(spent(begin, {pid: seconds}) for pid, seconds in server.cpu().items())
        if less > most / 4:
            return
    raise RuntimeError("one process has answered everything")


def use(server: Server, first: Client, path: str) -> None:
    """Ask for a page on 16 connections, ten times each."""
    clients = [Client(server.port, dict(first.cookies)) for _ in range(16)]
    for client in clients * 10:
        expect(client.get(path), 200)


def figures(meter: Meter, client: Client, path: str, requests: int) -> Figure:
    """Measure a page or a file of figures."""
    if not re.search(rb"\b[1-9]\d?\b", expect(client.get(path), 200).body):
        raise RuntimeError(f"no figures at {path}")
    return meter.pages(client, lambda each: expect(each.get(path), 200), requests)


# Bookings ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """Something to book."""

    space: int
    day: date
    hour: int

    def fields(self) -> dict[str, str]:
        """Fill in the form as a page does, with a key of its own."""
        return {
            "space": str(self.space), "date": self.day.isoformat(), "preset": "own", "title": "",
            "start": f"{self.hour:02}:00", "end": f"{self.hour + 1:02}:00", "key": uuid.uuid4().hex,
        }  # fmt: skip


def slots(space: int, weeks: range) -> Iterator[Slot]:
    """Give the free hours of one desk, ten a weekday: one member may take them all."""
    for week in weeks:
        for weekday in range(5):
            for hour in range(8, 18):
                yield Slot(space, FREE_FROM + timedelta(weeks=week, days=weekday), hour)


def booking(meter: Meter, client: Client, requests: int) -> Figure:
    """Measure one booking: session, token, rules, durable commit, history."""
    free = slots(1, range(FREE_WEEKS))
    return meter.single(client, lambda each: expect(each.post("/bookings", next(free).fields()), 303), requests)


@dataclass(frozen=True)
class Contest:
    """How many requests a second, how slow the slowest hundredth was (ms), and what they were answered.

    `undecided` counts the slots that nobody or more than one client was given.
    """

    rate: float
    p99: float
    answers: Counter[int]
    undecided: int


def contest(clients: list[Client], own: bool, part: bool) -> Contest:
    """Let all clients book 100 slots in the same order: the same ones, or each its own.

    `part` asks for the sheet alone after a refusal, as the page's script does; without, for the whole page.
    """
    weeks = {
        (False, True): range(2),
        (True, True): range(2, 4),
        (False, False): range(4, 6),
        (True, False): range(6, 8),
    }
    begin = threading.Barrier(len(clients) + 1)
    headers = {"X_Part": "sheet"} if part else {}

    def work(index: int) -> list[tuple[int, float, int]]:
        wanted = list(islice(slots(2 + index if own else 2, weeks[own, part]), CONTESTED))
        begin.wait()
        told = []
        for number, slot in enumerate(wanted):
            start = time.monotonic()
            status = clients[index].post("/bookings", slot.fields(), **headers).status
            told.append((status, time.monotonic() - start, number))
        return told

    with ThreadPoolExecutor(len(clients)) as pool:
        futures = [pool.submit(work, index) for index in range(len(clients))]
        begin.wait()
        start = time.monotonic()
        told = [each for future in futures for each in future.result()]
        seconds = time.monotonic() - start
    slow = statistics.quantiles((latency for _, latency, _ in told), n=100)[98]
    answers = Counter(status for status, _, _ in told)
    winners = Counter(number for status, _, number in told if status == 303)
    undecided = 0 if own else sum(winners[number] != 1 for number in range(CONTESTED))
    return Contest(len(told) / seconds, slow * 1000, answers, undecided)


def overlaps(app: Flask) -> int:
    """Count the pairs of allocations of one space that meet, of those that were made in the run."""
    one, other = aliased(Allocation), aliased(Allocation)
    free = at_minute(FREE_FROM, 0, fill.ZONE)
    statement = (
        select(func.count())
        .select_from(one)
        .join(other, and_(one.space_id == other.space_id, one.id < other.id))
        .where(one.start < other.end, other.start < one.end, one.start > free, other.start > free)
    )
    with app.app_context():
        found = db.session.scalar(statement) or 0
        db.session.remove()
        return found


# Feeds ---------------------------------------------------------------------------------------------------


class Subscriber:
    """A feed of one member, and the changes that make it cost."""

    def __init__(self, app: Flask, server: Server, name: str, chosen: Chosen = MINE) -> None:
        self.app, self.client = app, Client(server.port)
        self.turn = count()
        with app.app_context(), transaction() as session:
            member = session.scalars(select(Member).where(Member.email == f"{name}@example.org")).one()
            self.member_id = member.id
            feed = feed_service.create_feed(
                member, name=name, language="sv", secret_key=fill.SECRET, today=today(), chosen=chosen
            )
            self.path = f"/feeds/{feed_rules.feed_token(fill.SECRET, member.id, feed.nonce)}.ics"
            last = select(Booking.id).where(Booking.member_id == member.id).order_by(Booking.start.desc()).limit(1)
            self.booking_id = session.scalars(last).one()

    def fetch(self, client: Client) -> Answer:
        """Fetch it as most programs do, compressed."""
        return expect(client.get(self.path, Accept_Encoding="gzip"), 200)

    def entries(self) -> int:
        """Count what is in it."""
        return self.client.get(self.path).body.count(b"BEGIN:VEVENT")

    def forget(self) -> None:
        """Make it as if nobody had fetched it since it was made: no program and no process has it in mind."""
        with self.app.app_context(), transaction() as session:
            risen = {"bookings_revision": Member.bookings_revision + 1}
            session.execute(update(Member).where(Member.id == self.member_id).values(risen))
            known = update(FeedContents).where(FeedContents.member_id == self.member_id)
            session.execute(known.values(revision=FeedContents.revision + 1))

    def forget_entries(self) -> None:
        """Throw away its stored entries too, as after a change of the house's name."""
        self.forget()
        with self.app.app_context(), transaction() as session:
            session.execute(delete(FeedContents).where(FeedContents.member_id == self.member_id))

    def forget_places(self) -> None:
        """Throw away what is stored of places."""
        with self.app.app_context(), transaction() as session:
            session.execute(delete(FeedContents).where(FeedContents.member_id.is_(None)))

    def change(self) -> None:
        """Give one booking another title."""
        with self.app.app_context(), transaction() as session:
            found = session.get_one(Booking, self.booking_id)
            booking_service.move(
                session.get_one(Member, self.member_id), found.id, space_id=found.space_id, span=found.span,
                now=fill.NOW, zone=fill.ZONE, title=f"Projektmöte {next(self.turn)}",
            )  # fmt: skip


def first(meter: Meter, feeds: list[Subscriber]) -> Figure:
    """Measure the first fetch ever."""
    return meter.once_each([feed.fetch for feed in feeds], lambda: [feed.forget() for feed in feeds])


def rewritten(meter: Meter, feeds: list[Subscriber]) -> Figure:
    """Measure the fetch that finds no entry stored."""
    return meter.once_each([feed.fetch for feed in feeds], lambda: [feed.forget_entries() for feed in feeds])


def unstored(meter: Meter, feeds: list[Subscriber]) -> Figure:
    """Measure the fetch of places that finds nothing of them stored."""
    return meter.once_each([feed.fetch for feed in feeds], feeds[0].forget_places)


def stored(meter: Meter, feed: Subscriber, requests: int) -> Figure:
    """Measure the whole of a feed that is stored."""
    return meter.pages(feed.client, feed.fetch, requests)


def changed(meter: Meter, feeds: list[Subscriber]) -> Figure:
    """Measure the fetch after one change."""
    return meter.once_each([feed.fetch for feed in feeds], lambda: [feed.change() for feed in feeds])


def unchanged(meter: Meter, feed: Subscriber, requests: int) -> Figure:
    """Measure the fetch that finds nothing new."""
    tag = feed.fetch(feed.client).headers["etag"]

    def ask(client: Client) -> Answer:
        return expect(client.get(feed.path, Accept_Encoding="gzip", If_None_Match=tag), 304)

    return meter.pages(feed.client, ask, requests)


# Bytes ---------------------------------------------------------------------------------------------------


def weight(client: Client, path: str) -> tuple[int, int]:
    """Give the bytes that a first visit moves, compressed: without the fonts, and the fonts."""
    seen: dict[str, int] = {}
    fonts: dict[str, int] = {}

    def fetch(address: str) -> str:
        address = address.split("#")[0]
        if address in seen or address in fonts or not address.startswith("/"):
            return ""
        answer = expect(client.get(address, Accept_Encoding="gzip" if address == "" else BROWSER), 200)
        kept = fonts if address.split("?")[0].endswith(".woff2") else seen
        kept[address] = len(answer.body)
        return "" if kept is fonts else expect(client.get(address), 200).text

    page = fetch(path)
    links = re.findall(r'<(?:link|script|img|use)\b[^>]*?(?:href|src)="([^"]+)"', page)
    for link in links:
        sheet = fetch(link.replace("&amp;", "&"))
        folder = link.split("?")[0].rsplit("/", 1)[0]
        for url in re.findall(r"url\([\"']?([^\"')]+)", sheet):
            fetch(url if url.startswith("/") else _joined(folder, url))
    return sum(seen.values()), sum(fonts.values())


def _joined(folder: str, url: str) -> str:
    while url.startswith("../"):
        folder, url = folder.rsplit("/", 1)[0], url[3:]
    return f"{folder}/{url}"


def rise(small: Server, large: Server, clients: list[Client], requests: int, rounds: int = 9) -> float:
    """Give by how many per cent the day costs more in the larger history; both in turns, the median of rounds."""
    shares = []
    for _ in range(rounds):
        costs = []
        for server, client in zip((small, large), clients, strict=True):
            client.get(PAGE)
            start = server.cpu()
            for _ in range(requests):
                expect(client.get(PAGE), 200)
            costs.append(spent(start, server.cpu()))
        shares.append((costs[1] / costs[0] - 1) * 100)
    return statistics.median(shares)
