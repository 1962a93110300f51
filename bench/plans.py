"""How the database means to find the rows of a page."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlalchemy import event

from bench import fill
from innovation_station.db import db

TABLES = ("booking", "allocation", "booking_history")


def of(app: Flask, page: str) -> list[str]:
    """Give the plan of every SELECT of a page, line by line, without costs."""
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    form = {"email": "client0@example.org", "password": fill.PASSWORD, "csrf_token": token[1] if token else ""}
    client.post("/login", data=form)
    client.get(page)  # reads the house, once
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        if client.get(page).status_code != 200:
            raise RuntimeError(f"no page {page}")
        event.remove(db.engine, "before_cursor_execute", note)
        words = "EXPLAIN (COSTS OFF) " if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        with db.engine.connect() as connection:
            found = [str(row[-1]) for sql, values in asked for row in connection.exec_driver_sql(words + sql, values)]
        db.session.remove()
        db.engine.dispose()
    return [re.sub(r"'[^']*'", "?", line) for line in found]


def paths(plan: list[str]) -> list[str]:
    """Give how each table is read, and by which index; which side of a hash join is hashed says nothing."""
    return sorted(line.strip(" ->") for line in plan if re.search(r"\bScan\b|^SEARCH|^SCAN", line))


def reads_all(line: str) -> bool:
    """Tell whether a line of a plan reads a whole table that grows."""
    return any(re.search(rf"(?:^SCAN |Seq Scan on ){table}(?: |$)(?!.*INDEX)", line) for table in TABLES)
