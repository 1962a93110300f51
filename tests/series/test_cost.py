"""What series cost the database: as many statements for two hundred dates as for twenty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import event, insert, text

from innovation_station.bookings.models import Allocation, Booking
from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.series import service
from innovation_station.series.models import Series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Edit, Pattern
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, PEOPLE, TUESDAY, ZONE, Small, at, browser, log_in, statements

LONG, SHORT = 200, 20
MOST = 60
DAY = timedelta(days=1)


def pattern(small: Small, count: int, start: int) -> Pattern:
    rule = Rule("weekly", weekdays=frozenset(range(5)), count=count, skip_closed=True)
    return Pattern(rule, TUESDAY, Times(start * 60, start * 60 + 60), small.room, "Möte")


def test_statements_do_not_grow_with_the_dates(context: Flask, small: Small) -> None:
    context.config["STATION"] = replace(context.config["STATION"], base_url="https://station.example")
    Feeds(context, small).make()
    with transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), horizon=400)
    alva = db.session.get_one(Member, small.people["alva"])
    counted: dict[str, list[int]] = {}

    @contextmanager
    def count(name: str) -> Iterator[None]:
        with statements(context) as seen, transaction():
            yield
        counted.setdefault(name, []).append(len(seen))

    for dates, start in ((SHORT, 8), (SHORT, 9), (LONG, 13)):  # the first reads the house
        with count("begin"):
            series: Series = service.begin(alva, pattern(small, dates, start), {}, now=NOW, zone=ZONE)
        for name, edited in (("words", Edit(title="Annat")), ("times", Edit(times=Times(start * 60, start * 60 + 30)))):
            with count(name):
                service.edit(alva, series.id, edited, "all", TUESDAY, {}, now=NOW, zone=ZONE)
        with count("cancel"):
            service.cancel(alva, series.id, "all", TUESDAY, now=NOW, zone=ZONE)
    for name, (_first, few, many) in counted.items():
        assert few == many <= MOST, (name, counted)


def test_preview_asks_each_table_once_and_by_index(app: Flask, small: Small) -> None:
    """Of a hundred dates a database may well think that they are worth reading all there is."""
    with app.app_context(), transaction():
        spaces.set_policy(space=db.session.get_one(Space, small.room), horizon=400)
        _fill(small, 3000)
        db.session.execute(text("ANALYZE"))
    client = log_in(browser(app), PEOPLE["alva"][0])
    page = (
        f"/series/new?space={small.room}&date={TUESDAY}&start=09:00&end=11:00&repeat=weekdays&interval=1&ends=count"
        "&count=100&skip_closed=1&title=&key=k"
    )
    client.get(page)  # reads the house, once
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        assert client.get(page).text.count('value="skip"') > 20
        event.remove(db.engine, "before_cursor_execute", note)
        words = "EXPLAIN " if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        with db.engine.connect() as raw:
            plan = [str(row[-1]) for sql, values in asked for row in raw.exec_driver_sql(words + sql, values)]
    for table in ("closure", "absence", "space_hold", "allocation", "booking"):
        assert sum(bool(re.search(rf"FROM {table}\b", sql)) for sql, _ in asked) == 1, table
    assert any("ix_allocation_start" in line for line in plan)
    whole = re.compile(r"^SCAN (?:booking|allocation)$|Seq Scan on (?:booking|allocation)")
    assert not [line for line in plan if whole.search(line)]


def _fill(small: Small, count: int) -> None:
    """Book both desks and the room, ten times a day, in days that are past and to come."""
    bookings, allocations = [], []
    for number in range(count):
        hour, day = 8 + number // 3 % 10, TUESDAY + DAY * (number // 30 + 30 - count // 30)
        span = at(day, f"{hour:02}:00", f"{hour:02}:45")
        taken = {"space_id": (small.room, small.a1, small.a2)[number % 3], "start": span.start, "end": span.end}
        bookings.append({"id": number + 1, "uid": f"u{number}", "member_id": small.people["bo"], **taken, "title": ""})
        allocations.append({"booking_id": number + 1, **taken})
    said = {"public": True, "state": "confirmed", "created_at": NOW, "changed_at": NOW}
    db.session.execute(insert(Booking.__table__), [{**row, **said} for row in bookings])  # type: ignore[arg-type]
    db.session.execute(insert(Allocation.__table__), allocations)  # type: ignore[arg-type]
