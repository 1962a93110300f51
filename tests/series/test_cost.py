"""What series cost the database: as many statements for two hundred dates as for twenty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask

from innovation_station.db import db, transaction
from innovation_station.members.models import Member
from innovation_station.series import service
from innovation_station.series.models import Series
from innovation_station.series.rules import Rule, Times
from innovation_station.series.steps import Edit, Pattern
from innovation_station.spaces import service as spaces
from innovation_station.spaces.models import Space
from tests.calendars.conftest import Feeds
from tests.conftest import NOW, TUESDAY, ZONE, Small, statements

LONG, SHORT = 200, 20
MOST = 60


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
