"""What runs in the processes of the races: one browser each, and a starting shot for every try.

Imported by a fork server that has opened nothing, so a process starts in a moment and shares no connection.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from innovation_station import clock
from innovation_station.members import service as member_service
from tests.conftest import Clock, app_on, browser, log_in, token_in


@dataclass(frozen=True)
class Shot:
    """One try: a form posted, or with `row` an allocation written past the whole program."""

    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    part: bool = True
    row: dict[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it: the status (of SQL: 201, or 409 where the database refused), where to, how many offers."""

    status: int
    location: str = ""
    offers: int = 0
    text: str = ""


def contend(number: int, url: str, folder: str, email: str, now: datetime, start: Any, orders: Any, told: Any) -> None:
    """Serve rounds of shots until there are no more; each shot waits for all the others."""
    try:
        clock.now = Clock(now)
        member_service._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        app = app_on(url, Path(folder))
        quick = {} if url.startswith("sqlite") else {"options": "-c deadlock_timeout=10ms"}
        engine = create_engine(url, connect_args=quick)
        client = browser(app)
        token = ""
        told.put((number, "ready"))
        while (order := orders.get()) is not None:
            who, shots = order
            if who:
                client = log_in(browser(app), who)
                token = token_in(client.get("/accessibility").text)
            told.put((number, _fire(client, engine, token, shots, start)))
    except BaseException:
        start.abort()
        told.put((number, traceback.format_exc()))
        raise


def _fire(
    client: FlaskClient, engine: Any, token: str, shots: Sequence[Shot | None], start: Any
) -> list[Outcome | None]:
    found: list[Outcome | None] = []
    for shot in shots:
        start.wait(60)
        if shot is None:
            found.append(None)
        elif shot.row is not None:
            found.append(_insert(engine, shot.row))
        else:
            found.append(_post(client, token, shot))
    return found


def _post(client: FlaskClient, token: str, shot: Shot) -> Outcome:
    headers = {"X-Part": "sheet"} if shot.part else {}
    answer = client.post(shot.path, data={"csrf_token": token, **shot.data}, headers=headers)
    page = answer.text
    offers = max(page.count('action="/bookings" data-part'), page.count("Ändra till"))
    return Outcome(
        answer.status_code, answer.location or "", offers, "" if answer.status_code in (303, 409) else page[:3000]
    )


def _insert(engine: Any, row: dict[str, Any]) -> Outcome:
    sqlite = engine.dialect.name == "sqlite"
    times = {name: row[name].astimezone(UTC) for name in ("start", "end")}
    values = {name: f"{value:%Y-%m-%d %H:%M:%S.%f}" if sqlite else value for name, value in times.items()}
    statement = text(
        'INSERT INTO allocation (space_id, start, "end", booking_id) VALUES (:space_id, :start, :end, :booking_id)'
    )
    try:
        with engine.begin() as connection:
            connection.execute(statement, {**row, **values})
    except DBAPIError as error:
        # PostgreSQL's constraint alone may end a tie as a deadlock: refused all the same. The program locks rows first.
        refused = "ex_allocation_overlap" in str(error.orig) or "deadlock detected" in str(error.orig)
        return Outcome(409 if refused else 500, text="" if refused else str(error.orig))
    return Outcome(201)
