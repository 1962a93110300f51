"""The two nights a year when the clock is moved: the same hours on the page, in the feed and after a change."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from innovation_station.db import transaction
from innovation_station.spaces import service as spaces
from tests.conftest import ZONE, Clock, Small, browser, log_in, post

TIMES = re.compile(r"DTSTART;TZID=Europe/Stockholm:(\d{8}T\d{6})\r\nDTEND;TZID=Europe/Stockholm:(\d{8}T\d{6})")


@pytest.mark.parametrize(
    ("day", "offset"),
    [
        (date(2026, 10, 24), 2), (date(2026, 10, 25), 1), (date(2026, 10, 26), 1),
        (date(2027, 3, 27), 1), (date(2027, 3, 28), 2), (date(2027, 3, 29), 2),
    ],
)  # fmt: skip
def test_the_hours_stay_where_they_were_put(app: Flask, small: Small, clock: Clock, day: date, offset: int) -> None:
    clock.now = datetime(day.year, day.month, 20, 9, tzinfo=UTC)
    with app.app_context(), transaction():
        spaces.set_up_house(name="Alltid öppet")  # those days in March are Easter
        spaces.set_hours(dict.fromkeys(range(7), (0, 1440)))
    alva = log_in(browser(app), "alva")
    post(alva, "/calendars", {"name": "Min telefon", "language": "sv"})
    found = re.search(r'data-copy="[^"]*?(/feeds/[^"]+)"', alva.get("/calendars").text)
    assert found

    def in_feed() -> list[tuple[str, str]]:
        return TIMES.findall(app.test_client().get(found[1]).text.replace("\r\n ", ""))

    stamp = f"{day:%Y%m%d}T"
    made = post(alva, "/bookings", {"space": small.a1, "date": str(day), "start": "09:00", "end": "12:30"}).location
    assert "09.00–12.30" in alva.get(made).text and "09.00–12.30" in alva.get("/bookings").text
    assert in_feed() == [(f"{stamp}090000", f"{stamp}123000")]
    assert datetime.combine(day, datetime.min.time(), ZONE).replace(hour=9).utcoffset().seconds == offset * 3600  # type: ignore[union-attr]

    moved = {"space": small.a1, "date": str(day), "start": "13:00", "end": "15:15"}
    assert post(alva, f"{made}/edit", moved).status_code == 303
    assert "13.00–15.15" in alva.get(made).text and "13–15.15" in alva.get(f"/book?date={day}").text
    assert in_feed() == [(f"{stamp}130000", f"{stamp}151500")]
