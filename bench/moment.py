"""When every run takes place, and with which key: a module of its own, so that a server needs nothing else of bench."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # a Tuesday, half past eight in the house
SECRET = "bench-" * 8
